/** Area CT: the controller's Shutdown. */
import { describeExit } from '../../../src/launch/exit.ts';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked, ConnectionClosed, DeadlinePassed } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import { sniff } from '../../../src/wire/sniff.ts';
import { kill } from '../kill.ts';
import { empty, healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

const noController = 'the plugin has no controller (GRPC-CT-001)';

async function isImplemented(session: GrpcSession): Promise<ProbeOutcome> {
  const { answer, accepted, unimplemented } = await kill(session);
  if (accepted || answer.end === 'cancelled') return passed();
  return failed({
    expected: 'OK, or a connection that ends',
    observed: describeCall(answer),
    evidence: session.evidence(),
    cause: unimplemented
      ? {
          class: 'missing-auxiliary-service',
          variant: 'controller',
          title: 'GRPCController is missing: every shutdown costs 2 s and ends with SIGKILL',
          fix: 'Serve plugin.GRPCController/Shutdown: answer, stop the server, exit.',
        }
      : {
          class: 'shutdown-ignored',
          variant: 'error',
          title: `Shutdown answers with an error: ${describeCall(answer)}`,
          fix: 'Answer OK (or drop the connection), stop the server and exit.',
        },
  });
}

async function isNeverLeftOpen(session: GrpcSession): Promise<ProbeOutcome> {
  const { answer, unimplemented } = await kill(session);
  if (unimplemented) return skipped(noController);
  if (answer.end !== 'cancelled' || answer.status !== undefined) return passed();
  return failed({
    expected: `an answer to Shutdown, or the end of the connection, within ${session.deadlines.shutdownMs} ms`,
    observed: 'neither',
    evidence: session.evidence(),
    timing: true,
    cause: {
      class: 'shutdown-ignored',
      variant: 'hangs',
      title: 'Shutdown is never answered: the host hangs for ever when it ends the plugin',
      fix: 'Answer Shutdown first, then clean up and exit.',
    },
  });
}

/** The host sends a message of no bytes; a plugin that wants some refuses every Shutdown. */
async function acceptsEmptyRequest(session: GrpcSession): Promise<ProbeOutcome> {
  const shutDown = async (message: Buffer) => {
    const { connection } = session.openMain ?? { connection: await session.connect() };
    const startedAt = session.transcript.now();
    const result = await connection.unary(methods.shutdown, message, { limitMs: session.deadlines.shutdownMs });
    session.note(result, startedAt);
    return result;
  };
  void session.main;
  session.leaving = true;
  const first = await shutDown(empty);
  const isRefusal = first.status !== undefined && [2, 3, 9, 13].includes(first.status);
  if (!isRefusal) return first.status === 12 ? skipped(noController) : passed();
  const second = await shutDown(Buffer.from([0x78, 0x01]));
  if (second.status !== 0 && second.end !== 'lost') return skipped('Shutdown fails with any request (GRPC-CT-001)');
  return failed({
    expected: 'Shutdown accepts a message of zero bytes',
    observed: `${describeCall(first)}; with a field in it, ${describeCall(second)}`,
    evidence: session.evidence(),
    cause: {
      class: 'shutdown-ignored',
      variant: 'empty-request',
      title: 'Shutdown refuses the empty message that every host sends',
    },
  });
}

async function endsOpenCalls(session: GrpcSession): Promise<ProbeOutcome> {
  const { connection } = session.main;
  const watch = connection.call(methods.watch);
  watch.send(healthCheck);
  watch.finish();
  await eventually(() => watch.messages.length > 0 || !watch.isOpen, { limitMs: session.deadlines.callMs });
  const { unimplemented, accepted, goneAfterMs } = await kill(session);
  if (unimplemented) return skipped(noController);
  if (accepted && goneAfterMs !== undefined) return passed();
  return failed({
    expected: 'Shutdown ends the plugin although streams and a call are open',
    observed: accepted ? 'the process had to be killed' : 'Shutdown did not answer',
    evidence: session.evidence(),
    timing: true,
  });
}

/** The rule of TLS that keeps the host from its connection, if one does. */
async function brokenTls(session: GrpcSession): Promise<Blocked | undefined> {
  const { security } = session;
  const { address } = session.handshake;
  if (!security) {
    const isTls = address && (await sniff(address)).speech === 'tls';
    return isTls ? new Blocked('GRPC-TLS-002', 'the plugin speaks TLS') : undefined;
  }
  const result = await session.connectRaw();
  if (!result.connected) return undefined;
  const { refusedAfterHandshake, secureHost } = await import('../tls/reach-tls.ts');
  const secured = await secureHost(session, security, result.socket);
  if ('notOffered' in secured) return undefined;
  if ('connection' in secured) secured.connection.close();
  const [by, { observed }] = 'broken' in secured ? secured.broken : await refusedAfterHandshake(session, 'no answer');
  return new Blocked(by, observed);
}

async function worksFirst(session: GrpcSession): Promise<ProbeOutcome> {
  const { unimplemented, accepted, answer } = await kill(session).catch(async (error: unknown) => {
    throw (error instanceof ConnectionClosed && (await brokenTls(session))) || error;
  });
  if (unimplemented) return skipped(noController);
  if (accepted) return passed();
  if (answer.end === 'cancelled')
    throw new DeadlinePassed('an answer to Shutdown as the first call', session.deadlines.shutdownMs);
  return failed({
    expected: 'Shutdown works as the first call',
    observed: describeCall(answer),
    evidence: session.evidence(),
  });
}

async function toleratesTwo(session: GrpcSession): Promise<ProbeOutcome> {
  const limitMs = session.deadlines.shutdownMs;
  session.leaving = true;
  const { connection } = session.main;
  const calls = await Promise.all([
    session.main.connection.unary(methods.shutdown, empty, { limitMs }),
    session.main.connection.unary(methods.shutdown, empty, { limitMs }),
  ]);
  for (const call of calls) session.note(call, session.transcript.now());
  connection.close();
  if (calls.every(({ status }) => status === 12)) return skipped(noController);
  await eventually(() => session.plugin.exited !== undefined, { limitMs: session.deadlines.graceMs });
  const { exited } = session.plugin;
  if (calls.every(({ end }) => end === 'cancelled')) return skipped('Shutdown is never answered (GRPC-CT-002)');
  if (!exited || (exited.signal === undefined && exited.code === 0)) return passed();
  const { exit } = await kill(await session.startBeside({}));
  if (exit?.code !== 0) return skipped('one Shutdown alone ends it no better (GRPC-SD-002)');
  return failed({
    expected: 'two calls of Shutdown at once do no harm',
    observed: `the plugin ${describeExit(exited)}`,
    evidence: session.evidence(),
  });
}

export const controllerProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-CT-001', { launch: 'plain', ending: true, smoke: true }, isImplemented),
  probe('GRPC-CT-002', { launch: 'plain', ending: true, smoke: true }, isNeverLeftOpen),
  probe('GRPC-CT-003', { launch: 'plain', isolated: true }, acceptsEmptyRequest),
  probe('GRPC-CT-004', { launch: 'plain', isolated: true }, endsOpenCalls),
  probe('GRPC-CT-005', { launch: 'stdin-pipe', ending: true }, worksFirst),
  probe('GRPC-CT-006', { launch: 'plain', isolated: true }, toleratesTwo),
];
