/** Runs one probe and turns whatever comes of it into outcomes: its word, a fact about the plugin, or our own fault. */
import type { Evidence } from '../launch/transcript.ts';
import { crashCause, lastWords } from './crash.ts';
import { blocked, type Cause, errored, failed, type Outcome, skipped } from './outcome.ts';
import {
  Blocked,
  CannotTell,
  ConnectionClosed,
  DeadlinePassed,
  NotOffered,
  PluginExited,
  PluginFact,
} from './plugin-fact.ts';
import { isOutcome, type Probe, type Session } from './suite.ts';

/** What running a probe gave, by requirement id. */
export interface Executed {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly durationMs: number;
  /** True when the outcome rests on a fact about the process or connection, not on the probe's own judgement. */
  readonly cutShort: boolean;
}

const evidenceOf = (session: Session): readonly Evidence[] => lastWords(session.transcript);

function judgeFact(fact: PluginFact, probe: Probe, session: Session): Outcome {
  if (fact instanceof Blocked) {
    return fact.by === probe.id && session.broken ? session.broken.outcome : blocked(fact.by, fact.message);
  }
  if (fact instanceof NotOffered) return skipped(fact.message);
  if (fact instanceof CannotTell) return { outcome: 'errored', reason: fact.message };
  if (fact instanceof PluginExited) {
    return failed({
      expected: 'the plugin keeps running',
      observed: fact.message,
      evidence: evidenceOf(session),
      cause: crashCause(session, fact.exit, probe.id),
    });
  }
  if (fact instanceof DeadlinePassed) {
    return failed({
      expected: `${fact.waitedFor} within ${fact.limitMs} ms`,
      observed: 'nothing in that time',
      evidence: evidenceOf(session),
      timing: true,
      cause: { class: 'no-answer', title: `The plugin leaves the host waiting for ${fact.waitedFor}` },
    });
  }
  const isClosed = fact instanceof ConnectionClosed;
  return failed({
    expected: isClosed ? 'the connection stays open' : 'the plugin answers',
    observed: fact.message,
    evidence: evidenceOf(session),
    ...(isClosed && { cause: { class: 'connection-lost', title: `The plugin breaks off: ${fact.message}` } }),
  });
}

/** Whether a cause only says what was seen, so that a better one takes its place. */
export const isFallback = (cause: Cause): boolean => cause.class === 'no-answer' || cause.class === 'connection-lost';

/** Runs a probe on its sessions. Never throws. */
export async function execute<S extends Session>(probe: Probe<S>, sessions: readonly [S, ...S[]]): Promise<Executed> {
  const ids = [probe.id, ...(probe.needs.settles ?? [])];
  const startedAt = performance.now();
  const done = (outcomes: ReadonlyMap<string, Outcome>, cutShort: boolean): Executed => ({
    outcomes,
    durationMs: performance.now() - startedAt,
    cutShort,
  });
  try {
    const result = await probe.run(...sessions);
    const outcomes = isOutcome(result) ? { [probe.id]: result } : result;
    return done(new Map(Object.entries(outcomes)), false);
  } catch (error) {
    if (error instanceof PluginFact) {
      const outcome = judgeFact(error, probe, sessions[0]);
      return done(new Map(ids.map((id) => [id, id === probe.id ? outcome : consequence(outcome, probe.id)])), true);
    }
    return done(new Map(ids.map((id) => [id, errored(error)])), false);
  }
}

/** What a probe would also have settled, had it not been cut short. */
const consequence = (outcome: Outcome, by: string): Outcome =>
  outcome.outcome === 'failed' ? blocked(by, `${by} failed before this could be seen`) : outcome;
