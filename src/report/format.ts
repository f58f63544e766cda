/** What a report format is: a pure function from a report to text. One file each under `formats/`. */
import type { Report, RunReport } from './report.ts';

export interface Format {
  /** The word after `--report` and `--to`. */
  readonly name: string;
  /** One line for `--help`. */
  readonly title: string;
  render(report: Report | RunReport): string;
}
