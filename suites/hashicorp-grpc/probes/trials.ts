/** Areas ER and LM where a profile names calls for it: handlers that fail, and large responses. */
import type { Answered } from '../../../src/calls/call-session.ts';
import { readMethodName } from '../../../src/calls/method-name.ts';
import { type Trial, trialsOf } from '../../../src/calls/trial-block.ts';
import type { Call } from '../../../src/config/profile.ts';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { CannotTell } from '../../../src/run/plugin-fact.ts';
import { type Probe, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import { Status, statusName } from '../../../src/wire/grpc-status.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

/** The path and request of a trial. @throws CannotTell when nobody describes it or it does not fit */
export async function prepareTrial(session: GrpcSession, { method, request }: Trial) {
  const { CallProblem, prepareCall } = await import('../../../src/calls/prepare-call.ts');
  const { registry } = await session.types();
  try {
    const { path, messages } = prepareCall({ name: 'trial', method, request }, registry);
    return { path, message: messages[0] ?? Buffer.alloc(0) };
  } catch (error) {
    if (error instanceof CallProblem) throw new CannotTell(`trials in the profile: ${error.message}`);
    throw error;
  }
}

export const trialsIn = ({ profile }: GrpcSession) => trialsOf(profile.block('hashicorp-grpc')).trials ?? {};

async function make(session: GrpcSession, trial: Trial, limitMs: number): Promise<Answered> {
  const { path, message } = await prepareTrial(session, trial);
  return session.answered(path, message, { limitMs });
}

const isMeantToFail = ({ status, request }: Call): boolean =>
  status !== undefined && ![0, '0', 'OK'].includes(status) && !Array.isArray(request);

/** Calls of the profile that are meant to fail; those that nobody describes are judged with the calls. */
async function failingCalls(session: GrpcSession): Promise<readonly Call[]> {
  const { versions, common } = session.profile;
  const calls = versions.find(({ version }) => version === session.version)?.calls ?? common.calls;
  const meant = calls.filter(isMeantToFail);
  if (meant.length === 0) return [];
  const { registry } = await session.types();
  return meant.filter(({ method }) => registry.getService(readMethodName(method).service));
}

async function failsWithWords(session: GrpcSession): Promise<ProbeOutcome> {
  const trials: readonly Trial[] = [...(trialsIn(session).failing ?? []), ...(await failingCalls(session))];
  if (trials.length === 0) return skipped('the profile names no call that is meant to fail');
  for (const trial of trials) {
    const answer = await make(session, trial, session.deadlines.callMs);
    const evidence = session.evidence(1);
    if (answer.status === Status.OK)
      return failed({ expected: `an error status from ${trial.method}`, observed: 'OK', evidence });
    if (answer.message === '')
      return failed({
        expected: `a message beside the status of ${trial.method}`,
        observed: `${statusName(answer.status)} without a message`,
        evidence,
      });
    await session.answered(methods.check, healthCheck);
  }
  return passed();
}

const fourMiB = 4 * 1024 * 1024;

async function sendsLargeResponses(session: GrpcSession): Promise<ProbeReturn> {
  const { large } = trialsIn(session);
  const none = skipped('the profile names no call with a large response (trials.large)');
  if (!large) return { 'GRPC-LM-002': none, 'GRPC-LM-003': none };
  const answer = await make(session, large, session.deadlines.callMs * 2);
  const evidence = session.evidence(1);
  const expected = `a response of more than 4 MiB from ${large.method}`;
  if (answer.status !== Status.OK) {
    const outcome = failed({ expected, observed: describeCall(answer), evidence });
    const isLimit = answer.status === Status.RESOURCE_EXHAUSTED;
    return { 'GRPC-LM-002': outcome, 'GRPC-LM-003': isLimit ? outcome : passed() };
  }
  const size = answer.messages[0]?.bytes.byteLength ?? 0;
  if (size > fourMiB) return { 'GRPC-LM-002': passed(), 'GRPC-LM-003': passed() };
  throw new CannotTell(`trials.large in the profile: the response has only ${size} bytes`);
}

export const trialProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-ER-002', { launch: 'plain' }, failsWithWords),
  probe('GRPC-LM-002', { launch: 'plain', settles: ['GRPC-LM-003'] }, sendsLargeResponses),
];
