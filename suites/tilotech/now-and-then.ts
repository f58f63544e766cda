/** Calls that fail at one time and succeed at another. */
import { failed } from '../../src/run/outcome.ts';
import { callMethod, isSuccess } from './call.ts';
import type { Finding } from './findings.ts';
import type { Method } from './profile-block.ts';
import { describeExchange, type Noted, type TiloSession } from './session.ts';

/** A call fails that has succeeded before, or does afterwards. */
export const nowAndThen = (method: Method, made: Noted): Finding => ({
  blames: 'TILO-HTTP-004',
  outcome: failed({
    expected: `status 200 for ${method.name}, every time`,
    observed: `${describeExchange(made)}; the same request succeeds at another time`,
    evidence: [made.evidence],
    cause: {
      class: 'wrong-success-status',
      variant: 'now-and-then',
      title: `${method.name} fails now and then: the same request is answered with ${made.status} once and 200 another time`,
      fix: 'Look for what calls share: a lock, a pool that runs out, a counter, a resource that is not given back.',
    },
  }),
});

/** Whether a call that has failed succeeds when it is made again as it was. @throws Blocked */
export async function succeedsAgain(
  session: TiloSession,
  method: Method,
  more: Parameters<typeof callMethod>[2] = {},
): Promise<boolean> {
  for (let attempt = 0; method.idempotent && attempt < 2; attempt += 1) {
    const again = await callMethod(session, method, { ...more, odd: true });
    session.assertAlive(again);
    if (isSuccess(again, method)) return true;
  }
  return false;
}
