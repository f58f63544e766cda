import type * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { refusal } from '../config/refusal.ts';
import { json } from './formats/json.ts';
import { conformantReport, interruptedReport, nonconformantReport, sampleRun } from './formats/sample-report.ts';
import type { Report, RunReport } from './report.ts';
import { parseReport, type reportSchema, type runReportSchema } from './report-schema.ts';

/** Without the index signature that lets further fields through, and read-only as the types are. */
type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T as string extends Key ? never : Key]: Plain<T[Key]> }
    : T;

test('the schema and the types of a report say the same', () => {
  expectTypeOf<Plain<v.InferOutput<typeof reportSchema>>>().toEqualTypeOf<Plain<Report>>();
  expectTypeOf<Plain<v.InferOutput<typeof runReportSchema>>>().toEqualTypeOf<Plain<RunReport>>();
});

const samples: readonly (readonly [string, Report | RunReport])[] = [
  ['a conformant report', conformantReport()],
  ['a nonconformant report', nonconformantReport()],
  ['an interrupted report', interruptedReport()],
  ['a run', sampleRun([conformantReport(), nonconformantReport()])],
  ['a run of nothing', sampleRun([])],
];

describe('a saved report', () => {
  test.each(samples)('%s is read as it was written', (_, report) => {
    expect(parseReport(JSON.parse(json.render(report)), 'out.json')).toEqual(report);
  });

  test('keeps fields of a later version, at every depth', () => {
    const [first, ...rest] = conformantReport().outcomes;
    const later = { ...conformantReport(), mood: 'good', outcomes: [{ ...first, mood: ['fine'] }, ...rest] };
    expect(parseReport(later, 'out.json')).toEqual(later);
  });
});

const report = conformantReport();
const noReport = `out.json is not a report of Plugfest: expected an object with \`kind\` and \`schemaVersion\`
  write one with \`plugfest check --report json=FILE\``;

describe('what is no report', () => {
  test.each([
    ['nothing', null, noReport],
    ['a list', [report], noReport],
    ['text', 'report', noReport],
    ['another tool', { results: [] }, noReport],
    [
      'a later schema',
      { ...report, schemaVersion: 2 },
      'out.json was written by a newer Plugfest: its schemaVersion is 2, and this one reads 1\n  update Plugfest and try again',
    ],
    ['an earlier schema', { ...report, schemaVersion: 0 }, 'out.json: `schemaVersion`: expected 1, got 0'],
    ['another kind', { ...report, kind: 'summary' }, 'out.json: `kind`: expected ("report" | "run"), got "summary"'],
    ['a missing field', { ...report, verdict: undefined }, 'out.json: `verdict`: missing'],
    [
      'a wrong word deep inside',
      { ...report, outcomes: [{ ...report.outcomes[0], outcome: 'flaky' }] },
      'out.json: `outcomes[0].outcome`: expected ("passed" | "failed" | "skipped" | "blocked" | "errored"), got "flaky"',
    ],
    [
      'a wrong type in a report of a run',
      { ...sampleRun([report]), reports: [{ ...report, counts: { ...report.counts, failed: '0' } }] },
      'out.json: `reports[0].counts.failed`: expected number, got "0"',
    ],
    ['a broken number', { ...report, seed: 1.5 }, 'out.json: `seed`: expected a whole number'],
    ['a negative number', { ...report, durationMs: -1 }, 'out.json: `durationMs`: expected 0 or more'],
  ])('%s', async (_, value, message) => {
    expect(await refusal(() => parseReport(value, 'out.json'))).toBe(message);
  });
});
