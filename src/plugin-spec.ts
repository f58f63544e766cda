/** The program under test, from the options that name it. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { ParsedOptions } from './config/options.ts';
import { UsageError } from './config/usage-error.ts';
import { inspectProgram, type ProgramFacts } from './launch/program.ts';
import type { PluginSpec } from './run/starter.ts';

const interpreters = /^(?:node|nodejs|deno|bun|python[\d.]*|pypy[\d.]*|ruby|perl|java|dotnet|sh|bash)$/;

/** The program's file name without its ending; for an interpreter that of what it is given to run. */
function nameOf([program, ...words]: readonly [string, ...string[]]): string {
  const own = basename(program);
  const script = interpreters.test(own) ? words.find((word) => /^[^-].*\.\w+$/.test(word)) : undefined;
  return basename(script ?? program).replace(/\.(?:[cm]?[jt]s|py|rb|pl|sh|jar|dll|exe)$/, '');
}

/** Where it runs and what it is called. @throws UsageError for a folder that is not there */
export function specOf(options: ParsedOptions): PluginSpec {
  const cwd = resolve(options.cwd ?? '.');
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`cwd: there is no folder ${cwd}`);
  const [program, ...args] = options.command;
  // A plugin that runs already has no program: it is called after where it runs.
  const called = program === undefined ? basename(Object.values(options.options ?? {}).at(-1) ?? '') : undefined;
  const name = options.name ?? called ?? nameOf([program ?? '', ...args]);
  return { name, command: options.command, cwd, env: options.env ?? {} };
}

/** Its file; a plugin that runs already has none that is known. */
export function programOf({ command, cwd }: PluginSpec, path: string): ProgramFacts {
  const [first] = command;
  return first === undefined ? { name: '', path: '' } : inspectProgram(first, { cwd, path });
}
