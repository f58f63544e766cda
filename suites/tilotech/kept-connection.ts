/** Many requests on one connection: each must be answered as on a connection of its own. */
import type { Agent } from 'node:http';
import { type Cause, failed } from '../../src/run/outcome.ts';
import { eventually } from '../../src/run/within.ts';
import { oneConnection } from '../../src/wire/http-exchange.ts';
import { errorShown, type Finding } from './findings.ts';
import { roundsOf, type Step } from './rounds.ts';
import { describeBody, describeExchange, type Noted, type TiloSession } from './session.ts';

const hasIdle = ({ freeSockets }: Agent): boolean => Object.values(freeSockets).some((list) => list && list.length > 0);

/** Gives a close, or bytes nobody asked for, that follow an answer the time to arrive. */
export const settle = (agent: Agent, limitMs = 30): Promise<unknown> => eventually(() => !hasIdle(agent), { limitMs });

interface Fault {
  /** Which request it was, in the order of the steps. */
  readonly at: number;
  /** Which request of its connection it was, from 1. */
  readonly nth: number;
  readonly before?: Noted;
  readonly made: Noted;
  readonly kind: 'twice' | 'closed' | 'timeout' | 'wrong';
}

const known = new WeakMap<TiloSession, Promise<Finding | undefined>>();

/** What goes wrong on a connection that is kept, once in each session. @throws Blocked, PluginExited */
export function keptFinding(session: TiloSession): Promise<Finding | undefined> {
  const finding = known.get(session) ?? look(session);
  known.set(session, finding);
  return finding;
}

async function look(session: TiloSession): Promise<Finding | undefined> {
  const steps = await timed(session);
  const fault = await ride(session, steps);
  if (!fault) return undefined;
  // A connection may be closed between two calls, at any time: once more, with more time to see it close.
  const again = await ride(session, steps.slice(0, fault.at + 1), fault.kind === 'closed' ? 500 : undefined);
  // What happens to the first request of a connection has nothing to do with keeping it.
  if (again?.kind !== fault.kind || (again.kind !== 'twice' && !again.made.reused)) return undefined;
  const mayBeUnread = again.kind === 'wrong' || again.kind === 'closed';
  return findingOf(again, steps, mayBeUnread && (await isLeftUnread(session, steps, again.at)));
}

/** The steps with as much time as they need on fresh connections, several times over. */
async function timed(session: TiloSession): Promise<readonly Step[]> {
  const { steps, longestMs } = await roundsOf(session);
  const limitMs = session.settings.deadlines.answerMs + 5 * longestMs;
  return steps.map((step) => ({ ...step, request: { ...step.request, limitMs } }));
}

/** Makes requests one after the other on one connection, as long as it stays open, and then on the next. */
async function ride(session: TiloSession, steps: readonly Step[], waitMs?: number): Promise<Fault | undefined> {
  const agent = oneConnection();
  let before: Noted | undefined;
  let nth = 0;
  try {
    for (const [at, { request, isOwn }] of steps.entries()) {
      const made = await session.outlived({ ...request, agent, odd: true });
      nth = made.reused ? nth + 1 : 1;
      const facts = { at, nth, made, ...(before && { before }) };
      if (made.end === 'timeout') return { ...facts, kind: 'timeout' };
      if (made.end !== 'complete') return { ...facts, kind: 'closed' };
      if (!isOwn(made)) return { ...facts, kind: 'wrong' };
      await settle(agent, waitMs);
      if (secondStatus(made) !== undefined) return { ...facts, kind: 'twice' };
      before = made;
    }
    return undefined;
  } finally {
    agent.destroy();
  }
}

/** The status of an answer that follows the one asked for. A 408 only announces the end of an idle connection. */
function secondStatus(made: Noted): string | undefined {
  const status = /^HTTP\/1\.\d (\d{3})\b/.exec(made.surplus())?.[1];
  return status === '408' ? undefined : status;
}

