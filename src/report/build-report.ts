/** Makes the report of a run: requirement data, outcomes and launches in, one plain object out. Pure. */
import { createHash } from 'node:crypto';
import { applyBaseline, type Baseline, type BaselineResult } from '../config/baseline.ts';
import { diagnose } from '../diagnose/diagnose.ts';
import type { Language } from '../launch/language.ts';
import type { Plan } from '../plan/plan.ts';
import type { Level } from '../run/level.ts';
import type { Failed, Outcome } from '../run/outcome.ts';
import type { Requirement, Requirements } from '../run/requirement.ts';
import type { Result, Results } from '../run/results.ts';
import type { LaunchRecord, PluginSpec } from '../run/starter.ts';
import type { Observed, Suite } from '../run/suite.ts';
import type {
  Counts,
  Coverage,
  Report,
  ReportedEvidence,
  ReportedLaunch,
  ReportedOutcome,
  Reproduce,
} from './report.ts';
import { counts } from './report.ts';
import { verdictOf } from './verdict.ts';

export interface ReportInput {
  readonly suite: Suite;
  readonly plan: Plan;
  readonly plugin: PluginSpec;
  readonly files: Report['plugin']['files'];
  readonly language: Language | undefined;
  readonly profile: { readonly name: string; readonly digest: string; readonly requires: readonly string[] };
  readonly results: Results;
  readonly launches: readonly LaunchRecord[];
  readonly observed: Observed | undefined;
  readonly tool: { readonly version: string };
  readonly environment: Report['environment'];
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly seed: number;
  readonly strict: boolean;
  readonly interrupted: boolean;
  readonly bailed: boolean;
  readonly notes: readonly string[];
  /** Words that reproduce this run, from `check` up to the program. */
  readonly command: (only: string) => Reproduce;
  /** What the areas are about, those of the profile among them. */
  readonly areas: Suite['areas'];
  /** Requirements that only this run has, such as the calls of its profile. */
  readonly extra: Requirements;
  readonly baseline?: { readonly baseline: Baseline; readonly today: string };
}

/** Digest of the requirement data: two reports with the same one judged by the same rules. */
export function digestOf(requirements: Requirements): string {
  return createHash('sha256')
    .update(JSON.stringify([...requirements.values()]))
    .digest('hex')
    .slice(0, 16);
}

/** How far the rules of a system are probed. */
export function coverageOf(suite: Suite): Coverage {
  const probed = probedIds(suite);
  const all = [...suite.requirements.values()];
  const untestable = all.filter((requirement) => requirement.untestable !== undefined).length;
  const count = all.filter(({ id }) => probed.has(id)).length;
  return { requirements: all.length, probed: count, untestable, planned: all.length - count - untestable };
}

/** Every id that some probe decides, or the pairing of two copies. */
export const probedIds = (suite: Suite): ReadonlySet<string> =>
  new Set([
    ...suite.probes.flatMap((probe) => [probe.id, ...(probe.needs.settles ?? [])]),
    ...(suite.pairing?.requirement === undefined ? [] : [suite.pairing.requirement]),
  ]);

/** The level that holds: a condition the probe named, or a profile that demands the capability, may raise it. */
function levelOf(requirement: Requirement, outcome: Outcome, demanded: ReadonlySet<string>): Level {
  if (demanded.has(requirement.id)) return 'MUST';
  const condition = outcome.outcome === 'failed' ? outcome.condition : undefined;
  return requirement.when?.find((when) => when.condition === condition)?.level ?? requirement.level;
}

const round = (entries: readonly ReportedEvidence[]): readonly ReportedEvidence[] =>
  entries.map((entry) => ({ ...entry, atMs: Math.round(entry.atMs) }));

