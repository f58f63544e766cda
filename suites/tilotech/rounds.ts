/** The same few requests over and over: what each must be answered, and whether it is on connections of its own. */
import { isSuccess, requestOf } from './call.ts';
import { examine } from './examine.ts';
import type { Finding } from './findings.ts';
import { firstValue } from './json-text.ts';
import { isSteady } from './methods.ts';
import { nowAndThen, succeedsAgain } from './now-and-then.ts';
import type { Method } from './profile-block.ts';
import { type Noted, requestBody, type SessionRequest, type TiloSession } from './session.ts';

/** A request that may be made any number of times, with what tells its own answer from others. */
export interface Step {
  readonly name: string;
  readonly request: SessionRequest;
  readonly method?: Method;
  readonly isOwn: (made: Noted) => boolean;
}

/** Methods beyond these make rounds longer and show nothing new. */
const mostMethods = 5;
const roundCount = 3;

/** The unknown path and the steady methods, as far as nothing is wrong with them. @throws Blocked, PluginExited */
async function stepsOf(session: TiloSession): Promise<readonly Step[]> {
  session.assertUsable();
  const steps: Step[] = [];
  const { greeting } = session;
  if (greeting?.end === 'complete')
    steps.push({
      name: 'the unknown path',
      request: { path: greeting.path, body: requestBody({}) },
      isOwn: (made) => made.status === greeting.status && firstValue(made.body).ok === firstValue(greeting.body).ok,
    });
  for (const method of session.settings.methods) {
    if (steps.length > mostMethods) break;
    if (!isSteady(method) || (await examine(session, method))) continue;
    steps.push({
      name: method.name,
      method,
      request: requestOf(session, method),
      isOwn: (made) => isSuccess(made, method),
    });
  }
  return steps;
}

export interface Rounds {
  /** All requests in their order; empty where they are not answered the same every time. */
  readonly steps: readonly Step[];
  /** How long the slowest answer took, in milliseconds. */
  readonly longestMs: number;
  /** What is wrong when every request has a connection of its own. */
  readonly finding?: Finding;
}

const known = new WeakMap<TiloSession, Promise<Rounds>>();

/** Makes the rounds once in each session, every request on a fresh connection. @throws Blocked, PluginExited */
export function roundsOf(session: TiloSession): Promise<Rounds> {
  const rounds = known.get(session) ?? makeRounds(session);
  known.set(session, rounds);
  return rounds;
}

async function makeRounds(session: TiloSession): Promise<Rounds> {
  const once = await stepsOf(session);
  const steps = Array.from({ length: roundCount }, () => once).flat();
  let longestMs = 0;
  for (const { method, request, isOwn } of steps) {
    const made = await session.outlived(request);
    longestMs = Math.max(longestMs, made.durationMs);
    if (isOwn(made)) continue;
    // What refuses repetitions, and goes on refusing them, does not fail by chance (TILO-RECON-002).
    const isError = method && made.end === 'complete' && (made.status ?? 0) >= 400;
    const isChance = isError && (await succeedsAgain(session, method));
    return { steps: [], longestMs, ...(isChance && { finding: nowAndThen(method, made) }) };
  }
  return { steps, longestMs };
}
