/** Area SD: the end of a plugin. */
import { basename } from 'node:path';
import { describeExit } from '../../../src/launch/exit.ts';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { assertAlive, eventually } from '../../../src/run/within.ts';
import { kill } from '../kill.ts';
import { afterOrderlyEnd, afterShutdown } from '../orderly-end.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';
import { statOf } from '../socket-file.ts';

const isGone = (session: GrpcSession): Promise<ProbeOutcome> =>
  afterShutdown(session, ({ goneAfterMs, accepted }) => {
    const { graceMs } = session.deadlines;
    if (goneAfterMs !== undefined && goneAfterMs <= graceMs)
      return goneAfterMs > 1000 ? passed(`it took ${goneAfterMs} ms; hosts kill after ${graceMs}`) : passed();
    const how = accepted ? 'Shutdown was answered' : 'Shutdown was answered with an error';
    return failed({
      expected: `the process is gone ${graceMs} ms after Shutdown`,
      observed: `${how}, and the process still ran after ${graceMs} ms`,
      evidence: session.evidence(),
      timing: true,
      cause: {
        class: 'shutdown-ignored',
        title: `${how} and the process stays: the host kills it after ${graceMs / 1000} s, clean-up is lost`,
        fix: 'Stop the server and exit within 2 s of answering Shutdown.',
      },
    });
  });

const exitsWithZero = (session: GrpcSession): Promise<ProbeOutcome> =>
  afterOrderlyEnd(session, ({ exit }) => {
    if (exit?.code === 0) return passed();
    const observed = exit ? `the plugin ${describeExit(exit)}` : 'no exit status';
    return failed({ expected: 'exit code 0', observed, evidence: session.evidence() });
  });

async function closesPipes(session: GrpcSession): Promise<ProbeOutcome> {
  const { pipesAfterMs, survivors } = await kill(session);
  if (pipesAfterMs !== undefined) return passed();
  const who = survivors.map(({ pid, name }) => `${pid} (${name})`).join(', ') || 'a process that cannot be seen';
  return failed({
    expected: 'both pipes end with the process',
    observed: `stdout or stderr is held open by ${who}`,
    evidence: session.evidence(),
    timing: true,
    cause: {
      class: 'left-behind',
      variant: 'pipes',
      title: `A descendant keeps the pipes open, ${who}: the host's Kill does not return until it ends`,
      fix: 'End child processes on Shutdown, and start them with stdout and stderr of their own.',
    },
  });
}

async function ignoresInterrupt(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  session.plugin.signalGroup('SIGINT');
  await eventually(() => session.plugin.exited !== undefined, { limitMs: 200 });
  const { exited } = session.plugin;
  if (!exited) {
    const connection = await session.connect();
    await session.answered(methods.check, healthCheck, { connection });
    connection.close();
    return passed();
  }
  return failed({
    expected: 'the plugin survives SIGINT and waits for Shutdown',
    observed: `the plugin ${describeExit(exited)}`,
    evidence: session.evidence(),
    cause: {
      class: 'dies-on-interrupt',
      title: 'SIGINT ends the plugin: at Ctrl-C it is gone before the host can shut it down',
      fix: 'Ignore SIGINT and wait for Shutdown.',
    },
  });
}

async function endsOnTerminate(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  const { address } = session.handshake;
  session.plugin.signal('SIGTERM');
  await eventually(() => session.plugin.exited !== undefined, { limitMs: session.deadlines.callMs });
  const { exited } = session.plugin;
  const evidence = session.evidence();
  if (!exited)
    return failed({
      expected: 'the plugin ends on SIGTERM',
      observed: `it still runs after ${session.deadlines.callMs} ms`,
      evidence,
      timing: true,
    });
  const isLeft = address?.network === 'unix' && statOf(address.path) !== undefined;
  if (!isLeft) return passed();
  return failed({
    expected: 'the socket is removed on SIGTERM',
    observed: `the plugin ${describeExit(exited)}, and ${basename(address.path)} is still there`,
    evidence,
  });
}

