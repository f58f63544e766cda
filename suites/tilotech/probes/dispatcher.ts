/** Area DISP: the methods of a Tilores dispatcher. */
import * as v from 'valibot';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { NotOffered } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { type DispatcherCall, dispatcherCalls, filteredSearch, removeConnectionBan } from '../dispatcher.ts';
import { firstValue } from '../json-text.ts';
import { describeExchange, type Noted, type TiloSession } from '../session.ts';

/** Nobody sends these calls to a plugin that does not say it is a dispatcher. @throws NotOffered */
function assertDispatcher(session: TiloSession): void {
  session.assertUsable();
  if (!session.profile.requires.includes('dispatcher'))
    throw new NotOffered('the profile does not require `dispatcher` (--profile tilores does)');
}

async function make(session: TiloSession, { path, payload }: DispatcherCall): Promise<Noted> {
  const made = await session.call(path, payload, { limitMs: session.settings.deadlines.callMs });
  session.assertAlive(made);
  return made;
}

function isRight(made: Noted, { schema }: DispatcherCall): boolean {
  const read = firstValue(made.body);
  return made.end === 'complete' && made.status === 200 && read.ok && v.is(schema, read.value);
}

async function servesAll(session: TiloSession): Promise<ProbeOutcome> {
  assertDispatcher(session);
  const wrong: (readonly [DispatcherCall, Noted])[] = [];
  for (const call of dispatcherCalls) {
    const made = await make(session, call);
    if (!isRight(made, call)) wrong.push([call, made]);
  }
  const removed = await make(session, removeConnectionBan);
  if (removed.status === 404) wrong.push([removeConnectionBan, removed]);
  if (wrong.length === 0) return passed();
  const missing = wrong.filter(([, made]) => made.status === 404).map(([{ path }]) => path);
  return failed({
    expected: wrong.map(([{ path, shape }]) => `${path}: 200 ${shape}`).join('; '),
    observed: wrong.map(([{ path }, made]) => `${path}: ${describeExchange(made)}`).join('; '),
    evidence: wrong.map(([, { evidence }]) => evidence),
    cause: {
      class: 'dispatcher-incomplete',
      title:
        missing.length > 0
          ? `The dispatcher does not serve ${missing.join(', ')}`
          : `${wrong.map(([{ path }]) => path).join(', ')}: the answers are not what the Tilores API names`,
      fix: 'Serve all seven paths, with the member names of tilores-plugin-api.',
    },
  });
}

async function removesBan(session: TiloSession): Promise<ProbeOutcome> {
  assertDispatcher(session);
  const made = await make(session, removeConnectionBan);
  if (isRight(made, removeConnectionBan)) return passed();
  return failed({
    expected: '200 null',
    observed: describeExchange(made),
    evidence: [made.evidence],
    cause: {
      class: 'dispatcher-incomplete',
      variant: 'no-null',
      title: `/removeconnectionban has no result, and does not answer 200 \`null\`: ${describeExchange(made)}`,
      fix: 'Answer 200 with the body `null`.',
    },
  });
}

async function takesFilters(session: TiloSession): Promise<ProbeOutcome> {
  assertDispatcher(session);
  const made = await make(session, filteredSearch);
  if (isRight(made, filteredSearch)) return passed();
  return failed({
    expected: '/search with the condition {"Path": …, "Equals": …}: 200 {entities: […]}',
    observed: describeExchange(made),
    evidence: [made.evidence],
  });
}

export const dispatcherProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-DISP-001', { launch: 'plain' }, servesAll),
  probe('TILO-DISP-002', { launch: 'plain' }, removesBan),
  probe('TILO-DISP-003', { launch: 'plain' }, takesFilters),
];
