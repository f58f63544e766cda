/** Checks one plugin, from options to report. The registry of systems is handed in; nothing here knows a system. */
import type { CheckEvent } from './check-event.ts';
import { readBaseline } from './config/baseline.ts';
import { type CheckOptions, parseOptions } from './config/options.ts';
import type { Profile } from './config/profile.ts';
import { resolveProfile } from './config/resolve-profile.ts';
import { extendSuite } from './extend-suite.ts';
import { hashCommand, hashFile } from './launch/hash-file.ts';
import { languageOf } from './launch/language.ts';
import { Launcher, StartRefused } from './launch/launcher.ts';
import type { ProgramFacts } from './launch/program.ts';
import { needsSoak, plannedIds, planRun } from './plan/plan.ts';
import { scopeOf } from './plan/selection.ts';
import { programOf, specOf } from './plugin-spec.ts';
import { buildReport, demandedIds, type ReportInput, reportOutcome } from './report/build-report.ts';
import type { Report } from './report/report.ts';
import { reproduceCommand } from './report/reproduce.ts';
import { resolveSuite } from './resolve-suite.ts';
import { Engine } from './run/engine.ts';
import { explainRefusal } from './run/explain-refusal.ts';
import { blocked, type Cause, failed, skipped } from './run/outcome.ts';
import { Pool } from './run/pool.ts';
import type { Registry } from './run/registry.ts';
import { type Result, Results } from './run/results.ts';
import { RunState } from './run/run-state.ts';
import { type LaunchRecord, type PluginSpec, Starter } from './run/starter.ts';
import type { Observed, Suite } from './run/suite.ts';
import { version } from './version.ts';

/** What a check needs beside its options. */
export interface CheckContext {
  readonly registry: Registry;
  readonly emit: (event: CheckEvent) => void;
  readonly signal?: AbortSignal | undefined;
  /** Shared by the plugins of one run, so that they share the machine. */
  readonly pool?: Pool;
  readonly launcher?: Launcher;
}

interface Prepared {
  readonly plugin: PluginSpec;
  readonly program: ProgramFacts;
  readonly launcher: Launcher;
  readonly notes: string[];
}

const defaultConcurrency = 4;

/** Why the file is not started at all, if so. */
async function refusalOf(
  program: ProgramFacts,
  profile: Profile,
): Promise<{ cause: Cause; hostSays: string } | undefined> {
  if (program.refusal)
    return { cause: explainRefusal(program, program.refusal), hostSays: program.refusal.hostMessage };
  if (profile.checksum === undefined) return undefined;
  const file = program.realPath ?? program.path;
  const actual = await hashFile(file);
  if (actual === profile.checksum) return undefined;
  const elsewhere = file === program.path ? '' : `; ${program.path} leads to ${file}`;
  const title = `The registered SHA-256 is ${profile.checksum.slice(0, 12)}…, the file is ${actual.slice(0, 12)}…${elsewhere}`;
  const fix = `Register ${actual}, or restore the file that was registered.`;
  return { cause: { class: 'checksum-mismatch', title, fix }, hostSays: 'checksums did not match' };
}

interface Ran {
  readonly results: Results;
  readonly launches: readonly LaunchRecord[];
  readonly observed: Observed | undefined;
  readonly bailed: boolean;
}

/** Nothing was started: one requirement failed, and everything else waits behind it. */
function refused(suite: Suite, ids: Iterable<string>, reason: { cause: Cause; hostSays: string }): Ran {
  const results = new Results();
  const { startRequirement: by } = suite;
  const { cause, hostSays } = reason;
  const outcome = failed({ expected: 'a file the system starts', observed: cause.title, cause, hostSays });
  results.add(by, { outcome, launches: [], durationMs: 0 });
  for (const id of ids) {
    if (id !== by)
      results.add(id, {
        outcome: blocked(by, `the plugin was not started: ${cause.title}`),
        launches: [],
        durationMs: 0,
      });
  }
  return { results, launches: [], observed: undefined, bailed: false };
}