/** Whether a request is answered rightly as soon as the one before it, on the same connection, has no body. */
async function isLeftUnread(session: TiloSession, steps: readonly Step[], at: number): Promise<boolean> {
  const pair = steps.slice(Math.max(0, at - 1), at + 1);
  const [first, second] = pair;
  if (!first || !second || !(await ride(session, pair))) return false;
  const agent = oneConnection();
  try {
    const empty = await session.outlived({ ...first.request, body: '', agent, odd: true });
    await settle(agent);
    const made = await session.outlived({ ...second.request, agent, odd: true });
    return empty.end === 'complete' && made.reused && second.isOwn(made);
  } finally {
    agent.destroy();
  }
}

const ordinal = (nth: number): string => ['', 'first', 'second', 'third'][nth] ?? `${nth}th`;

function findingOf({ at, nth, before, made, kind }: Fault, steps: readonly Step[], isUnread: boolean): Finding {
  const name = steps[at]?.name ?? made.path;
  const isForeign = kind === 'wrong' && made.status === 200 && made.end === 'complete';
  const evidence = [...(before ? [before.evidence] : []), made.evidence];
  const facts = {
    expected: `on a connection that is kept, the answer that ${made.path} has on a fresh one`,
    evidence,
    timing: kind === 'timeout',
  };
  const cause = causeOf({ kind, isUnread, isForeign, name, nth: ordinal(nth), before: before?.path ?? '', made });
  return {
    blames: isForeign ? 'TILO-JSON-001' : 'TILO-HTTP-005',
    outcome: failed({
      ...facts,
      observed:
        kind === 'twice'
          ? `${describeExchange(made)}, and behind it ${JSON.stringify(made.surplus().slice(0, 60))}`
          : `the ${ordinal(nth)} request on the connection: ${describeExchange(made)}`,
      ...(!isForeign && { hostSays: hostSays(kind, made) }),
      cause,
    }),
  };
}

interface Told {
  readonly kind: Fault['kind'];
  readonly isUnread: boolean;
  readonly isForeign: boolean;
  readonly name: string;
  readonly nth: string;
  readonly before: string;
  readonly made: Noted;
}

function causeOf({ kind, isUnread, isForeign, name, nth, before, made }: Told): Cause {
  if (isForeign)
    return {
      class: 'wrong-data',
      variant: 'kept-connection',
      title: `On a kept connection ${name} answers ${describeBody(made.body).slice(0, 60)}: something of an earlier request is left in it`,
      fix: 'Read every request into variables of its own; keep nothing from one request of a connection to the next.',
    };
  const about = { class: 'closes-without-answer' };
  if (isUnread)
    return {
      ...about,
      variant: 'unread-body',
      title: `The body of a request to ${before} is left unread, and becomes the next request on the connection: ${made.end === 'complete' ? `that is answered with ${made.status}` : 'the connection is closed over it'}`,
      fix: 'Read all bytes that Content-Length announces before you answer, also for unknown paths and methods without a parameter; or close the connection with `Connection: close`.',
    };
  const second = secondStatus(made);
  if (kind === 'twice')
    return {
      ...about,
      variant: 'answers-twice',
      title:
        second === String(made.status)
          ? `A request to ${made.path} is answered twice: the next call on the connection can get the second answer`
          : `The answer to ${made.path} is followed by one with status ${second}, which nobody asked for: the next call on the connection can get it`,
      fix: 'Write one answer for each request, and return after it.',
    };
  if (kind === 'wrong')
    return {
      ...about,
      variant: 'kept-connection',
      title: `The ${nth} request on a kept connection, ${name}, is answered with ${made.status}; on a fresh one it is not`,
      fix: 'Begin each request of a connection from scratch: read the whole request, write the whole answer.',
    };
  return {
    ...about,
    variant: kind === 'timeout' ? 'kept-and-silent' : 'kept-and-closed',
    title:
      kind === 'timeout'
        ? `The ${nth} request on a kept connection is never answered`
        : `The ${nth} request on a kept connection is not answered: ${made.end === 'closed' ? 'the connection is closed over it' : describeExchange(made)}`,
    fix: 'Serve any number of requests on a connection; to end it, send `Connection: close` with the last answer.',
  };
}

function hostSays(kind: Fault['kind'], made: Noted): string {
  if (kind === 'twice') return 'Unsolicited response received on idle HTTP channel starting with "HTTP/1.1 …"';
  if (kind === 'timeout')
    return `Post "http://plugin${made.path}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  return kind === 'closed' ? `Post "http://plugin${made.path}": EOF` : errorShown(made);
}
