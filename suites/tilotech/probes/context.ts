/** Area CTX: deadlines, and calls that nobody waits for any more. */
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { callMethod, limitOf } from '../call.ts';
import { methodsOf, steadyMethod, whatMethodsShow } from '../methods.ts';
import type { Method } from '../profile-block.ts';
import { describeExchange, type TiloSession } from '../session.ts';

const isSlow = ({ slow, kind, idempotent }: Method): boolean => slow && kind === 'success' && idempotent;

/** A slow method of the profile, with the time it takes when nothing hurries it. @throws Blocked, NotOffered */
async function slowMethod(
  session: TiloSession,
): Promise<{ readonly method: Method; readonly tookMs: number } | undefined> {
  const [method] = methodsOf(session, isSlow);
  if (!method) return undefined;
  const made = await callMethod(session, method);
  session.assertAnswered(made);
  return made.end === 'complete' && made.durationMs >= slowEnoughMs ? { method, tookMs: made.durationMs } : undefined;
}

/** Less than this cannot be told from an answer at once. */
const slowEnoughMs = 400;
const notSlow = skipped('the slow method of the profile takes less than 400 ms');

async function heedsDeadline(session: TiloSession): Promise<ProbeOutcome> {
  const slow = await slowMethod(session);
  if (!slow) return notSlow;
  const { method, tookMs } = slow;
  const allowedMs = Math.round(tookMs / 4);
  const deadline = new Date(Date.now() + allowedMs).toISOString();
  const made = await callMethod(session, method, { deadline });
  session.assertAnswered(made);
  if (made.end === 'complete' && made.durationMs < (allowedMs + tookMs) / 2 + 50) return passed();
  return failed({
    expected: `${method.name} ends soon after its deadline of ${allowedMs} ms`,
    observed: `${describeExchange(made)}; without a deadline it takes ${Math.round(tookMs)} ms`,
    evidence: [made.evidence],
    timing: true,
    cause: {
      class: 'ignores-deadline',
      title: `${method.name} works on for ${Math.round(made.durationMs - allowedMs)} ms after its deadline: nobody waits for the result`,
      fix: 'Read Context.Deadline, give it to whatever takes long, and answer with an error when it has passed.',
    },
  });
}

async function answersLateCalls(session: TiloSession): Promise<ProbeOutcome> {
  const method = await steadyMethod(session);
  const deadline = new Date(Date.now() - 86_400_000).toISOString();
  const made = await callMethod(session, method, { deadline });
  session.assertAnswered(made);
  if (made.end === 'complete') return passed(made.status === 200 ? 'it is run' : `it is refused with ${made.status}`);
  return failed({
    expected: 'an answer, of whatever kind',
    observed: describeExchange(made),
    evidence: [made.evidence],
    timing: made.end === 'timeout',
  });
}

/** Goes away in the middle of a call; the plugin must serve the next one as if nothing had been. */
async function survivesLostHost(session: TiloSession): Promise<ProbeOutcome> {
  const slow = await slowMethod(session);
  if (!slow) return notSlow;
  const { method, tookMs } = slow;
  const lost = await callMethod(session, method, { signal: AbortSignal.timeout(Math.round(tookMs / 4)), odd: true });
  const next = await session.outlived({ ...session.signOfLife, limitMs: limitOf(session, method) });
  if (next.end === 'complete' && next.durationMs < tookMs / 2) return passed();
  return failed({
    expected: 'an ordinary call right after a lost one is answered at once',
    observed: `after the lost call: ${describeExchange(next)}`,
    evidence: [lost.evidence, next.evidence],
    timing: true,
    cause: {
      class: 'ignores-deadline',
      variant: 'lost-host',
      title: `The plugin works on for a host that has gone, and lets the next call wait for ${Math.round(next.durationMs)} ms`,
      fix: 'Stop when the connection of a call is closed, and serve others meanwhile.',
    },
  });
}

export const contextProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-CTX-001', { launch: 'plain', isolated: true }, heedsDeadline),
  probe('TILO-CTX-002', { launch: 'plain' }, answersLateCalls),
  probe('TILO-CTX-003', { launch: 'plain', isolated: true }, survivesLostHost),
  probe(
    'TILO-CTX-004',
    { launch: 'plain' },
    whatMethodsShow('TILO-CTX-004', ({ kind }) => kind !== 'crash'),
  ),
];
