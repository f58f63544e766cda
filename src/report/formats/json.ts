/**
 * JSON for programs. Keys come in the order of the published schema, whatever order the report was put together in, so
 * that two reports can be compared as text; fields of later versions follow after them.
 */
import * as v from 'valibot';
import type { Format } from '../format.ts';
import type { Report, RunReport } from '../report.ts';
import { anyReport } from '../report-schema.ts';

function render(report: Report | RunReport): string {
  const ordered = v.safeParse(anyReport, report);
  // A report that somehow strays from its schema is still worth more to the user than none.
  return `${JSON.stringify(ordered.success ? ordered.output : report, null, 2)}\n`;
}

/** Pretty JSON as in schemas/report.v1.json. */
export const json: Format = { name: 'json', title: 'JSON, for programs (schemas/report.v1.json)', render };