/** Names such as `proto.KV` keep their letters. */
const capital = (text: string): string =>
  /^[a-z]+(?:[\s,:;']|$)/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;

/** What a row needs beside its result. */
export interface RowContext {
  readonly language: Language | undefined;
  readonly command: (only: string) => Reproduce;
  /** Requirements that the profile demands, whatever their level. */
  readonly demanded: ReadonlySet<string>;
}

/** The requirements behind the capabilities that a profile requires. */
export const demandedIds = (suite: Suite, requires: readonly string[]): ReadonlySet<string> =>
  new Set(requires.flatMap((capability) => suite.capabilities[capability] ?? []));

/** A capability the profile demands is no matter of choice: not offering it is a failure. */
function withDemand(result: Result, isDemanded: boolean): Outcome {
  const { outcome } = result;
  if (!isDemanded || outcome.outcome !== 'skipped') return outcome;
  return { outcome: 'failed', expected: 'the capability, which the profile requires', observed: outcome.reason };
}

const fixOf = (requirement: Requirement, outcome: Failed, language: Language | undefined): string =>
  outcome.cause?.fix ?? (language && requirement.fix[language]) ?? requirement.fix.any;

/** One requirement's result as the report shows it. */
export function reportOutcome(result: Result, requirement: Requirement, context: RowContext): ReportedOutcome {
  const { language, command, demanded } = context;
  const outcome = withDemand(result, demanded.has(result.id));
  const base = {
    id: result.id,
    level: levelOf(requirement, outcome, demanded),
    area: requirement.area,
    title: requirement.title,
    text: requirement.text,
    why: requirement.why,
    launches: result.launches,
    outcome: outcome.outcome,
    durationMs: result.durationMs,
  };
  switch (outcome.outcome) {
    case 'passed':
      return { ...base, ...(outcome.note !== undefined && { reason: outcome.note }) };
    case 'skipped':
    case 'errored':
      return { ...base, reason: outcome.reason };
    case 'blocked':
      return { ...base, reason: outcome.reason, blockedBy: outcome.blockedBy };
    case 'failed': {
      const fix = fixOf(requirement, outcome, language);
      return {
        ...base,
        reason: outcome.reason ?? capital(outcome.cause?.title ?? outcome.observed),
        ...(result.stateDependent && { stateDependent: true }),
        expected: outcome.expected,
        observed: outcome.observed,
        evidence: round(outcome.evidence ?? []),
        host: requirement.host,
        ...(outcome.hostSays !== undefined && { hostSays: outcome.hostSays }),
        fix,
        source: requirement.source,
        reproduce: command(result.id),
      };
    }
  }
}

/** The names of the areas that outcomes belong to. */
function areasOf(areas: Suite['areas'], outcomes: readonly ReportedOutcome[]): NonNullable<Report['areas']> {
  const seen = new Set(outcomes.map(({ area }) => area));
  return Object.entries(areas).flatMap(([name, title]) => (seen.has(name) ? [{ name, title }] : []));
}

/** Counts outcomes as the verdict sees them. */
export function countOutcomes(outcomes: readonly ReportedOutcome[]): Counts {
  const number = (holds: (outcome: ReportedOutcome) => boolean): number => outcomes.filter(holds).length;
  const failed = number((outcome) => counts(outcome, false));
  const known = number((outcome) => outcome.outcome === 'failed' && outcome.known !== undefined);
  return {
    passed: number(({ outcome }) => outcome === 'passed'),
    failed,
    warned: number(({ outcome }) => outcome === 'failed') - failed - known,
    skipped: number(({ outcome }) => outcome === 'skipped'),
    blocked: number(({ outcome }) => outcome === 'blocked'),
    errored: number(({ outcome }) => outcome === 'errored'),
    ...(known > 0 && { known }),
  };
}

/** The capabilities that were seen to be there. */
const capabilitiesOf = (suite: Suite, results: Results): readonly string[] =>
  Object.entries(suite.capabilities).flatMap(([name, id]) =>
    id !== undefined && results.get(id)?.outcome.outcome === 'passed' ? [name] : [],
  );

const reportLaunch = (record: LaunchRecord): ReportedLaunch => ({
  name: record.name,
  pid: record.pid,
  ...(record.startMs !== undefined && { startMs: record.startMs }),
  ...(record.exit && {
    exit: {
      ...(record.exit.code !== undefined && { code: record.exit.code }),
      ...(record.exit.signal !== undefined && { signal: record.exit.signal }),
      ...(record.exit.killedBy !== undefined && { killedBy: record.exit.killedBy }),
    },
  }),
  leaked: record.leaked,
});

/** Whether everything was run that a full run runs. */
const isComplete = ({ plan, interrupted, bailed }: Pick<ReportInput, 'plan' | 'interrupted' | 'bailed'>): boolean =>
  plan.complete && !interrupted && !bailed;

function judgeBaseline(
  { baseline, plugin, ...run }: ReportInput,
  outcomes: readonly ReportedOutcome[],
): BaselineResult {
  if (!baseline) return { outcomes, problems: [], notes: [] };
  const requirements = [...run.suite.requirements.keys(), ...run.extra.keys()];
  return applyBaseline(
    { outcomes, plugin: plugin.name, narrowed: !isComplete(run), requirements },
    baseline.baseline,
    baseline.today,
  );
}

/** Builds the report. */
export function buildReport(input: ReportInput): Report {
  const { suite, plan, results, observed } = input;
  const demanded = demandedIds(suite, input.profile.requires);
  const context = { language: input.language, command: input.command, demanded };
  const requirements: Requirements = new Map([...suite.requirements, ...input.extra]);
  const found = [...requirements.values()].flatMap((requirement) => {
    const result = results.get(requirement.id);
    return result ? [{ requirement, result }] : [];
  });
  const rows = found.map(({ requirement, result }) => reportOutcome(result, requirement, context));
  const judged = judgeBaseline(input, rows);
  const { outcomes, problems } = judged;
  const notes = [...input.notes, ...judged.notes];
  const launches = input.launches.map(reportLaunch);
  const failures = found.flatMap(({ requirement, result }) => {
    const outcome = withDemand(result, demanded.has(result.id));
    return outcome.outcome === 'failed'
      ? [
          {
            id: result.id,
            level: levelOf(requirement, outcome, demanded),
            outcome,
            fix: fixOf(requirement, outcome, input.language),
          },
        ]
      : [];
  });
  const { strict, interrupted } = input;
  return {
    kind: 'report',
    schemaVersion: 1,
    tool: { name: 'plugfest', version: input.tool.version, requirements: digestOf(suite.requirements) },
    environment: input.environment,
    system: suite.system,
    plugin: { name: input.plugin.name, command: input.plugin.command, files: input.files },
    profile: { name: input.profile.name, digest: input.profile.digest },
    areas: areasOf(input.areas, outcomes),
    startedAt: input.startedAt.toISOString(),
    durationMs: Math.round(input.durationMs),
    seed: input.seed,
    complete: isComplete(input),
    scope: plan.scope,
    strict,
    interrupted,
    verdict: verdictOf({ outcomes, strict, interrupted, baselineProblems: problems.length }),
    counts: countOutcomes(outcomes),
    coverage: coverageOf(suite),
    observed: { ...(observed ?? { services: [] }), capabilities: capabilitiesOf(suite, results) },
    diagnoses: diagnose({
      failures,
      launches,
      startTimeRequirement: suite.startTimeRequirement,
      order: Object.keys(suite.classes),
      own: suite.diagnoses,
    }),
    outcomes,
    launches,
    ...(notes.length > 0 && { notes }),
    ...(input.baseline && { baseline: { file: input.baseline.baseline.path, problems } }),
  };
}
