import { describe, expect, test } from 'vitest';
import { says, type TinyParts, tinySuite } from '../../test/support/tiny-suite.ts';
import { passed } from '../run/outcome.ts';
import { probe } from '../run/suite.ts';
import { type PlanOptions, planRun } from './plan.ts';

const parts: TinyParts = {
  probes: [
    says('TINY-A-001', 'a', { smoke: true }),
    says('TINY-A-002', 'b', { settles: ['TINY-A-003'] }),
    says('TINY-A-004', 'c', { isolated: true }),
    says('TINY-A-005', 'd', { ending: true }),
    says('TINY-B-001', 'e', { launch: 'again' }),
    says('TINY-B-002', 'f', { launch: 'again', isolated: true, smoke: true }),
    says('TINY-C-001', 'g', { soak: true, settles: ['TINY-C-002'] }),
    probe('TINY-D-001', { launches: ['plain', 'other'] }, () => passed()),
    probe('TINY-D-002', { every: true }, () => passed()),
  ],
  launches: [{ name: 'again' }, { name: 'other' }, { name: 'unused' }],
  levels: { 'TINY-A-002': 'SHOULD' },
  classes: { crash: ['TINY-A-001', 'TINY-B-001'] },
  pairs: true,
};

/** A plan in words: each launch with its shared, isolated and ending probes. */
function planned(options: Partial<PlanOptions> = {}, own: TinyParts = parts) {
  const plan = planRun(tinySuite(own), { scope: {}, soak: false, isolate: false, ...options });
  const ids = (probes: readonly { id: string }[]) => probes.map(({ id }) => id.replace('TINY-', '')).join(' ');
  return {
    launches: [plan.gate, ...plan.others].map(
      ({ launch, shared, isolated, ending }) => `${launch.name}: ${ids(shared)} | ${ids(isolated)} | ${ids(ending)}`,
    ),
    looks: ids(plan.looks),
    skipped: [...plan.skipped.keys()].map((id) => id.replace('TINY-', '')).join(' '),
    complete: plan.complete,
    watchMs: plan.watchMs,
  };
}

