import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sampleOutcome } from '../report/formats/sample-report.ts';
import type { ReportedOutcome } from '../report/report.ts';
import { applyBaseline, type BaselineEntry, parseBaseline, readBaseline } from './baseline.ts';
import { parseData } from './data-file.ts';
import { refusal } from './refusal.ts';

const parse = async (text: string) => parseBaseline(await parseData('known.yaml', text, 'baseline'));

describe('a baseline file', () => {
  const one = { id: 'GRPC-HS-001', reason: 'old SDK' };

  test.each<readonly [string, string, readonly BaselineEntry[]]>([
    ['a list under known', 'known:\n  - id: GRPC-HS-001\n    reason: old SDK\n', [one]],
    ['a bare list', '- { id: GRPC-HS-001, reason: old SDK }\n', [one]],
    ['JSON', '{ "known": [{ "id": "GRPC-HS-001", "reason": "old SDK" }] }', [one]],
    ['nothing known', 'known:\n', []],
    ['an empty file', '# nothing yet\n', []],
    [
      'every field',
      '- id: GRPC-TLS-*\n  reason: " padded "\n  until: 2026-12-31\n  link: https://example.com/7\n  plugin: kv\n',
      [
        {
          id: 'GRPC-TLS-*',
          reason: 'padded',
          until: '2026-12-31',
          link: 'https://example.com/7',
          plugin: 'kv',
        },
      ],
    ],
  ])('may hold %s', async (_, text, entries) => {
    expect(await parse(text)).toEqual({ path: 'known.yaml', entries });
  });

  test.each([
    [
      'no reason',
      'known:\n  - id: GRPC-HS-001\n',
      '`known[0].reason` in the baseline: missing\n  known.yaml:2: - id: GRPC-HS-001',
    ],
    [
      'an empty reason',
      'known:\n  - id: GRPC-HS-001\n    reason: ""\n',
      '`known[0].reason` in the baseline: expected the reason why this failure is known\n  known.yaml:3: reason: ""',
    ],
    [
      'a misspelt key at the top',
      'knowns: []\nknown: []\n',
      '`knowns` in the baseline: there is no such key; the keys are $schema, known\n  known.yaml:1: knowns: []\n  did you mean `known: []`?',
    ],
    [
      'a misspelt key of an entry',
      '- id: GRPC-HS-001\n  reason: old\n  untill: 2026-12-31\n',
      '`[0].untill` in the baseline: there is no such key; the keys are id, reason, until, link, plugin\n  known.yaml:3: untill: 2026-12-31\n  did you mean `until: 2026-12-31`?',
    ],
    [
      'another form of day',
      '- id: GRPC-HS-001\n  reason: old\n  until: 31.12.2026\n',
      '`[0].until` in the baseline: expected a day such as 2026-12-31\n  known.yaml:3: until: 31.12.2026',
    ],
    [
      'a day that does not exist',
      '- id: GRPC-HS-001\n  reason: old\n  until: 2026-02-30\n',
      '`[0].until` in the baseline: expected a day that exists\n  known.yaml:3: until: 2026-02-30',
    ],
    ['no list at all', 'true\n', 'the baseline: expected `known:` with a list of known failures\n  known.yaml'],
    [
      'broken YAML',
      'known:\n  - id: "GRPC\n',
      'the baseline is not valid YAML or JSON\n  known.yaml:3: \nMissing closing "quote at line 3, column 1:',
    ],
  ])('with %s is refused', async (_, text, message) => {
    expect(await refusal(() => parse(text))).toBe(message);
  });

  test('is read from disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plugfest-baseline-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'known.yaml');
    await writeFile(path, '- { id: GRPC-HS-001, reason: old SDK }\n');
    expect(await readBaseline(path)).toEqual({ path, entries: [one] });
    await expect(readBaseline(join(folder, 'none.yaml'))).rejects.toThrow(
      `cannot read the baseline ${join(folder, 'none.yaml')}: ENOENT`,
    );
  });
});

const outcomes: readonly ReportedOutcome[] = [
  sampleOutcome({ id: 'GRPC-HS-001', outcome: 'failed' }),
  sampleOutcome({ id: 'GRPC-HS-002' }),
  sampleOutcome({ id: 'GRPC-HS-003' }),
  sampleOutcome({ id: 'GRPC-SD-001', area: 'SD', level: 'SHOULD', outcome: 'failed' }),
  sampleOutcome({ id: 'GRPC-TLS-001', area: 'TLS', outcome: 'skipped', reason: 'auto-mtls is not offered' }),
  sampleOutcome({ id: 'GRPC-HL-001', area: 'HL', outcome: 'blocked', blockedBy: 'GRPC-HS-001', reason: 'no answer' }),
  sampleOutcome({ id: 'GRPC-BR-001', area: 'BR', outcome: 'errored', reason: 'EMFILE' }),
  sampleOutcome({ id: 'GRPC-CN-001', area: 'CN', outcome: 'skipped', reason: 'takes long: run with --soak' }),
];

interface Given {
  readonly entries: readonly Partial<BaselineEntry>[];
  readonly narrowed?: boolean;
  readonly plugin?: string;
}