async function startsAfterKill(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  session.plugin.signal('SIGKILL');
  await session.plugin.whenExited;
  const again = await session.startBeside({ TMPDIR: session.plugin.directory });
  if (!again.broken) return passed();
  const { observed, cause, evidence = [] } = again.broken.outcome;
  return failed({
    expected: 'an ordinary start over what a killed plugin left',
    observed,
    evidence,
    cause: {
      class: 'left-behind',
      variant: 'stale-files',
      title: `After a kill the plugin does not start again: ${cause?.title ?? observed}`,
      fix: 'Use a socket name of its own for each process, or remove a stale one before listening.',
    },
  });
}

async function toleratesLostHost(session: GrpcSession): Promise<ProbeOutcome> {
  const { connection } = session.main;
  connection.call(methods.check).send(healthCheck);
  connection.close();
  await assertAlive(session.plugin);
  const fresh = await session.connect();
  await session.answered(methods.check, healthCheck, { connection: fresh });
  fresh.close();
  return passed();
}

async function staysIdle(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  const limit = session.deadlines.idleMs;
  await eventually(() => session.plugin.exited !== undefined, { limitMs: limit, everyMs: 50 });
  const { exited } = session.plugin;
  if (!exited) {
    await session.answered(methods.check, healthCheck);
    return passed();
  }
  return failed({
    expected: `the plugin runs on while nobody calls it, here for ${limit / 1000} s`,
    observed: `the plugin ${describeExit(exited)} after ${(exited.atMs / 1000).toFixed(1)} s`,
    evidence: session.evidence(),
    cause: {
      class: 'exits-when-idle',
      title: `The plugin ends by itself after ${(exited.atMs / 1000).toFixed(1)} s without calls`,
      fix: 'Run until Shutdown: the host decides when the plugin ends.',
    },
  });
}

/** How long a plugin has to notice that its host is gone; those that look do so every few seconds. */
const orphanLimitMs = 10_000;

async function noticesDeadHost(session: GrpcSession): Promise<ProbeOutcome> {
  const { connection } = session.main;
  const { plugin } = session;
  session.leaving = true;
  connection.close();
  plugin.signal('SIGKILL');
  plugin.stdout.release();
  plugin.stderr.release();
  if (await eventually(() => plugin.processes().length === 0, { limitMs: orphanLimitMs, everyMs: 100 }))
    return passed();
  const [first] = plugin.processes();
  return failed({
    expected: 'the plugin ends when its host is gone',
    observed: `process ${first?.pid ?? '?'} runs on ${orphanLimitMs / 1000} s after the host was killed`,
    evidence: session.evidence(),
    cause: {
      class: 'left-behind',
      variant: 'orphan',
      title: 'The plugin survives its host: after a crash of the host it stays for ever',
      fix: 'Watch the parent process (its pid changes when it dies) and exit; make it configurable where reattach matters.',
    },
  });
}

export const shutdownProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-SD-001', { launch: 'plain', ending: true, smoke: true }, isGone),
  probe('GRPC-SD-002', { launch: 'plain', ending: true }, exitsWithZero),
  probe('GRPC-SD-003', { launch: 'plain', ending: true, smoke: true }, closesPipes),
  probe('GRPC-SD-004', { launch: 'plain', isolated: true }, ignoresInterrupt),
  probe('GRPC-SD-005', { launch: 'plain', isolated: true }, endsOnTerminate),
  probe('GRPC-SD-006', { launch: 'plain', isolated: true }, startsAfterKill),
  probe('GRPC-SD-007', { launch: 'plain', isolated: true }, toleratesLostHost),
  probe('GRPC-SD-008', { launch: 'plain', isolated: true, soak: true }, staysIdle),
  probe('GRPC-SD-009', { launch: 'orphaned', isolated: true, soak: true }, noticesDeadHost),
];
