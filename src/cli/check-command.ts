/** `plugfest check`: one plugin, from the words of the command line to the exit code. */

import { runCheck } from '../check.ts';
import type { CheckOptions } from '../config/options.ts';
import { UsageError } from '../config/usage-error.ts';
import { json } from '../report/formats/json.ts';
import { renderReport } from '../report/formats/terminal.ts';
import { exitCodeOf, exitCodes } from '../report/verdict.ts';
import type { Registry } from '../run/registry.ts';
import { onInterrupt } from './interrupt.ts';
import { humanOutput } from './output.ts';
import { createProgress } from './progress.ts';
import { parseReportFile, type ReportFile, writeReports } from './report-files.ts';

/** What the parser of the command line hands over. */
export interface CheckFlags {
  readonly name?: string;
  readonly system?: string;
  readonly profile?: string;
  readonly cookie?: string;
  readonly protocolVersion?: readonly string[];
  readonly tls?: string;
  readonly checksum?: string;
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly level?: string;
  readonly smoke?: boolean;
  readonly soak?: boolean;
  readonly isolate?: boolean;
  readonly repeat?: string;
  readonly shuffle?: string;
  readonly bail?: boolean;
  readonly strict?: boolean;
  readonly baseline?: string;
  readonly concurrency?: string;
  readonly timeout?: string;
  readonly report?: readonly string[];
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const pair = (word: string, flag: string): readonly [string, string] => {
  const at = word.indexOf('=');
  if (at < 1)
    throw new UsageError(`${flag}: expected KEY=VALUE, got "${word}"`, {
      hint: `for example \`${flag} ${word || 'KEY'}=value\``,
    });
  return [word.slice(0, at), word.slice(at + 1)];
};

const number = (word: string, flag: string): number => {
  if (!/^\d+$/.test(word.trim())) throw new UsageError(`${flag}: expected a whole number, got "${word}"`);
  return Number(word);
};

const split = (words: readonly string[] | undefined): string[] | undefined =>
  words
    ?.flatMap((word) => word.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');

function level(word: string): NonNullable<CheckOptions['level']> {
  const upper = word.toUpperCase();
  if (upper === 'MUST' || upper === 'SHOULD' || upper === 'MAY') return upper;
  throw new UsageError(`--level: expected MUST, SHOULD or MAY, got "${word}"`);
}

function tls(word: string): 'none' | 'auto' {
  if (word === 'none' || word === 'auto') return word;
  throw new UsageError(`--tls: expected none or auto, got "${word}"`);
}

/** The options that only one system has, by their keys; the parser has named them so. */
function ownOptions(flags: CheckFlags, registry: Registry): Record<string, string> {
  const given: Readonly<Record<string, unknown>> = { ...flags };
  const keys = registry.flatMap(({ options = [] }) => options.map(({ key }) => key));
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = given[key];
      return typeof value === 'string' ? [[key, value]] : [];
    }),
  );
}

/** Turns the words of the command line into options. @throws UsageError */
export function optionsOf(command: readonly string[], flags: CheckFlags, registry: Registry): CheckOptions {
  const given = <K extends keyof CheckOptions>(key: K, value: CheckOptions[K] | undefined) =>
    value === undefined ? {} : ({ [key]: value } as Pick<CheckOptions, K>);
  const cookie = flags.cookie === undefined ? undefined : pair(flags.cookie, '--cookie');
  const own = ownOptions(flags, registry);
  return {
    command: [...command],
    ...(Object.keys(own).length > 0 && { options: own }),
    ...given('name', flags.name),
    ...given('system', flags.system),
    ...given('profile', flags.profile),
    ...given('cookie', cookie && { key: cookie[0], value: cookie[1] }),
    ...given(
      'protocolVersions',
      split(flags.protocolVersion)?.map((word) => number(word, '--protocol-version')),
    ),
    ...given('tls', flags.tls === undefined ? undefined : tls(flags.tls)),
    ...given('checksum', flags.checksum),
    ...given('env', flags.env && Object.fromEntries(flags.env.map((word) => pair(word, '--env')))),
    ...given('cwd', flags.cwd),
    ...given('only', split(flags.only)),
    ...given('skip', split(flags.skip)),
    ...given('level', flags.level === undefined ? undefined : level(flags.level)),
    ...given('smoke', flags.smoke),
    ...given('soak', flags.soak),
    ...given('isolate', flags.isolate),
    ...given('repeat', flags.repeat === undefined ? undefined : number(flags.repeat, '--repeat')),
    ...given('shuffle', flags.shuffle === undefined ? undefined : number(flags.shuffle, '--shuffle')),
    ...given('bail', flags.bail),
    ...given('strict', flags.strict),
    ...given('baseline', flags.baseline),
    ...given('concurrency', flags.concurrency === undefined ? undefined : number(flags.concurrency, '--concurrency')),
    ...given('timeout', flags.timeout),
  };
}

/** Runs the command; returns the exit code. @throws UsageError */
export async function checkCommand(registry: Registry, command: readonly string[], flags: CheckFlags): Promise<number> {
  if (flags.quiet && flags.verbose) throw new UsageError('--quiet and --verbose exclude each other');
  const options = optionsOf(command, flags, registry);
  const files: readonly ReportFile[] = (flags.report ?? []).map(parseReportFile);
  const output = humanOutput(flags.json ?? false);
  const progress = createProgress({ output, verbose: flags.verbose ?? false, quiet: flags.quiet ?? false });
  const interrupt = onInterrupt((text) => output.write(text));
  try {
    const report = await runCheck(options, { registry, signal: interrupt.signal, emit: progress.see });
    progress.done();
    if (flags.json) process.stdout.write(json.render(report));
    if (!flags.quiet || !flags.json)
      output.write(
        renderReport(report, { palette: output.palette, verbose: flags.verbose ?? false, quiet: flags.quiet ?? false }),
      );
    const problems = writeReports(report, files);
    for (const problem of problems) output.write(`plugfest: ${problem}\n`);
    return problems.length > 0 ? exitCodes.usage : exitCodeOf(report);
  } finally {
    progress.done();
    interrupt.dispose();
  }
}
