/** The program under test, from the options that name it. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { CheckOptions } from './config/options.ts';
import { UsageError } from './config/usage-error.ts';
import type { PluginSpec } from './run/starter.ts';

const interpreters = /^(?:node|nodejs|deno|bun|python[\d.]*|pypy[\d.]*|ruby|perl|java|dotnet|sh|bash)$/;

/** The program's file name without its ending; for an interpreter that of what it is given to run. */
function nameOf([program, ...words]: readonly [string, ...string[]]): string {
  const own = basename(program);
  const script = interpreters.test(own) ? words.find((word) => /^[^-].*\.\w+$/.test(word)) : undefined;
  return basename(script ?? program).replace(/\.(?:[cm]?[jt]s|py|rb|pl|sh|jar|dll|exe)$/, '');
}

/** Where it runs and what it is called. @throws UsageError for a folder that is not there */
export function specOf(options: CheckOptions & { command: readonly [string, ...string[]] }): PluginSpec {
  const cwd = resolve(options.cwd ?? '.');
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`cwd: there is no folder ${cwd}`);
  const name = options.name ?? nameOf(options.command);
  return { name, command: options.command, cwd, env: options.env ?? {} };
}
