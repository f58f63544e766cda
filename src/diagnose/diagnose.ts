/** From failures to root causes. Pure: what probes named is merged, completed and put in order, root first. */
import type { Diagnosis, ReportedLaunch } from '../report/report.ts';
import type { Level } from '../run/level.ts';
import type { Cause, Failed } from '../run/outcome.ts';
import { type DiagnosisClass, diagnosisClasses } from './classes.ts';

/** A failed requirement with what its probe said. */
export interface Failure {
  readonly id: string;
  readonly level: Level;
  readonly outcome: Failed;
  /** What the requirement itself advises, for failures without a cause. */
  readonly fix: string;
}

/** A MUST that failed without a known cause is a root cause all the same, in the words of its own outcome. */
function causeOf({ level, outcome, fix }: Failure): Cause | undefined {
  if (outcome.cause || level !== 'MUST') return outcome.cause;
  return { class: 'rule-broken', title: `Expected ${outcome.expected}, observed: ${outcome.observed}`, fix };
}

const severities: Readonly<Record<Diagnosis['severity'], number>> = { error: 0, warning: 1, note: 2 };

/** Merges failures that share a cause. */
function merge(failures: readonly Failure[], own: Readonly<Record<string, DiagnosisClass>>): Diagnosis[] {
  const merged = new Map<string, Diagnosis>();
  for (const failure of failures) {
    const { id, level } = failure;
    const cause = causeOf(failure);
    if (!cause) continue;
    const severity = level === 'MUST' ? 'error' : 'warning';
    const key = `${cause.class}/${cause.variant ?? ''}/${cause.title}`;
    const known = merged.get(key);
    if (known) {
      const worse = severities[severity] < severities[known.severity] ? severity : known.severity;
      merged.set(key, { ...known, severity: worse, requirements: [...known.requirements, id] });
      continue;
    }
    const fix = cause.fix ?? (own[cause.class] ?? diagnosisClasses[cause.class])?.fix;
    merged.set(key, {
      class: cause.class,
      ...(cause.variant !== undefined && { variant: cause.variant }),
      title: cause.title,
      ...(fix !== undefined && { fix }),
      requirements: [id],
      severity,
    });
  }
  return [...merged.values()];
}

const limits = [
  ['Mattermost', 3000],
  ['Kong and Nomad set-ups', 10_000],
] as const;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** A start that is within the limit but slow is worth a word: a loaded machine makes it fail. */
function slowStart(launches: readonly ReportedLaunch[], requirement: string): Diagnosis | undefined {
  const times = launches.flatMap(({ startMs }) => (startMs === undefined ? [] : [startMs])).sort((a, b) => a - b);
  const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
  const [tight] = limits;
  if (times.length === 0 || p95 < tight[1] * 0.6) return undefined;
  const beaten = limits.filter(([, limit]) => p95 >= limit * 0.6).at(-1) ?? tight;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return {
    class: 'slow-start',
    title: `Starting takes ${seconds(p50)} (p50) to ${seconds(p95)} (p95); ${beaten[0]} allows ${beaten[1] / 1000} s`,
    fix: diagnosisClasses['slow-start']?.fix ?? '',
    requirements: [requirement],
    severity: 'note',
  };
}

export interface DiagnoseInput {
  readonly failures: readonly Failure[];
  readonly launches: readonly ReportedLaunch[];
  /** The requirement about the time to get ready, where the system has one. */
  readonly startTimeRequirement?: string | undefined;
  /** The names of classes in the order in which they are told. */
  readonly order: readonly string[];
  /** Classes that only this system has. */
  readonly own?: Readonly<Record<string, DiagnosisClass>> | undefined;
}

/** The root causes of a run, gravest and earliest first. */
export function diagnose(input: DiagnoseInput): readonly Diagnosis[] {
  const { failures, launches, startTimeRequirement, order, own = {} } = input;
  const rank = ({ class: name }: Diagnosis): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const diagnoses = merge(failures, own);
  const slow = startTimeRequirement === undefined ? undefined : slowStart(launches, startTimeRequirement);
  if (slow && !diagnoses.some(({ requirements }) => requirements.includes(startTimeRequirement ?? '')))
    diagnoses.push(slow);
  return diagnoses.sort((a, b) => severities[a.severity] - severities[b.severity] || rank(a) - rank(b));
}
