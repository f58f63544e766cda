/** Area DL: deadlines, cancelled calls and closed connections. */
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { assertAlive, eventually } from '../../../src/run/within.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import type { CallResult, GrpcCall } from '../../../src/wire/grpc-call.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import { assertHealth } from '../health-check.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';
import { prepareTrial, trialsIn } from './trials.ts';

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
  session.tell(result, session.transcript.now() - result.durationMs);
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
  await assertAlive(session.plugin);
  const connection = await session.connect();
  await session.answered(methods.check, healthCheck, { connection });
  connection.close();
  return passed();
}

export const deadlineProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-DL-001', { launches: ['plain'] }, withoutDeadline),
  probe('GRPC-DL-002', { launch: 'plain' }, honoursDeadline),
  probe('GRPC-DL-003', { launch: 'plain' }, honoursCancel),
  probe('GRPC-DL-004', { launch: 'plain', isolated: true }, outlivesConnection),
];
