/** `plugfest run`: every plugin of a config file, sharing the machine, in one report. */

import { setFlagsFromString } from 'node:v8';
import { runCheck } from '../check.ts';
import { readConfig } from '../config/config-file.ts';
import { UsageError } from '../config/usage-error.ts';
import { Launcher } from '../launch/launcher.ts';
import { json } from '../report/formats/json.ts';
import { renderRun } from '../report/formats/terminal.ts';
import type { Report, RunReport } from '../report/report.ts';
import { exitCodeOf, exitCodes, worstExitCode, worstVerdict } from '../report/verdict.ts';
import { Pool } from '../run/pool.ts';
import type { Registry } from '../run/registry.ts';
import { version } from '../version.ts';
import { onInterrupt } from './interrupt.ts';
import { humanOutput } from './output.ts';
import { createProgress } from './progress.ts';
import { parseReportFile, type ReportFile, writeReports } from './report-files.ts';

export interface RunFlags {
  readonly config?: string;
  readonly only?: readonly string[];
  readonly concurrency?: string;
  readonly report?: readonly string[];
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const defaultConcurrency = 4;

/** So many plugins are under way at once, each filling the gaps of the other; their processes share one pool. */
const pluginsAtOnce = 2;

/**
 * Keeps the young generation of the heap at the size it has: V8 makes it larger the longer a program runs, which costs
 * many plugins some 40 MiB of memory and saves no time that can be measured.
 */
const keepHeapSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1');

/** Runs tasks in order, a few at a time; gives their results in order. */
async function inParallel<T>(tasks: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const results: T[] = [];
  const queue = [...tasks.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, task] = next;
      results[index] = await task();
    }
  };
  await Promise.all(Array.from({ length: pluginsAtOnce }, work));
  return results;
}

/** Runs the command; returns the exit code. @throws UsageError */
export async function runCommand(registry: Registry, names: readonly string[], flags: RunFlags): Promise<number> {
  const config = await readConfig(process.cwd(), flags.config);
  const wanted = names.length === 0 ? config.plugins : config.plugins.filter(({ name }) => names.includes(name));
  const unknown = names.find((name) => !config.plugins.some((plugin) => plugin.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `there is no plugin "${unknown}" in ${config.path}; the plugins are ${config.plugins.map(({ name }) => name).join(', ')}`,
    );
  if (flags.concurrency !== undefined && !/^[1-9]\d*$/.test(flags.concurrency))
    throw new UsageError(`--concurrency: expected a whole number from 1, got "${flags.concurrency}"`);
  const files: readonly ReportFile[] = [
    ...Object.entries(config.reports).map(([format, path]) => parseReportFile(`${format}=${path}`)),
    ...(flags.report ?? []).map(parseReportFile),
  ];
  keepHeapSmall();
  const output = humanOutput(flags.json ?? false);
  const interrupt = onInterrupt((text) => output.write(text));
  const launcher = new Launcher();
  const pool = new Pool(Number(flags.concurrency ?? config.concurrency ?? defaultConcurrency));
  const abort = (): void => void launcher.close();
  interrupt.signal.addEventListener('abort', abort, { once: true });
  const verbose = flags.verbose ?? false;
  const quiet = flags.quiet ?? false;
  try {
    const checkOne = (options: (typeof wanted)[number]) => async (): Promise<Report> => {
      const progress = createProgress({
        output: { ...output, isLive: false },
        verbose,
        quiet,
        prefix: `${options.name}  `,
      });
      const { signal } = interrupt;
      return runCheck(options, { registry, signal, pool, launcher, emit: progress.see });
    };
    const reports = await inParallel(wanted.map(checkOne));
    const run: RunReport = {
      kind: 'run',
      schemaVersion: 1,
      tool: { name: 'plugfest', version },
      verdict: worstVerdict(reports.map(({ verdict }) => verdict)),
      reports,
    };
    if (flags.json) process.stdout.write(json.render(run));
    output.write(renderRun(run, { palette: output.palette, verbose, quiet }));
    const problems = writeReports(run, files);
    for (const problem of problems) output.write(`plugfest: ${problem}\n`);
    return problems.length > 0 ? exitCodes.usage : worstExitCode(reports.map(exitCodeOf));
  } finally {
    interrupt.dispose();
    await launcher.close();
  }
}