/** Runs a check. @throws UsageError for bad input; everything a plugin does ends in the report */
export async function runCheck(given: CheckOptions, context: CheckContext): Promise<Report> {
  const startedAt = new Date();
  const begun = performance.now();
  const options = parseOptions(given);
  const plugin = specOf(options);
  const profile = await resolveProfile(context.registry, options);
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline);
  const path = { ...process.env, ...plugin.env, ...profile.env }['PATH'] ?? '';
  const program = programOf(plugin, path);
  const launcher = context.launcher ?? new Launcher();
  const abort = (): void => void launcher.close();
  context.signal?.addEventListener('abort', abort, { once: true });
  // Told to stop before there was a listener: nothing may start any more.
  if (context.signal?.aborted) abort();
  try {
    const prepared: Prepared = { plugin, program, launcher, notes: [] };
    const { suite, note } = await resolveSuite({ ...prepared, registry: context.registry, options, profile });
    if (note !== undefined) prepared.notes.push(note);
    const extended = await extendSuite(suite, profile);
    const files = hashCommand(plugin.command, { program: program.path, cwd: plugin.cwd });
    const { ran, completed, plan } = await runAll({ options, profile, prepared, suite: extended.suite, context });
    const input: ReportInput = {
      suite,
      extra: extended.extra,
      areas: extended.suite.areas,
      plan,
      plugin,
      files: await files,
      language: languageOf(program),
      profile: completed,
      ...ran,
      tool: { version },
      environment: { os: process.platform, arch: process.arch, node: process.versions.node },
      startedAt,
      durationMs: performance.now() - begun,
      seed: options.shuffle ?? 1,
      strict: options.strict ?? false,
      interrupted: context.signal?.aborted ?? false,
      notes: prepared.notes,
      ...(baseline && { baseline: { baseline, today: startedAt.toISOString().slice(0, 10) } }),
      command: (id) => reproduceCommand(options, suite.system, completed, askingFor(suite, options, id)),
    };
    return buildReport(input);
  } finally {
    context.signal?.removeEventListener('abort', abort);
    if (!context.launcher) await launcher.close();
  }
}

/** What to ask for to see a requirement fail again: what only a soak would probe was seen by the run as it was. */
const askingFor = (suite: Suite, { soak }: CheckOptions, id: string): string | undefined =>
  needsSoak(suite, id) && !soak ? undefined : id;

interface RunAll {
  readonly options: CheckOptions;
  readonly profile: Profile;
  readonly prepared: Prepared;
  readonly suite: Suite;
  readonly context: CheckContext;
}

async function runAll({ options, profile, prepared, suite, context }: RunAll) {
  const { plugin, program, launcher, notes } = prepared;
  const plan = planRun(suite, {
    scope: scopeOf(options),
    soak: options.soak ?? false,
    isolate: options.isolate ?? false,
    ...(options.shuffle !== undefined && { shuffleSeed: options.shuffle }),
  });
  const launches = [plan.gate, ...plan.others];
  const ids = plannedIds(plan);
  const reason = await refusalOf(program, profile);
  context.emit({
    type: 'planned',
    system: suite.system,
    probes: ids.length,
    launches: launches.map(({ launch }) => launch.name),
  });
  if (reason) return { ran: refused(suite, ids, reason), completed: profile, plan };
  const starter = new Starter({ suite, plugin, program, profile, launcher, emit: context.emit });
  const pool = context.pool ?? new Pool(options.concurrency ?? defaultConcurrency);
  const results = new Results();
  let observed: Observed | undefined;
  let bailed = false;
  try {
    const completion = await suite.complete?.(starter);
    if (completion) {
      starter.setProfile(completion.profile);
      notes.push(...completion.notes);
    }
    const row = {
      language: languageOf(program),
      command: (id: string) => reproduceCommand(options, suite.system, starter.profile, askingFor(suite, options, id)),
      demanded: demandedIds(suite, starter.profile.requires),
    };
    const onSettled = (result: Result): void => {
      const requirement = suite.requirements.get(result.id);
      if (requirement) context.emit({ type: 'outcome', outcome: reportOutcome(result, requirement, row) });
    };
    for (let run = 0; run < (options.repeat ?? 1); run += 1) {
      const state = new RunState({ suite, plan, bail: options.bail ?? false, signal: context.signal, onSettled });
      try {
        observed = await new Engine({ suite, plan, starter, state, pool }).run();
      } finally {
        state.finish();
        results.merge(state.results);
        bailed ||= state.bailed;
      }
      if (bailed) break;
    }
  } catch (error) {
    if (context.signal?.aborted) {
      // What fails because an interrupt took the ground from under it is no fault.
      const outcome = skipped('not run: the run was interrupted before');
      for (const id of ids) if (!results.has(id)) results.add(id, { outcome, launches: [], durationMs: 0 });
    } else {
      if (!(error instanceof StartRefused)) throw error;
      const cause = {
        class: 'not-executable',
        variant: 'refused',
        title: `The system refuses to start the plugin: ${error.message}`,
      };
      const ran = refused(suite, ids, { cause, hostSays: error.message });
      return { ran, completed: starter.profile, plan };
    }
  }
  return { ran: { results, launches: starter.records, observed, bailed }, completed: starter.profile, plan };
}
