/** Areas LM and ER: large messages, unknown methods and malformed requests, on services that every plugin has. */
import { padded } from '../../../src/calls/any-payload.ts';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { DeadlinePassed } from '../../../src/run/plugin-fact.ts';
import { type Probe, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import { Status, statusName } from '../../../src/wire/grpc-status.ts';
import { assertHealth } from '../health-check.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

const mega = 1024 * 1024;

async function takesLargeRequests(session: GrpcSession): Promise<ProbeReturn> {
  await assertHealth(session);
  const limitMs = session.deadlines.callMs * 2;
  const small = await session.call(methods.check, padded(healthCheck, 300 * 1024), { limitMs });
  if (small.end === 'cancelled' && small.status === undefined)
    return {
      'GRPC-TR-001': noWindow(session),
      'GRPC-LM-001': skipped('requests above 64 KiB do not get through (GRPC-TR-001)'),
    };
  const large = await session.call(methods.check, padded(healthCheck, 5 * mega), { limitMs });
  if (large.end === 'cancelled' && large.status === undefined)
    throw new DeadlinePassed('an answer to a request of 5 MiB', limitMs);
  const refused = large.status === Status.RESOURCE_EXHAUSTED || large.end === 'reset' || large.status === undefined;
  if (!refused) return { 'GRPC-TR-001': passed(), 'GRPC-LM-001': passed() };
  const limit = /\((?:\d+) vs\.? (\d+)\)/.exec(large.message)?.[1];
  return {
    'GRPC-TR-001': passed(),
    'GRPC-LM-001': failed({
      expected: 'a request of 5 MiB gets through',
      observed: describeCall(large),
      evidence: session.evidence(1),
      cause: {
        class: 'message-too-large',
        title: `Receive limit ${limit === undefined ? 'below 5 MiB' : `${Math.round(Number(limit) / mega)} MiB`}: raise it, hosts send without limit`,
        fix: 'Go: grpc.MaxRecvMsgSize; Python: grpc.max_receive_message_length; Node: grpc.max_receive_message_length.',
      },
    }),
  };
}

const noWindow = (session: GrpcSession): ProbeOutcome =>
  failed({
    expected: 'WINDOW_UPDATE frames, so that requests above 64 KiB get through',
    observed: 'a request of 300 KiB stands still',
    evidence: session.evidence(1),
    timing: true,
    cause: {
      class: 'not-http2',
      variant: 'no-window-update',
      title: 'Requests above 64 KiB hang: the plugin never opens the HTTP/2 window again',
    },
  });

async function refusesUnknown(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  for (const path of [
    '/grpc.health.v1.Health/PlugfestNoSuchMethod',
    '/plugfest.NoSuchService/NoSuchMethod',
    '/plugin.GRPCController/PlugfestNoSuchMethod',
  ]) {
    const result = await session.answered(path, Buffer.alloc(0));
    if (result.status === Status.UNIMPLEMENTED) continue;
    return failed({
      expected: `UNIMPLEMENTED for ${path}`,
      observed: describeCall(result),
      evidence: session.evidence(1),
      cause: {
        class: 'broken-grpc',
        variant: 'unknown-method',
        title: `Unknown methods get ${statusName(result.status)}, not UNIMPLEMENTED: hosts cannot tell what is missing`,
      },
    });
  }
  await session.answered(methods.check, healthCheck);
  return passed();
}

async function refusesMalformed(session: GrpcSession): Promise<ProbeOutcome> {
  await assertHealth(session);
  const junk = [
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0x0a, 0x7f, 0x01]),
    Buffer.from(Array.from({ length: 64 }, (_, n) => (n * 97 + 13) & 0xff)),
  ];
  for (const bytes of junk) {
    const result = await session.answered(methods.check, bytes);
    if (result.status === Status.INTERNAL || result.status === Status.INVALID_ARGUMENT) continue;
    return failed({
      expected: 'INTERNAL or INVALID_ARGUMENT for bytes that are no message',
      observed: describeCall(result),
      evidence: session.evidence(1),
    });
  }
  await session.answered(methods.check, healthCheck);
  return passed();
}

export const limitProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-LM-001', { launch: 'plain', isolated: true, settles: ['GRPC-TR-001'] }, takesLargeRequests),
  probe('GRPC-ER-001', { launch: 'plain' }, refusesUnknown),
  probe('GRPC-ER-003', { launch: 'plain' }, refusesMalformed),
];
