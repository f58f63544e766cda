/** Reports that go to files: named up front, so that a wrong name costs a second and not a run. */

import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Format } from '../report/format.ts';
import { formats } from '../report/formats.ts';
import type { Report, RunReport } from '../report/report.ts';
import { errorText } from '../wire/error-text.ts';

export interface ReportFile {
  readonly format: Format;
  readonly path: string;
}

/** The format of a name. @throws UsageError */
export function formatNamed(name: string): Format {
  const format = formats.find((one) => one.name === name);
  if (format) return format;
  const names = formats.map((one) => one.name);
  const meant = nearest(name, names);
  throw new UsageError(`there is no report format "${name}"; the formats are ${names.join(', ')}`, {
    hint: meant === undefined ? undefined : `did you mean \`${meant}\`?`,
  });
}

/** Reads `FORMAT=PATH`. @throws UsageError */
export function parseReportFile(word: string): ReportFile {
  const at = word.indexOf('=');
  if (at < 1 || at === word.length - 1)
    throw new UsageError(`--report: expected FORMAT=PATH, got "${word}"`, {
      hint: 'for example `--report junit=out.xml`',
    });
  const path = resolve(word.slice(at + 1));
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) throw new UsageError(`--report: there is no folder ${dirname(path)}`);
  return { format: formatNamed(word.slice(0, at)), path };
}

/** Writes the files; the run is over by then, so a disk that is full is told and loses nothing else. */
export function writeReports(report: Report | RunReport, files: readonly ReportFile[]): readonly string[] {
  const problems: string[] = [];
  const attempt = (path: string, write: () => void): void => {
    try {
      write();
    } catch (error) {
      problems.push(`cannot write ${path}: ${errorText(error)}`);
    }
  };
  for (const { format, path } of files) attempt(path, () => writeFileSync(path, format.render(report)));
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  const markdown = formats.find(({ name }) => name === 'markdown');
  if (summary && markdown) attempt(summary, () => appendFileSync(summary, `${markdown.render(report)}\n`));
  return problems;
}
