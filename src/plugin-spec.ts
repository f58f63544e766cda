/** The program under test, from the options that name it. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { CheckOptions } from './config/options.ts';
import { UsageError } from './config/usage-error.ts';
import type { PluginSpec } from './run/starter.ts';

/** Where it runs and what it is called. @throws UsageError for a folder that is not there */
export function specOf(options: CheckOptions & { command: readonly [string, ...string[]] }): PluginSpec {
  const cwd = resolve(options.cwd ?? '.');
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`cwd: there is no folder ${cwd}`);
  const name = options.name ?? basename(options.command[0]).replace(/\.(?:[cm]?[jt]s|py|exe)$/, '');
  return { name, command: options.command, cwd, env: options.env ?? {} };
}
