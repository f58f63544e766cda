/**
 * Known failures: a file of requirement ids with the reason each is excused, so that a plugin with old sins can gate
 * on new ones. The list must shrink: an entry that excuses nothing any more, or is past its day, fails the run. What
 * was blocked or errored proves nothing about an entry, so that only earns a note. This file owns the grammar.
 */
import * as v from 'valibot';
import type { KnownFailure, ReportedOutcome } from '../report/report.ts';
import { about } from './about.ts';
import { type DataFile, parseDataFile, readDataFile } from './data-file.ts';
import { globPattern, isGlob } from './glob.ts';
import { nearest } from './nearest.ts';

const text = (what: string) => v.pipe(v.string(`expected ${what}`), v.trim(), v.minLength(1, `expected ${what}`));

const isDay = (day: string): boolean => {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
};

const day = v.pipe(
  v.string('expected a day such as 2026-12-31'),
  v.regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a day such as 2026-12-31'),
  v.check(isDay, 'expected a day that exists'),
);

const entry = v.strictObject({
  id: about(text('a requirement id or a glob'), 'a requirement id such as GRPC-HS-014, or a glob such as GRPC-TLS-*'),
  reason: about(text('the reason why this failure is known'), 'why this failure is known and excused'),
  until: v.exactOptional(about(day, 'the last day on which it is excused, YYYY-MM-DD')),
  link: v.exactOptional(about(text('a link'), 'where the matter is followed up')),
  plugin: v.exactOptional(about(text('the name of a plugin'), 'only for the plugin of this name')),
});
/** One line of the list. */
export type BaselineEntry = v.InferOutput<typeof entry>;

const entries = v.array(entry, 'expected a list of known failures');

/** Parts that the published schema names, so that it can be read. */
export const baselineParts = { entry };

/** The schema of baseline files, published as schemas/baseline.v1.json. */
export const baselineSchema = v.union(
  [
    v.strictObject({
      $schema: v.exactOptional(v.string()),
      // `known:` with nothing behind it is what is left when the last entry is deleted by hand.
      known: about(v.nullable(entries), 'the known failures'),
    }),
    entries,
  ],
  'expected `known:` with a list of known failures',
);

/** A baseline file, parsed. */
export interface Baseline {
  readonly path: string;
  readonly entries: readonly BaselineEntry[];
}

/** Parses a baseline that was read already; an empty file knows no failures. @throws UsageError */
export function parseBaseline(file: DataFile): Baseline {
  if (file.value === null || file.value === undefined) return { path: file.path, entries: [] };
  const data = parseDataFile(file, baselineSchema, 'baseline');
  return { path: file.path, entries: Array.isArray(data) ? data : (data.known ?? []) };
}

/** Reads a baseline file, YAML or JSON. @throws UsageError */
export const readBaseline = async (path: string): Promise<Baseline> =>
  parseBaseline(await readDataFile(path, 'baseline'));

/** What an entry is held against. */
export interface BaselineRun {
  readonly outcomes: readonly ReportedOutcome[];
  /** The plugin's name, for entries that name one. */
  readonly plugin: string;
  /** Whether `--only` or the like left requirements out: then an entry that matches nothing may still be right. */
  readonly narrowed: boolean;
  /** Every requirement there is, run or not; what matches none of them is wrong in any run. */
  readonly requirements?: readonly string[];
}

/** What an entry is worth in a run; a sentence where there is something to say. */
export type Worth =
  | { readonly kind: 'used' | 'out-of-scope' }
  | { readonly kind: 'stale' | 'undecided'; readonly sentence: string };

/** Whether an entry applies to a plugin at all. */
export const concerns = ({ plugin }: BaselineEntry, name: string): boolean => plugin === undefined || plugin === name;

/** Whether an entry names a requirement. */
export const covers = ({ id }: BaselineEntry, { id: requirement }: ReportedOutcome): boolean =>
  globPattern(id).test(requirement);

/** A skip whose reason names an option is due to how the run was started, not to the plugin. */
const isOpen = ({ outcome, reason = '' }: ReportedOutcome): boolean =>
  outcome === 'blocked' || outcome === 'errored' || (outcome === 'skipped' && /(?:^|\s)--[a-z]/.test(reason));

