/** Calls of different methods at the same time: each must get its own answer. */
import { failed } from '../../src/run/outcome.ts';
import { isSuccess, requestOf } from './call.ts';
import { examine } from './examine.ts';
import type { Finding } from './findings.ts';
import { isSteady } from './methods.ts';
import type { Method } from './profile-block.ts';
import { roundsOf } from './rounds.ts';
import { describeBody, type Noted, type TiloSession } from './session.ts';

/** Calls at once; more would try how much a plugin bears, which is another matter (TILO-RECON-003). */
const crowdSize = 24;
/** Slower answers make calls at once a matter of patience. */
const quickMs = 500;

const isCallable = (method: Method): boolean =>
  isSteady(method) || (method.kind === 'error' && method.idempotent && !method.slow);

/**
 * Calls all methods that may be repeated at once, and looks for answers that belong to another call. Errors that only
 * a crowd provokes are none.
 * @throws Blocked, PluginExited
 */
export async function mixedUp(session: TiloSession): Promise<Finding | undefined> {
  const { steps, longestMs } = await roundsOf(session);
  if (steps.length === 0 || longestMs > quickMs) return undefined;
  const methods: Method[] = [];
  for (const method of session.settings.methods)
    if (isCallable(method) && !(await examine(session, method))) methods.push(method);
  if (methods.length < 2) return undefined;
  // In another order each time: where calls share a variable, the last one decides what all of them see.
  for (const [turn] of methods.entries()) {
    const found = await wrongAnswer(session, [...methods.slice(turn), ...methods.slice(0, turn)]);
    if (!found) continue;
    return (await dependsOnOthers(session, found[0], methods)) ? undefined : findingOf(...found);
  }
  return undefined;
}

async function wrongAnswer(
  session: TiloSession,
  methods: readonly Method[],
): Promise<readonly [Method, Noted] | undefined> {
  const size = Math.max(1, Math.round(crowdSize / methods.length)) * methods.length;
  const all = await Promise.all(
    Array.from({ length: size }, async (_, at) => {
      const method = methods[at % methods.length] as Method;
      return [method, await make(session, method)] as const;
    }),
  );
  return all.find(([method, made]) => isForeign(method, made));
}

/** Whether what a method answers is changed by a call before it, as where one writes what another reads. */
async function dependsOnOthers(session: TiloSession, method: Method, others: readonly Method[]): Promise<boolean> {
  for (const other of others) {
    await make(session, other);
    if (isForeign(method, await make(session, method))) return true;
  }
  return false;
}

const make = (session: TiloSession, method: Method): Promise<Noted> =>
  session.outlived({ ...requestOf(session, method), odd: true });

/** A success that is not the one of this call. */
const isForeign = (method: Method, made: Noted): boolean =>
  made.end === 'complete' &&
  made.status === 200 &&
  (method.kind === 'error' || (method.body !== undefined && !isSuccess(made, method)));

const findingOf = (method: Method, made: Noted): Finding => ({
  blames: 'TILO-JSON-001',
  outcome: failed({
    expected: `${method.name} answers the same among other calls as alone`,
    observed: `among ${crowdSize} calls at once: ${made.status} ${describeBody(made.body)}`,
    evidence: [made.evidence],
    cause: {
      class: 'wrong-data',
      variant: 'mixed-up',
      title: `Calls at the same time are mixed up: ${method.name} answers ${describeBody(made.body).slice(0, 60)}, which is the answer of another call`,
      fix: 'Keep everything about a request in variables of that request: nothing global, nothing on a handler that calls share.',
    },
  }),
});
