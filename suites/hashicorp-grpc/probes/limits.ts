/** Areas CC, LM, ER and DL: many calls, large messages, errors and deadlines, on services that every plugin has. */
import { readdirSync, readFileSync } from 'node:fs';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked, DeadlinePassed, PluginExited } from '../../../src/run/plugin-fact.ts';
import { type Probe, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import type { CallResult, GrpcCall } from '../../../src/wire/grpc-call.ts';
import { Status, statusName } from '../../../src/wire/grpc-status.ts';
import { healthRequest, healthService, healthStatus, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';
import { prepareTrial, trialsIn } from './trials.ts';

const healthCheck = healthRequest(healthService);

/** @throws Blocked when health, on which these probes rest, is not there */
async function assertHealth(session: GrpcSession): Promise<void> {
  const { status } = await session.answered(methods.check, healthCheck);
  if (status === Status.UNIMPLEMENTED) throw new Blocked('GRPC-HL-001', 'there is no health service to call');
}

const servesThree = (session: GrpcSession): ProbeOutcome => {
  void session.main;
  return passed();
};

async function servesMany(session: GrpcSession): Promise<ProbeOutcome> {
  await assertHealth(session);
  const { connection } = session.main;
  const count = 50;
  const calls = await Promise.all(
    Array.from({ length: count }, () =>
      connection.unary(methods.check, healthCheck, { limitMs: session.deadlines.callMs }),
    ),
  );
  const bad = calls.filter(
    ({ status, messages }) => status !== Status.OK || healthStatus(messages[0]?.bytes) === undefined,
  );
  const [first] = bad;
  if (!first || bad.every(({ status }) => status === Status.NOT_FOUND)) return passed();
  if (await session.hasExited()) throw new PluginExited(session.plugin.exited ?? { atMs: 0 });
  session.note(first, session.transcript.now());
  return failed({
    expected: `${count} good answers to ${count} calls at once`,
    observed: `${bad.length} failed, the first with ${describeCall(first)}`,
    evidence: session.evidence(1),
    timing: first.end === 'cancelled',
  });
}

/** The two permanent streams, left alone: they are what a server's time limits cut off. */
async function keepsStreams(session: GrpcSession): Promise<ProbeOutcome> {
  const { stdio, broker } = session.main;
  const open = [stdio, broker].filter((call) => call?.isOpen);
  if (open.length === 0) return skipped('the plugin offers neither the stdio nor the broker stream');
  const { idleMs } = session.deadlines;
  await eventually(() => session.plugin.exited !== undefined || open.some((call) => call?.isOpen === false), {
    limitMs: idleMs,
    everyMs: 100,
  });
  if (session.plugin.exited) throw new PluginExited(session.plugin.exited);
  const ended = open.find((call) => call?.isOpen === false);
  if (!ended) return passed();
  const result = await ended.result;
  return failed({
    expected: `silent streams stay open for ${idleMs / 1000} s`,
    observed: `${result.path} ended after ${(result.durationMs / 1000).toFixed(1)} s: ${describeCall(result)}`,
    evidence: session.evidence(),
    cause: {
      class: 'closes-idle-connection',
      variant: 'stream',
      title: `The plugin cuts off silent streams: ${result.path} ended after ${(result.durationMs / 1000).toFixed(1)} s`,
    },
  });
}

interface Usage {
  readonly bytes: number;
  readonly descriptors: number;
}

function usageOf(pid: number): Usage | undefined {
  try {
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return { bytes: Number(resident ?? 0) * 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

const mega = 1024 * 1024;

async function staysBounded(session: GrpcSession): Promise<ProbeOutcome> {
  await assertHealth(session);
  const pid = session.plugin.pid;
  if (!usageOf(pid)) return skipped('this system does not tell how much a process uses');
  const work = async (): Promise<Usage> => {
    const { connection } = session.main;
    const limitMs = session.deadlines.callMs;
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 25 }, () => connection.unary(methods.check, healthCheck, { limitMs })));
      (await session.connect()).close();
    }
    await eventually(() => false, { limitMs: 50 });
    return usageOf(pid) ?? { bytes: 0, descriptors: 0 };
  };
  const [first, second, third] = [await work(), await work(), await work()];
  const grownFiles = third.descriptors - first.descriptors;
  const grownBytes = third.bytes - second.bytes;
  // A leak grows by every connection; what a runtime keeps for itself does not.
  const leaksFiles = grownFiles >= 30 && third.descriptors > second.descriptors;
  const leaksMemory = grownBytes > 24 * mega && second.bytes - first.bytes > 24 * mega;
  if (!leaksFiles && !leaksMemory) return passed();
  const observed = leaksFiles
    ? `${first.descriptors}, ${second.descriptors}, ${third.descriptors} open files after 500, 1000 and 1500 calls`
    : `${[first, second, third].map(({ bytes }) => `${Math.round(bytes / mega)} MiB`).join(', ')} after 500, 1000 and 1500 calls`;
  return failed({
    expected: 'memory and open files that do not grow with every call',
    observed,
    evidence: session.evidence(1),
  });
}

const unknownField = 1000;

/** A health request padded with a field that nobody knows, which every protobuf reader skips. */
function paddedRequest(bytes: number): Buffer {
  const tag = Buffer.from([((unknownField << 3) & 0x7f) | 2 | 0x80, (unknownField << 3) >> 7]);
  const length: number[] = [];
  for (let left = bytes; ; left >>>= 7) {
    length.push(left > 127 ? (left & 0x7f) | 0x80 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([healthCheck, tag, Buffer.from(length), Buffer.alloc(bytes, 0x2e)]);
}

async function takesLargeRequests(session: GrpcSession): Promise<ProbeReturn> {
  await assertHealth(session);
  const limitMs = session.deadlines.callMs * 2;
  const small = await session.call(methods.check, paddedRequest(300 * 1024), { limitMs });
  if (small.end === 'cancelled' && small.status === undefined)
    return {
      'GRPC-TR-001': noWindow(session),
      'GRPC-LM-001': skipped('requests above 64 KiB do not get through (GRPC-TR-001)'),
    };
  const large = await session.call(methods.check, paddedRequest(5 * mega), { limitMs });
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

const withoutDeadline = (session: GrpcSession): ProbeOutcome => {
  void session.main;
  const refused = session.calls.find(
    ({ status, message }) => status === Status.DEADLINE_EXCEEDED || /timeout|deadline/i.test(message),
  );
  if (!refused) return passed();
  return failed({
    expected: 'answers to calls without grpc-timeout',
    observed: describeCall(refused),
    evidence: session.evidence(2),
    cause: {
      class: 'demands-metadata',
      variant: 'deadline',
      title: `Calls without a deadline fail: ${describeCall(refused)}`,
    },
  });
};

interface LongCall {
  start(metadata?: Readonly<Record<string, string>>): GrpcCall;
  /** Whether a started call is still open after its first message, or after a while without one. */
  lasts(call: GrpcCall): Promise<boolean>;
}

/** How long a call without messages is watched before it counts as one that lasts, in milliseconds. */
const lastsMs = 300;

/** A call that lasts: the one the profile names, else health's Watch. @throws CannotTell */
async function longCall(session: GrpcSession): Promise<LongCall> {
  const { slow } = trialsIn(session);
  const { path, message } = slow ? await prepareTrial(session, slow) : { path: methods.watch, message: healthCheck };
  if (!slow) await assertHealth(session);
  return {
    start: (metadata = {}) => {
      const call = session.main.connection.call(path, { metadata });
      call.send(message);
      call.finish();
      return call;
    },
    lasts: async (call) => {
      const limitMs = slow ? lastsMs : session.deadlines.callMs;
      await eventually(() => call.messages.length > 0 || !call.isOpen, { limitMs });
      return call.isOpen;
    },
  };
}

const noLongCall = 'the plugin has no call that lasts: health has no Watch, and the profile names none (trials.slow)';

async function honoursDeadline(session: GrpcSession): Promise<ProbeOutcome> {
  const { start, lasts } = await longCall(session);
  const trial = start();
  const isLong = await lasts(trial);
  trial.cancel();
  await trial.result;
  if (!isLong) return skipped(noLongCall);
  const result: CallResult = await start({ 'grpc-timeout': '300m' }).resultWithin(
    Math.max(2000, session.deadlines.callMs),
  );
  session.note(result, session.transcript.now() - result.durationMs);
  if (result.end !== 'cancelled') return passed();
  return failed({
    expected: 'a call with a deadline of 300 ms ends by it',
    observed: `it was still open after ${Math.round(result.durationMs)} ms`,
    evidence: session.evidence(1),
    timing: true,
  });
}

async function honoursCancel(session: GrpcSession): Promise<ProbeOutcome> {
  const { start, lasts } = await longCall(session);
  const calls = Array.from({ length: 20 }, () => start());
  const long = await Promise.all(calls.map(lasts));
  for (const call of calls) call.cancel();
  await Promise.all(calls.map((call) => call.result));
  if (!long.includes(true)) return skipped(noLongCall);
  await session.answered(methods.check, healthCheck);
  return passed();
}

async function outlivesConnection(session: GrpcSession): Promise<ProbeOutcome> {
  session.main.connection.close();
  if (await session.hasExited()) throw new PluginExited(session.plugin.exited ?? { atMs: 0 });
  const connection = await session.connect();
  await session.answered(methods.check, healthCheck, { connection });
  connection.close();
  return passed();
}

export const limitProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-CC-001', { launch: 'plain' }, servesThree),
  probe('GRPC-CC-002', { launch: 'plain' }, servesMany),
  probe('GRPC-CC-003', { launch: 'plain', isolated: true, soak: true }, keepsStreams),
  probe('GRPC-CC-004', { launch: 'plain', isolated: true }, staysBounded),
  probe('GRPC-LM-001', { launch: 'plain', isolated: true, settles: ['GRPC-TR-001'] }, takesLargeRequests),
  probe('GRPC-ER-001', { launch: 'plain' }, refusesUnknown),
  probe('GRPC-ER-003', { launch: 'plain' }, refusesMalformed),
  probe('GRPC-DL-001', { launches: ['plain'] }, withoutDeadline),
  probe('GRPC-DL-002', { launch: 'plain' }, honoursDeadline),
  probe('GRPC-DL-003', { launch: 'plain' }, honoursCancel),
  probe('GRPC-DL-004', { launch: 'plain', isolated: true }, outlivesConnection),
];