function apply({ entries, narrowed = false, plugin = 'kv' }: Given) {
  const baseline = { path: 'known.yaml', entries: entries.map((entry) => ({ id: '', reason: 'old', ...entry })) };
  const { outcomes: judged, ...said } = applyBaseline({ outcomes, plugin, narrowed }, baseline, '2026-06-15');
  const known = judged.flatMap((outcome) => (outcome.known ? [[outcome.id, outcome.known]] : []));
  expect(judged.map(({ known: _, ...rest }) => rest)).toEqual(outcomes);
  return { known: Object.fromEntries(known) as object, ...said };
}

const nothing = { known: {}, problems: [], notes: [] };

describe('an entry', () => {
  test('excuses a failure, with its reason, day and link', () => {
    const entry = { id: 'GRPC-HS-001', until: '2026-06-15', link: 'https://example.com/7' };
    expect(apply({ entries: [entry] })).toEqual({
      ...nothing,
      known: { 'GRPC-HS-001': { reason: 'old', until: '2026-06-15', link: 'https://example.com/7' } },
    });
  });

  test('excuses every failure its glob matches', () => {
    expect(apply({ entries: [{ id: 'grpc-*-001' }] })).toEqual({
      ...nothing,
      known: { 'GRPC-HS-001': { reason: 'old' }, 'GRPC-SD-001': { reason: 'old' } },
    });
  });

  test('for another plugin says nothing', () => {
    expect(
      apply({
        entries: [
          { id: 'GRPC-HS-001', plugin: 'counter' },
          { id: 'NONE', plugin: 'counter' },
        ],
      }),
    ).toEqual(nothing);
  });

  test('past its day excuses nothing, unless another one does', () => {
    const over = { id: 'GRPC-HS-001', until: '2026-06-14' };
    const problems = ['GRPC-HS-001 was a known failure until 2026-06-14, and that day is over: it counts again'];
    expect(apply({ entries: [over] })).toEqual({ ...nothing, problems });
    expect(apply({ entries: [over, { id: 'GRPC-HS-*' }] })).toEqual({
      ...nothing,
      known: { 'GRPC-HS-001': { reason: 'old' } },
      problems,
    });
  });

  test.each([
    ['GRPC-HS-002', 'GRPC-HS-002 is listed as a known failure and passed: remove it'],
    ['GRPC-?S-002', 'GRPC-?S-002 is listed as a known failure and passed: remove it'],
    ['*-00?', undefined],
    ['GRPC-TLS-001', 'GRPC-TLS-001 is listed as a known failure and was skipped, which is no failure: remove it'],
    [
      'GRPC-HS-0O1',
      'GRPC-HS-0O1 is listed as a known failure and matches no requirement that was probed: remove it, or did you mean GRPC-HS-001?',
    ],
    ['KONG-X', 'KONG-X is listed as a known failure and matches no requirement that was probed: remove it'],
  ])('%s that excuses nothing is a problem', (id, problem) => {
    expect(apply({ entries: [{ id }] }).problems).toEqual(problem === undefined ? [] : [problem]);
  });

  test('whose glob matches passes only is a problem', () => {
    const entries = [{ id: 'GRPC-HS-00*' }, { id: 'GRPC-HS-001' }];
    const passing = outcomes.filter(({ id }) => /HS-00[23]|TLS/.test(id));
    const baseline = { path: 'known.yaml', entries: [{ id: 'GRPC-*', reason: 'old' }] };
    expect(
      applyBaseline({ outcomes: passing, plugin: 'kv', narrowed: false }, baseline, '2026-06-15').problems,
    ).toEqual(['GRPC-* is listed as a known failure and none of the 3 requirements it matches failed: remove it']);
    expect(apply({ entries }).problems).toEqual([]);
  });

  test.each([
    [
      'GRPC-HL-001',
      'GRPC-HL-001 is listed as a known failure and was blocked by GRPC-HS-001, which is no failure: it cannot be judged before that is mended',
    ],
    [
      'GRPC-BR-001',
      'GRPC-BR-001 is listed as a known failure and errored, which is no failure of the plugin: it cannot be judged in this run',
    ],
    [
      'GRPC-CN-001',
      'GRPC-CN-001 is listed as a known failure and was skipped, which is no failure: it cannot be judged in this run (takes long: run with --soak)',
    ],
  ])('%s that the run could not judge earns a note and no problem', (id, note) => {
    expect(apply({ entries: [{ id }] })).toEqual({ ...nothing, notes: [note] });
  });

  test.each([
    ['out of scope is no problem', 'GRPC-XX-001', []],
    ['with a glob is no problem: what fails may be out of scope', 'GRPC-XX-*', []],
    ['with a glob that matches passes is none either', 'GRPC-TLS-*', []],
    ['that passed is one', 'GRPC-HS-002', ['GRPC-HS-002 is listed as a known failure and passed: remove it']],
  ])('in a narrowed run %s', (_, id, problems) => {
    expect(apply({ entries: [{ id }], narrowed: true })).toEqual({ ...nothing, problems });
  });
});
