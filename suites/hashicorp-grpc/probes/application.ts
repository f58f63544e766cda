/** Areas PG and AN: what plugins of several hosts offer beside their own services, a `Ping` and an Any-typed `Call`. */
import type { DescMethod } from '@bufbuild/protobuf';
import type { AnyCall } from '../../../src/calls/any-call.ts';
import { trialsOf } from '../../../src/calls/trial-block.ts';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { Status, statusName } from '../../../src/wire/grpc-status.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

const blockOf = ({ profile }: GrpcSession) => trialsOf(profile.block('hashicorp-grpc'));

/** @throws NotOffered, CannotTell */
async function pingOf(session: GrpcSession): Promise<DescMethod> {
  const { findPing } = await import('../../../src/calls/discover.ts');
  return findPing(await session.types(), blockOf(session).ping);
}

/** @throws NotOffered, CannotTell */
async function anyOf(session: GrpcSession): Promise<AnyCall> {
  const { anyCallOf } = await import('../../../src/calls/any-call.ts');
  const conventional = { payload: 'proto.RateLimitPluginRequest', reply: 'proto.RateLimitPluginResponse' };
  return anyCallOf(session, blockOf(session), [conventional]);
}

const pings = () => import('../../../src/calls/ping.ts');
const any = () => import('../../../src/calls/any-probes.ts');

/** Health is answered as long as the plugin lives, served or not. */
async function look(session: GrpcSession): Promise<ProbeOutcome> {
  const { status, message } = await session.answered(methods.check, healthCheck);
  if (status === Status.OK || status === Status.UNIMPLEMENTED || status === Status.NOT_FOUND) return passed();
  return failed({
    expected: 'health still answers',
    observed: `${statusName(status)} (${message})`,
    evidence: session.evidence(2),
  });
}

/** What rests on a good answer to a right payload says nothing where there is none. */
function needsRightAnswer(outcome: ProbeOutcome | undefined): ProbeOutcome {
  if (outcome) return outcome;
  throw new Blocked('GRPC-AN-001', 'a payload of the expected type gets no good reply');
}

const judgesPing = (
  id: string,
  judge: (session: GrpcSession, method: DescMethod) => Promise<ProbeOutcome>,
): Probe<GrpcSession> =>
  probe(id, { launch: 'plain' }, async (session: GrpcSession) => judge(session, await pingOf(session)));

const judgesAny = (
  id: string,
  judge: (call: AnyCall, session: GrpcSession) => Promise<ProbeOutcome | undefined>,
  isolated?: true,
): Probe<GrpcSession> =>
  probe(id, { launch: 'plain', ...(isolated && { isolated }) }, async (session: GrpcSession) =>
    needsRightAnswer(await judge(await anyOf(session), session)),
  );

export const applicationProbes: readonly Probe<GrpcSession>[] = [
  judgesPing('GRPC-PG-001', async (session, method) => (await pings()).pingsFirst(session, method)),
  judgesPing('GRPC-PG-002', async (session, method) =>
    (await pings()).pingsInTime(session, method, session.deadlines.callMs),
  ),
  judgesPing('GRPC-PG-003', async (session, method) =>
    (await pings()).pingsOften(session, method, () => look(session)),
  ),
  judgesAny('GRPC-AN-001', async (call) => (await any()).answersRightType(call)),
  judgesAny('GRPC-AN-002', async (call) => (await any()).namesReplyType(call)),
  judgesAny('GRPC-AN-003', async (call) => (await any()).refusesForeign(call)),
  judgesAny('GRPC-AN-004', async (call) => (await any()).bearsMissing(call)),
  judgesAny('GRPC-AN-005', async (call) => (await any()).refusesUndecodable(call)),
  judgesAny('GRPC-AN-006', async (call, { deadlines }) => (await any()).takesLargePayloads(call, deadlines.callMs * 2)),
  judgesAny('GRPC-AN-007', async (call) => (await any()).keepsCallsApart(call)),
  // In a process of its own: in a shared one the payloads of the other probes may have done the harm before.
  judgesAny('GRPC-AN-008', async (call, session) => (await any()).survivesBadPayloads(call, () => look(session)), true),
];
