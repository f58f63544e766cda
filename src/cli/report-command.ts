/** `plugfest report`: any saved JSON report in any format. */

import { readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from '../config/usage-error.ts';
import { parseReport } from '../report/report-schema.ts';
import { errorText } from '../wire/error-text.ts';
import { humanOutput } from './output.ts';
import { formatNamed } from './report-files.ts';

/** Runs the command; returns the exit code. @throws UsageError */
export async function reportCommand(file: string, flags: { to: string; output?: string }): Promise<number> {
  const format = formatNamed(flags.to);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot read the report ${file}: ${errorText(error)}`);
  }
  const text = format.render(parseReport(value, file));
  if (flags.output === undefined) humanOutput(false).write(text);
  else writeFileSync(flags.output, text);
  return 0;
}
