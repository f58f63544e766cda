/** Verdicts and exit codes: which of several holds (DESIGN, "Verdict and exit codes"). */
import { counts, type Report, type ReportedOutcome, type Verdict } from './report.ts';

export interface VerdictFacts {
  readonly outcomes: readonly ReportedOutcome[];
  readonly strict: boolean;
  readonly interrupted: boolean;
  /** A baseline with an entry that is stale, unmatched or past its date fails the run. */
  readonly baselineProblems: number;
}

export function verdictOf({ outcomes, strict, interrupted, baselineProblems }: VerdictFacts): Verdict {
  if (baselineProblems > 0 || outcomes.some((outcome) => counts(outcome, strict))) return 'nonconformant';
  const isOpen = outcomes.some(({ outcome }) => outcome === 'blocked' || outcome === 'errored');
  return isOpen || interrupted ? 'incomplete' : 'conformant';
}

export const exitCodes = {
  conformant: 0,
  nonconformant: 1,
  usage: 2,
  incomplete: 3,
  errored: 4,
  interrupted: 130,
} as const;

/** The exit code of one report. */
export function exitCodeOf(report: Pick<Report, 'verdict' | 'counts' | 'interrupted'>): number {
  if (report.interrupted) return exitCodes.interrupted;
  if (report.verdict === 'nonconformant') return exitCodes.nonconformant;
  if (report.counts.errored > 0) return exitCodes.errored;
  return report.verdict === 'incomplete' ? exitCodes.incomplete : exitCodes.conformant;
}

/** Of several codes the first of 130, 1, 4, 3, 0. */
export function worstExitCode(codes: readonly number[]): number {
  return [130, 1, 4, 3].find((code) => codes.includes(code)) ?? 0;
}

const graver: readonly Verdict[] = ['nonconformant', 'incomplete'];

/** The verdict of several reports together. */
export const worstVerdict = (verdicts: readonly Verdict[]): Verdict =>
  graver.find((verdict) => verdicts.includes(verdict)) ?? 'conformant';
