import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleOutcome } from '../report/formats/sample-report.ts';
import type { ReportedOutcome } from '../report/report.ts';
import { applyBaseline, covers, parseBaseline } from './baseline.ts';
import { parseData } from './data-file.ts';
import { type UpdateOptions, updateBaseline } from './update-baseline.ts';

const outcomes: readonly ReportedOutcome[] = [
  sampleOutcome({ id: 'GRPC-HS-001', outcome: 'failed' }),
  sampleOutcome({ id: 'GRPC-HS-002' }),
  sampleOutcome({ id: 'GRPC-HS-003', outcome: 'failed' }),
  sampleOutcome({ id: 'GRPC-HS-004', outcome: 'failed', level: 'SHOULD' }),
  sampleOutcome({ id: 'GRPC-HS-005', outcome: 'blocked', blockedBy: 'GRPC-HS-001' }),
];

const update = (text: string, changes: Partial<UpdateOptions> = {}): Promise<string> =>
  updateBaseline(text, { path: 'known.yaml', outcomes, plugin: 'kv', narrowed: false, strict: false, ...changes });

const fresh = `# yaml-language-server: $schema=./node_modules/plugfest/schemas/baseline.v1.json
# Failures that are known: they are reported, but do not count against the verdict.
# Each needs a reason, and may have an end (until: YYYY-MM-DD), a link and the plugin it is for.
`;

describe('a new file', () => {
  test('lists the failures that count, for people to fill in', async () => {
    expect(await update('')).toBe(`${fresh}known:
  - id: GRPC-HS-001
    reason: "TODO: say why this is known"
  - id: GRPC-HS-003
    reason: "TODO: say why this is known"
`);
  });

  test('lists failed SHOULDs when they count', async () => {
    expect(await update('', { strict: true })).toContain('  - id: GRPC-HS-004\n');
  });

  test('of a plugin without failures knows none', async () => {
    expect(await update('', { outcomes: [] })).toBe(`${fresh}known: []\n`);
  });
});

const byHand = `# Who to ask: the storage team
known: # keep this short

  # Fixed in May
  - id: GRPC-HS-002
    reason: 'gone'   # really

  # The SDK prints a banner.
  - { id: GRPC-HS-001,   reason: "banner" } # see the wiki
  # two lines
  - reason: >-
      waits for
      the next release
    until: 2026-12-31
    id:   GRPC-HS-005

  # Not seen for years
  - id: GRPC-XX-001
    reason: unknown
# the end
`;

describe('a file written by hand', () => {
  test('keeps what stays to the byte, loses what excuses nothing, and gains what is new', async () => {
    expect(await update(byHand)).toBe(`# Who to ask: the storage team
known: # keep this short
  # The SDK prints a banner.
  - { id: GRPC-HS-001,   reason: "banner" } # see the wiki
  # two lines
  - reason: >-
      waits for
      the next release
    until: 2026-12-31
    id:   GRPC-HS-005
  - id: GRPC-HS-003
    reason: "TODO: say why this is known"
# the end
`);
  });

  test('is not touched in a narrowed run by what that run left out', async () => {
    expect(await update(byHand, { narrowed: true, outcomes: outcomes.slice(0, 1) })).toBe(byHand);
  });

  test('names the plugin of a new entry when it tells plugins apart', async () => {
    const shared = '- id: GRPC-HS-001\n  reason: banner\n- id: GRPC-HS-002\n  reason: theirs\n  plugin: counter';
    expect(await update(shared)).toBe(`${shared}
- id: GRPC-HS-003
  reason: "TODO: say why this is known"
  plugin: kv
`);
  });

  test('keeps its line ends', async () => {
    expect(await update('known:\r\n- id: GRPC-HS-001\r\n  reason: banner\r\n')).toBe(
      'known:\r\n- id: GRPC-HS-001\r\n  reason: banner\r\n- id: GRPC-HS-003\r\n  reason: "TODO: say why this is known"\r\n',
    );
  });

  test.each([
    ['an empty list', 'known: []\n', 'known:\n  - id: GRPC-HS-003\n    reason: "TODO: say why this is known"\n'],
    [
      'a list of nothing',
      '# ask us\nknown:\n',
      '# ask us\nknown:\n  - id: GRPC-HS-003\n    reason: "TODO: say why this is known"\n',
    ],
    [
      'a list that loses all it had',
      '# ask us\nknown:\n  - id: GRPC-HS-002\n    reason: gone\n',
      '# ask us\nknown:\n  - id: GRPC-HS-003\n    reason: "TODO: say why this is known"\n',
    ],
    [
      'JSON',
      '{ "$schema": "x", "known": [] }',
      `{\n  "$schema": "x",\n  "known": [\n    {\n      "id": "GRPC-HS-003",\n      "reason": "TODO: say why this is known"\n    }\n  ]\n}\n`,
    ],
  ])('may be %s', async (_, text, updated) => {
    expect(await update(text, { outcomes: outcomes.slice(1) })).toBe(updated);
  });

  test('that ends up empty says so', async () => {
    expect(await update('# ask us\nknown:\n  - id: GRPC-HS-002\n    reason: gone\n', { outcomes: [] })).toBe(
      '# ask us\nknown: []\n',
    );
  });

  test('that is no baseline is refused', async () => {
    await expect(update('known:\n  - id: 7\n')).rejects.toThrow(
      '`known[0].id` in the baseline: expected a requirement id or a glob\n  known.yaml:2: - id: 7',
    );
  });
});