function openSentence({ outcome, blockedBy, reason }: ReportedOutcome): string {
  switch (outcome) {
    case 'blocked':
      return `was blocked by ${blockedBy ?? 'another requirement'}, which is no failure: it cannot be judged before that is mended`;
    case 'errored':
      return 'errored, which is no failure of the plugin: it cannot be judged in this run';
    default:
      return `was skipped, which is no failure: it cannot be judged in this run (${reason})`;
  }
}

const settledWords: Readonly<Record<string, string>> = {
  passed: 'passed',
  skipped: 'was skipped, which is no failure',
};

function settledSentence(matched: readonly ReportedOutcome[]): string {
  const [first] = matched;
  const isSame = matched.every(({ outcome }) => outcome === first?.outcome);
  const words = isSame && matched.length === 1 ? settledWords[first?.outcome ?? ''] : undefined;
  return words ?? `none of the ${matched.length} requirements it matches failed`;
}

/** Judges one entry by one run. The entry must concern the plugin. */
export function worthOf(entry: BaselineEntry, { outcomes, narrowed, requirements }: BaselineRun): Worth {
  const listed = `${entry.id} is listed as a known failure and`;
  const matched = outcomes.filter((outcome) => covers(entry, outcome));
  if (matched.some(({ outcome }) => outcome === 'failed')) return { kind: 'used' };
  const exists = requirements === undefined || requirements.some((id) => globPattern(entry.id).test(id));
  if (narrowed && exists && (matched.length === 0 || isGlob(entry.id))) return { kind: 'out-of-scope' };
  const open = matched.find(isOpen);
  if (open) return { kind: 'undecided', sentence: `${listed} ${openSentence(open)}` };
  if (matched.length > 0) return { kind: 'stale', sentence: `${listed} ${settledSentence(matched)}: remove it` };
  const meant = nearest(entry.id, requirements ?? outcomes.map(({ id }) => id));
  const hint = meant === undefined ? 'remove it' : `remove it, or did you mean ${meant}?`;
  return { kind: 'stale', sentence: `${listed} matches no requirement${exists ? ' that was probed' : ''}: ${hint}` };
}

/** What a baseline makes of a run. */
export interface BaselineResult {
  /** The outcomes, with `known` set on failures that an entry excuses. */
  readonly outcomes: readonly ReportedOutcome[];
  /** What is wrong with the baseline; any of these fails the run. */
  readonly problems: readonly string[];
  /** What could not be judged; fails nothing. */
  readonly notes: readonly string[];
}

const isOver = ({ until }: BaselineEntry, today: string): boolean => until !== undefined && until < today;

const knownOf = ({ reason, until, link }: BaselineEntry): KnownFailure => ({
  reason,
  ...(until !== undefined && { until }),
  ...(link !== undefined && { link }),
});

/**
 * Marks known failures and judges the baseline itself.
 * @param today the day of the run, `YYYY-MM-DD`: an entry holds up to and including its own day
 */
export function applyBaseline(run: BaselineRun, baseline: Baseline, today: string): BaselineResult {
  const own = baseline.entries.filter((entry) => concerns(entry, run.plugin));
  const problems: string[] = [];
  const notes: string[] = [];
  for (const entry of own) {
    const worth = worthOf(entry, run);
    if (worth.kind === 'stale') problems.push(worth.sentence);
    if (worth.kind === 'undecided') notes.push(worth.sentence);
    if (worth.kind === 'used' && isOver(entry, today)) {
      problems.push(`${entry.id} was a known failure until ${entry.until}, and that day is over: it counts again`);
    }
  }
  const valid = own.filter((entry) => !isOver(entry, today));
  const outcomes = run.outcomes.map((outcome) => {
    const excuse = outcome.outcome === 'failed' ? valid.find((entry) => covers(entry, outcome)) : undefined;
    return excuse ? { ...outcome, known: knownOf(excuse) } : outcome;
  });
  return { outcomes, problems, notes };
}
