/** Judging the end of a plugin: only where it came as it should have. */
import { blocked, type ProbeOutcome, skipped } from '../../src/run/outcome.ts';
import { type KillFacts, kill } from './kill.ts';
import type { GrpcSession } from './session.ts';

/** Most rules are about a Shutdown that was accepted; where it was not, another rule has said so. */
export async function afterShutdown(
  session: GrpcSession,
  judge: (facts: KillFacts) => ProbeOutcome,
): Promise<ProbeOutcome> {
  const facts = await kill(session);
  if (facts.unimplemented) return skipped('the plugin has no controller (GRPC-CT-001)');
  if (facts.answer.end === 'cancelled' && facts.answer.status === undefined)
    return blocked('GRPC-CT-002', 'Shutdown was never answered');
  return judge(facts);
}

/** Rules about the orderly end make no sense for a plugin that had to be killed. */
export const afterOrderlyEnd = (
  session: GrpcSession,
  judge: (facts: KillFacts) => ProbeOutcome,
): Promise<ProbeOutcome> =>
  afterShutdown(session, (facts) =>
    facts.goneAfterMs === undefined ? blocked('GRPC-SD-001', 'the process had to be killed') : judge(facts),
  );