const ids = ['GRPC-HS-001', 'GRPC-HS-002', 'GRPC-HS-003', 'GRPC-SD-001', 'GRPC-TLS-001'];

/** An entry as people write them: block or flow, quoted or not, with comments and blank lines about. */
const writtenEntry = fc
  .record({
    id: fc.constantFrom(...ids, 'GRPC-HS-*', 'GRPC-XX-001'),
    reason: fc.constantFrom(
      'old',
      '"quoted: really"',
      "'it''s known'",
      '>-\n      folded\n      text',
      '|\n      kept\n',
    ),
    above: fc.constantFrom('', '\n', '  # about it\n', '\n  # about it\n  # in two lines\n'),
    beside: fc.constantFrom('', ' # beside it'),
    plugin: fc.constantFrom('', 'kv', 'counter'),
  })
  .map(({ id, reason, above, beside, plugin }) => {
    const isBlock = /^[>|]/.test(reason);
    const more = plugin === '' ? '' : `    plugin: ${plugin}\n`;
    const text = `  - id: ${id}${beside}\n    reason: ${reason}${isBlock ? '\n' : `${beside}\n`}${more}`.replaceAll(
      '\n\n',
      '\n',
    );
    return { id, plugin, above, text };
  });

const run = fc
  .tuple(
    ...ids.map((id) =>
      fc
        .constantFrom('passed', 'failed', 'skipped', 'blocked', 'errored', 'absent')
        .map((outcome) => ({ id, outcome })),
    ),
  )
  .map((rows) =>
    rows.flatMap(({ id, outcome }) =>
      outcome === 'absent' ? [] : [sampleOutcome({ id, outcome: outcome as 'passed' })],
    ),
  );

const file = fc
  .record({
    entries: fc.array(writtenEntry, { maxLength: 6 }),
    tail: fc.constantFrom('', '# the end\n', '\n\n# the end\n'),
  })
  .map(({ entries, tail }) => ({
    entries,
    text: `# ours\nknown:\n${entries.map(({ above, text }) => above + text).join('')}${tail}`,
  }));

describe('an update', () => {
  test('changes nothing the second time, leaves no problem, and keeps what it keeps to the byte', async () => {
    await fc.assert(
      fc.asyncProperty(file, run, fc.boolean(), async ({ text, entries }, found, narrowed) => {
        const options = { path: 'known.yaml', outcomes: found, plugin: 'kv', narrowed, strict: true };
        const once = await updateBaseline(text, options);
        expect(await updateBaseline(once, options)).toBe(once);

        const baseline = parseBaseline(await parseData('known.yaml', once, 'baseline'));
        const judged = applyBaseline(options, baseline, '2026-06-15');
        expect(judged.problems).toEqual([]);
        expect(judged.outcomes.filter(({ outcome, known }) => outcome === 'failed' && !known)).toEqual([]);

        const failing = found.filter(({ outcome }) => outcome === 'failed');
        const isKept = ({ id, plugin }: { id: string; plugin: string }): boolean =>
          plugin === 'counter' || failing.some((outcome) => covers({ id, reason: '' }, outcome));
        for (const entry of entries.filter(isKept)) expect(once).toContain(entry.text);
        expect(once.startsWith('# ours\n')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
