/** `plugfest baseline update`: checks a plugin and rewrites its list of known failures. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { runCheck } from '../check.ts';
import { readBaseline } from '../config/baseline.ts';
import { updateBaseline } from '../config/update-baseline.ts';
import { UsageError } from '../config/usage-error.ts';
import { exitCodes } from '../report/verdict.ts';
import type { Registry } from '../run/registry.ts';
import { type CheckFlags, optionsOf } from './check-command.ts';
import { onInterrupt } from './interrupt.ts';
import { humanOutput } from './output.ts';
import { createProgress } from './progress.ts';

/** Runs the command; returns the exit code. @throws UsageError */
export async function baselineUpdateCommand(
  registry: Registry,
  command: readonly string[],
  flags: CheckFlags,
): Promise<number> {
  const { baseline: path, ...rest } = flags;
  if (path === undefined)
    throw new UsageError('baseline update: expected --baseline FILE, the file to write', {
      hint: 'for example `plugfest baseline update --baseline known.yaml -- ./plugin`',
    });
  // A file that is no baseline is told before the run, and never overwritten.
  if (existsSync(path)) await readBaseline(path);
  const output = humanOutput(false);
  const progress = createProgress({ output, verbose: false, quiet: flags.quiet ?? false });
  const interrupt = onInterrupt((text) => output.write(text));
  try {
    const report = await runCheck(optionsOf(command, rest, registry), {
      registry,
      signal: interrupt.signal,
      emit: progress.see,
    });
    progress.done();
    if (report.interrupted) return exitCodes.interrupted;
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const { outcomes, plugin, strict, complete } = report;
    const updated = await updateBaseline(text, { path, outcomes, plugin: plugin.name, strict, narrowed: !complete });
    if (updated === text) {
      output.write(`${path} is up to date\n`);
      return 0;
    }
    writeFileSync(`${path}.new`, updated);
    renameSync(`${path}.new`, path);
    output.write(`${path} is written; say why where a reason says TODO\n`);
    return 0;
  } finally {
    progress.done();
    interrupt.dispose();
  }
}
