/**
 * What a probe says of its requirement. Built by the helpers below only, so that every failure carries the same facts:
 * what was expected, what was observed, and the evidence.
 */
import type { Evidence } from '../launch/transcript.ts';

/** The root cause behind a failure, as far as the probe can tell; the diagnosis is made of it. */
export interface Cause {
  /** Name of a diagnosis class, such as `output-before-handshake`. */
  readonly class: string;
  /** A finer name beside the class, where one class covers several causes. */
  readonly variant?: string;
  /** One sentence that names the cause with the facts at hand. */
  readonly title: string;
  /** What to do about it here; the class has a general answer. */
  readonly fix?: string;
}

export interface Passed {
  readonly outcome: 'passed';
  /** Worth saying although nothing is wrong. */
  readonly note?: string;
}

export interface Failed {
  readonly outcome: 'failed';
  readonly expected: string;
  readonly observed: string;
  /** One sentence; made of expected and observed when left out. */
  readonly reason?: string;
  readonly evidence?: readonly Evidence[];
  readonly cause?: Cause;
  /** The exact words the reference host would show for what was observed, where this is where it stops. */
  readonly hostSays?: string;
  /** The condition under which the requirement has another level, as named in its data. */
  readonly condition?: string;
  /** True when a time limit decided: it is then confirmed once more, alone, before it counts. */
  readonly timing?: boolean;
}

export interface Skipped {
  readonly outcome: 'skipped';
  readonly reason: string;
}

export interface BlockedOutcome {
  readonly outcome: 'blocked';
  readonly reason: string;
  /** Id of the requirement whose failure stands in the way. */
  readonly blockedBy: string;
}

export interface Errored {
  readonly outcome: 'errored';
  readonly reason: string;
}

/** What a probe may return. */
export type ProbeOutcome = Passed | Failed | Skipped | BlockedOutcome;

/** What becomes of a probe: its own word, or our fault. */
export type Outcome = ProbeOutcome | Errored;

export const passed = (note?: string): Passed =>
  note === undefined ? { outcome: 'passed' } : { outcome: 'passed', note };

export const skipped = (reason: string): Skipped => ({ outcome: 'skipped', reason });

export const failed = (failure: Omit<Failed, 'outcome'>): Failed => ({ outcome: 'failed', ...failure });

export const blocked = (blockedBy: string, reason: string): BlockedOutcome => ({
  outcome: 'blocked',
  blockedBy,
  reason,
});

/** Our own fault: what was thrown, with the place where it was. */
export const errored = (error: unknown): Errored => ({
  outcome: 'errored',
  reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
});

const weight: Readonly<Record<Outcome['outcome'], number>> = {
  failed: 4,
  errored: 3,
  passed: 2,
  blocked: 1,
  skipped: 0,
};

/** Of several outcomes of one requirement the gravest counts; among equals the first. */
export function gravest(outcomes: readonly Outcome[]): Outcome | undefined {
  let found: Outcome | undefined;
  for (const outcome of outcomes) if (!found || weight[outcome.outcome] > weight[found.outcome]) found = outcome;
  return found;
}