describe('planRun', () => {
  test('plans everything: the gate first, unused launches left out', () => {
    expect(planned()).toEqual({
      launches: ['plain: A-001 A-002 | A-004 | A-005', 'again: B-001 | B-002 | ', 'other:  |  | '],
      looks: 'D-001 D-002',
      skipped: 'C-001 C-002',
      complete: true,
      watchMs: 250,
    });
  });

  test.each<[string, Partial<PlanOptions>, Partial<ReturnType<typeof planned>>]>([
    [
      'one id: the gate stays, whatever is asked',
      { scope: { only: ['TINY-A-004'] } },
      { launches: ['plain:  | A-004 | ', 'again:  |  | '], looks: '', skipped: '', complete: false },
    ],
    [
      'an id that another probe settles',
      { scope: { only: ['TINY-A-003'] } },
      { launches: ['plain: A-002 |  | '], looks: '' },
    ],
    [
      'an id of another launch: the second copy goes with it',
      { scope: { only: ['TINY-B-001'] } },
      { launches: ['plain:  |  | ', 'again: B-001 |  | '] },
    ],
    [
      'a look: its launches go with it',
      { scope: { only: ['TINY-D-001'] } },
      { launches: ['plain:  |  | ', 'again:  |  | ', 'other:  |  | '], looks: 'D-001' },
    ],
    ['the pair itself', { scope: { only: ['TINY-LE-002'] } }, { launches: ['plain:  |  | ', 'again:  |  | '] }],
    ['an area', { scope: { only: ['A'] } }, { launches: ['plain: A-001 A-002 | A-004 | A-005', 'again:  |  | '] }],
    [
      'a glob',
      { scope: { only: ['TINY-?-001'] } },
      {
        launches: ['plain: A-001 |  | ', 'again: B-001 |  | ', 'other:  |  | '],
        looks: 'D-001',
        skipped: 'C-001 C-002',
      },
    ],
    ['a class', { scope: { only: ['crash'] } }, { launches: ['plain: A-001 |  | ', 'again: B-001 |  | '] }],
    [
      'all but',
      { scope: { skip: ['A', 'D'] } },
      { launches: ['plain:  |  | ', 'again: B-001 | B-002 | '], looks: '', complete: false },
    ],
    [
      'MUST only',
      { scope: { level: 'MUST', only: ['A'] } },
      // A-003, which the SHOULD of A-002 settles on the way, is a MUST.
      { launches: ['plain: A-001 A-002 | A-004 | A-005', 'again:  |  | '] },
    ],
    [
      'smoke',
      { scope: { smoke: true } },
      { launches: ['plain: A-001 |  | ', 'again:  | B-002 | '], looks: '', skipped: '', complete: false, watchMs: 0 },
    ],
    [
      'soak',
      { soak: true },
      {
        launches: ['plain: A-001 A-002 C-001 | A-004 | A-005', 'again: B-001 | B-002 | ', 'other:  |  | '],
        skipped: '',
      },
    ],
    [
      'isolate: every probe has a process of its own',
      { isolate: true },
      { launches: ['plain:  | A-001 A-002 A-004 A-005 | ', 'again:  | B-001 B-002 | ', 'other:  |  | '] },
    ],
  ])('plans %s', (_, options, expected) => {
    expect(planned(options)).toMatchObject(expected);
  });

  test('shuffles launches and probes by seed, and leaves the gate and the end in their places', () => {
    const many: TinyParts = {
      probes: [
        ...Array.from({ length: 8 }, (_, n) => says(`TINY-A-00${n}`, 'a')),
        says('TINY-Z-001', 'z', { ending: true }),
        says('TINY-Z-002', 'z', { ending: true }),
        ...Array.from({ length: 6 }, (_, n) => says(`TINY-B-00${n}`, 'a', { launch: `l${n}` })),
      ],
      launches: Array.from({ length: 6 }, (_, n) => ({ name: `l${n}` })),
    };
    const one = planned({ shuffleSeed: 1 }, many);
    expect(planned({ shuffleSeed: 1 }, many)).toEqual(one);
    const other = planned({ shuffleSeed: 2 }, many);
    const plain = planned({}, many);
    for (const [a, b] of [
      [one, other],
      [one, plain],
      [other, plain],
    ]) {
      expect(a?.launches[0]).not.toBe(b?.launches[0]);
      expect(a?.launches.slice(1)).not.toEqual(b?.launches.slice(1));
      expect([...(a?.launches.slice(1) ?? [])].sort()).toEqual([...(b?.launches.slice(1) ?? [])].sort());
    }
    for (const { launches } of [one, other, plain]) expect(launches[0]).toMatch(/^plain: A-.* \| {2}\| Z-001 Z-002$/);
  });

  test('a system without a second copy needs none', () => {
    expect(planned({}, { ...parts, pairs: false }).launches).toHaveLength(3);
    expect(planned({ scope: { only: ['A'] } }, { ...parts, pairs: false }).launches).toHaveLength(1);
  });
});

describe('a probe that looks at every start', () => {
  const own: TinyParts = {
    ...parts,
    probes: [
      says('TINY-A-001', 'a', { smoke: true }),
      probe('TINY-D-002', { every: true, at: ['other'], smoke: true }, () => passed()),
    ],
  };

  test('gets the launches without which it proves nothing, even when it is asked for alone', () => {
    expect(planned({ scope: { only: ['TINY-D-002'] } }, own).launches.map((one) => one.split(':')[0])).toContain(
      'other',
    );
  });

  test('does without them under --smoke', () => {
    expect(planned({ scope: { smoke: true } }, own).launches.map((one) => one.split(':')[0])).not.toContain('other');
  });
});
