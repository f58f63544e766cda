/** Area ANY for generation P2: the messages travel inside a google.protobuf.Any. */
import { type ProbeOutcome, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { AnyRules } from '../any-rules.ts';
import type { PolarisSession } from '../session.ts';

const rules =
  (judge: (rules: AnyRules) => Promise<ProbeOutcome>) =>
  async (session: PolarisSession): Promise<ProbeOutcome> => {
    const contract = session.contractsInUse.find(({ generation }) => generation === 'P2');
    const method = contract?.service.methods.find(({ name }) => name === 'Call');
    if (!method) return skipped('the plugin is of generation P3, whose messages are typed');
    return judge(
      new AnyRules(session, {
        method,
        payload: 'proto.RateLimitPluginRequest',
        reply: 'proto.RateLimitPluginResponse',
      }),
    );
  };

export const anyProbes: readonly Probe<PolarisSession>[] = [
  probe(
    'POL-ANY-001',
    { launch: 'plain', smoke: true },
    rules((any) => any.accepts()),
  ),
  probe(
    'POL-ANY-002',
    { launch: 'plain', smoke: true },
    rules((any) => any.namesReply()),
  ),
  probe(
    'POL-ANY-003',
    { launch: 'plain', smoke: true },
    rules((any) => any.replies()),
  ),
  probe(
    'POL-ANY-004',
    { launch: 'plain' },
    rules((any) => any.refusesForeign()),
  ),
  probe(
    'POL-ANY-005',
    { launch: 'plain' },
    rules((any) => any.bearsMissing()),
  ),
  probe(
    'POL-ANY-006',
    { launch: 'plain' },
    rules((any) => any.refusesUndecodable()),
  ),
];
