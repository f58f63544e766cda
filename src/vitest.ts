/**
 * Plugfest in a plugin author's own Vitest tests: one `describe` per area and one test per requirement. The tests only
 * await one engine run, started by the first of them and limited to the selected ones: probing inside the tests
 * themselves would reuse dirty processes under `--retry` and overlap probes under `--sequence.concurrent`.
 */
import { basename } from 'node:path';
import { afterAll, describe, type TestContext, test } from 'vitest';
import { registry } from '../suites/registry.ts';
import { runCheck } from './check.ts';
import type { CheckOptions } from './config/options.ts';
import { resolveProfile } from './config/resolve-profile.ts';
import { extendSuite } from './extend-suite.ts';
import { plannedIds, planRun } from './plan/plan.ts';
import { scopeOf } from './plan/selection.ts';
import { renderFailure } from './report/formats/terminal.ts';
import { counts, type Report, type ReportedOutcome } from './report/report.ts';
import { suiteNamed } from './resolve-suite.ts';
import type { Requirement } from './run/requirement.ts';

/** Options of a check as tests; `testTimeout` bounds each test in milliseconds, ten minutes when left out. */
export interface ConformanceOptions extends CheckOptions {
  readonly testTimeout?: number;
}

const defaultSystem = 'hashicorp-grpc';
const defaultTestTimeout = 10 * 60_000;

/** The message is the whole text a terminal would show; a stack into Plugfest would tell nothing. */
class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
  constructor(message: string) {
    super(message);
    this.stack = `${this.name}: ${message}`;
  }
}

type TestTask = TestContext['task'];
type SuiteTask = NonNullable<TestTask['suite']>;

/** The requirement ids of the tests below a suite that will run. */
function selectedIds(suite: SuiteTask): readonly string[] {
  return suite.tasks.flatMap((task) => {
    if (task.type === 'suite') return [...selectedIds(task)];
    return task.mode === 'skip' || task.mode === 'todo' ? [] : [task.name.split(' ', 1)[0] ?? ''];
  });
}

interface SharedRun {
  readonly report: Promise<Report>;
  readonly selected: ReadonlySet<string>;
}

async function judge(context: TestContext, outcome: ReportedOutcome, { selected, report }: SharedRun): Promise<void> {
  switch (outcome.outcome) {
    case 'passed':
      return;
    case 'skipped':
      return context.skip(outcome.reason);
    case 'errored':
      throw new ConformanceError(`Plugfest itself failed: ${outcome.reason ?? ''}`);
    case 'blocked': {
      const reason = `blocked by ${outcome.blockedBy ?? '?'}: ${outcome.reason ?? ''}`;
      // One root cause, one failed test; but where the root has no test of its own, silence would look like success.
      if (selected.has(outcome.blockedBy ?? '')) return context.skip(reason);
      throw new ConformanceError(reason);
    }
    case 'failed': {
      const { strict } = await report;
      const text = `${outcome.reason ?? ''}\n${renderFailure(outcome)}`;
      if (counts(outcome, strict)) throw new ConformanceError(text);
      await context.annotate(text, outcome.known ? 'known failure' : 'warning');
    }
  }
}

async function defineTests(options: ConformanceOptions): Promise<void> {
  const { testTimeout = defaultTestTimeout, ...check } = options;
  const profile = await resolveProfile(registry, check);
  const system = check.system ?? profile.system ?? defaultSystem;
  const { suite } = await extendSuite(await suiteNamed(registry, system), profile);
  const plan = planRun(suite, { scope: scopeOf(check), soak: check.soak ?? false, isolate: check.isolate ?? false });
  const ids = new Set([...plannedIds(plan), ...[...plan.skipped.keys()].filter((id) => plan.selected.has(id))]);
  const controller = new AbortController();
  let run: SharedRun | undefined;
  const start = (task: TestTask): SharedRun => {
    const area = task.suite;
    const whole = area?.suite ?? area;
    const selected = new Set(whole ? selectedIds(whole) : [task.name.split(' ', 1)[0] ?? '']);
    const only = selected.size === ids.size ? {} : { only: [...selected] };
    const context = { registry, signal: controller.signal, emit: () => undefined };
    return { selected, report: runCheck({ ...check, system, ...only }, context) };
  };
  const define = ({ id, title }: Requirement): void => {
    test(`${id} ${title}`, { timeout: testTimeout }, async (context) => {
      run ??= start(context.task);
      const { outcomes } = await run.report;
      const outcome = outcomes.find((one) => one.id === id);
      if (!outcome && plan.skipped.has(id)) return context.skip(plan.skipped.get(id));
      if (!outcome) throw new ConformanceError(`${id} has no outcome`);
      await judge(context, outcome, run);
    });
  };
  for (const [area, title] of Object.entries(suite.areas)) {
    const requirements = [...suite.requirements.values()].filter((one) => one.area === area && ids.has(one.id));
    if (requirements.length > 0) describe(`${area} ${title}`, () => requirements.forEach(define));
  }
  afterAll(async () => {
    controller.abort();
    await run?.report.catch(() => undefined);
  });
}

/**
 * Declares the conformance tests of a plugin, in a test file of its author.
 *
 * A failed MUST (with `strict` also a SHOULD) fails its test with the text the terminal would show; other failures are
 * annotations; what does not apply is skipped with its reason. The plugin runs when the first test does, once for all.
 * @param options what the command line knows as options; without `system` and profile, `hashicorp-grpc` is taken
 */
export function conformance(options: ConformanceOptions): void {
  const name = options.name ?? basename(options.command[0] ?? 'plugin');
  describe(`${name} conformance`, () => defineTests(options));
}
