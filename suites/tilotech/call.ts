/** Calls methods of the profile as the host does. */
import { matches } from './body-match.ts';
import { firstValue } from './json-text.ts';
import type { Method } from './profile-block.ts';
import { type Noted, requestBody, type SessionRequest, type TiloSession } from './session.ts';

/** The time that a method has, in milliseconds. */
export const limitOf = (session: TiloSession, method: Method): number =>
  Math.min(method.limitMs ?? session.settings.deadlines.callMs, session.settings.deadlines.callMs);

/** Calls a method with its own payload. @throws Blocked */
export const callMethod = (
  session: TiloSession,
  method: Method,
  more: Partial<SessionRequest> & { deadline?: string } = {},
): Promise<Noted> => session.call(method.path, method.payload, { limitMs: limitOf(session, method), ...more });

/** The request that `callMethod` makes, for those who make it in a way of their own. */
export const requestOf = (session: TiloSession, method: Method): SessionRequest => ({
  path: method.path,
  body: requestBody(method.payload),
  limitMs: limitOf(session, method),
});

/** Whether an answer is what the profile expects of a call that succeeds. */
export function isSuccess(made: Noted, method: Method): boolean {
  if (made.end !== 'complete' || made.status !== 200 || made.unpackError !== undefined) return false;
  const read = firstValue(made.body);
  return read.ok && (!method.body || matches(read.value, method.body));
}
