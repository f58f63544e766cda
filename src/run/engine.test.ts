import { describe, expect, test } from 'vitest';
import {
  idleRequirement,
  quits,
  runTiny,
  says,
  startRequirement,
  type TinyParts,
  tinySuite,
} from '../../test/support/tiny-suite.ts';
import { failed, passed } from './outcome.ts';
import { Pool } from './pool.ts';
import { probe } from './suite.ts';

const words = (list: readonly string[], needs: Parameters<typeof says>[2] = {}) =>
  list.map((word, n) => says(`TINY-A-00${n + 1}`, word, needs));

const told = async (parts: TinyParts, options: Parameters<typeof runTiny>[1] = {}) =>
  (await runTiny(tinySuite(parts), options)).told;

describe('a good plugin', () => {
  const parts: TinyParts = {
    probes: [
      ...words(['a', 'b', 'c']),
      quits('TINY-A-009', { ending: true }),
      says('TINY-B-001', 'x', { launch: 'again' }),
      quits('TINY-B-002', { launch: 'again', isolated: true }),
      probe('TINY-D-001', { launches: ['plain', 'again'] }, (plain, again) =>
        plain?.plugin.exited && again?.plugin.exited
          ? passed()
          : failed({ expected: 'both are over', observed: 'not yet' }),
      ),
      probe('TINY-D-002', { every: true }, (session) =>
        session?.broken ? failed({ expected: '', observed: '' }) : passed(),
      ),
    ],
    launches: [{ name: 'again' }],
    pairs: true,
  };
  const all = Object.fromEntries(
    ['A-001', 'A-002', 'A-003', 'A-009', 'B-001', 'B-002', 'D-001', 'D-002', 'LE-002'].map((id) => [
      `TINY-${id}`,
      'passed',
    ]),
  );

  test('passes with one process for each launch, and one for each isolated probe', async () => {
    const run = await runTiny(tinySuite(parts));
    expect(run.told).toEqual(all);
    expect([...run.starts].sort()).toEqual(['again', 'again/TINY-B-002', 'plain']);
    expect(run.results.get('TINY-D-002')?.launches).toEqual(['plain', 'again']);
    expect(run.settled.map(({ id }) => id).sort()).toEqual(Object.keys(all).sort());
    expect(run.events.filter(({ type }) => type === 'ended')).toHaveLength(run.starts.length);
  });

  test.each<[string, Parameters<typeof runTiny>[1]]>([
    ['isolated', { plan: { isolate: true } }],
    ['shuffled', { plan: { shuffleSeed: 2 } }],
    ['one at a time', { concurrency: 1 }],
    ['twice', { repeat: 2 }],
  ])('passes %s as well', async (_, options) => {
    expect(await told(parts, options)).toEqual(all);
  });
});

describe('a plugin that dies', () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    [
      'at once: the probe that killed it failed, the others stand',
      ['a', 'die', 'b'],
      { 'TINY-A-001': 'passed', 'TINY-A-002': 'failed: the plugin exited with code 7', 'TINY-A-003': 'passed' },
    ],
    [
      'a while after: the culprit is named, not whoever came next',
      ['a', 'die-late', 'b', 'c'],
      {
        'TINY-A-001': 'passed',
        'TINY-A-002': 'failed: the plugin ended by SIGKILL during TINY-A-002',
        'TINY-A-003': 'passed',
        'TINY-A-004': 'passed',
      },
    ],
    [
      'a while after the last probe',
      ['a', 'die-late'],
      { 'TINY-A-001': 'passed', 'TINY-A-002': 'failed: the plugin ended by SIGKILL during TINY-A-002' },
    ],
    [
      'only after another probe: failed, and called state-dependent',
      ['mark', 'a', 'die-if-marked', 'b'],
      {
        'TINY-A-001': 'passed',
        'TINY-A-002': 'passed',
        'TINY-A-003': 'failed: the plugin exited with code 8 (state-dependent)',
        'TINY-A-004': 'passed',
      },
    ],
    [
      'or rather is deaf afterwards',
      ['a', 'deaf', 'b'],
      {
        'TINY-A-001': 'passed',
        'TINY-A-002': 'failed: after TINY-A-002: an answer to ping: nothing within N ms',
        'TINY-A-003': 'passed',
      },
    ],
    [
      'again and again: the rest is blocked',
      ['die', 'die', 'die', 'die', 'die', 'a', 'b'],
      {
        ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`TINY-A-00${n}`, 'failed: the plugin exited with code 7'])),
        'TINY-A-006': `blocked by ${idleRequirement}`,
        'TINY-A-007': `blocked by ${idleRequirement}`,
      },
    ],
  ])('%s', async (_, list, outcomes) => {
    expect(await told({ probes: words(list) })).toEqual(outcomes);
  });

  test('a probe that has another failure of its own keeps it', async () => {
    const own = failed({ expected: 'x', observed: 'y', cause: { class: 'c', title: 't' } });
    const probes = [
      probe('TINY-A-001', { launch: 'plain' }, async (session) => {
        await (session as unknown as { ask(word: string): Promise<void> }).ask('die-late');
        return own;
      }),
    ];
    expect(await told({ probes: probes as TinyParts['probes'] })).toEqual({ 'TINY-A-001': 'failed: y' });
  });

  test('without anybody touching it breaks the rule about that, and nothing else', async () => {
    const outcomes = await told({ probes: words(['a', 'slow', 'b']) }, { fault: 'dies-idle' });
    expect(outcomes[idleRequirement]).toBe('failed: the plugin ended by SIGKILL after nothing but the start of a host');
    expect(outcomes['TINY-A-001']).toBe('passed');
    expect(outcomes['TINY-A-002']).toBe(`blocked by ${idleRequirement}`);
    expect(outcomes['TINY-A-003']).toBe(`blocked by ${idleRequirement}`);
  });

  test('without anybody touching it is no fault of the probe that had the process for itself', async () => {
    const probes = [says('TINY-A-001', 'a'), says('TINY-A-002', 'slow', { isolated: true })];
    expect(await told({ probes }, { fault: 'dies-idle' })).toEqual({
      [idleRequirement]: 'failed: the plugin ended by SIGKILL after nothing but the start of a host',
      'TINY-A-001': expect.any(String),
      'TINY-A-002': `blocked by ${idleRequirement}`,
    });
  });

  test('without anybody touching it is no fault of a probe that blames its own call for it', async () => {
    const own = failed({ expected: 'x', observed: 'y', cause: { class: 'c', title: 't' } });
    const probes = [
      probe('TINY-A-001', { launch: 'plain', isolated: true }, async ({ plugin }) => {
        await plugin.whenExited;
        return own;
      }),
    ];
    expect(
      await told({ probes: [says('TINY-A-002', 'slow'), ...probes] as TinyParts['probes'] }, { fault: 'dies-idle' }),
    ).toMatchObject({
      [idleRequirement]: expect.stringMatching(/^failed/),
      'TINY-A-001': `blocked by ${idleRequirement}`,
    });
  });

  test('without anybody touching it blocks what the probe would have settled as well', async () => {
    const probes = [says('TINY-A-001', 'slow', { settles: ['TINY-A-002'] })];
    expect(await told({ probes }, { fault: 'dies-idle' })).toMatchObject({
      'TINY-A-001': `blocked by ${idleRequirement}`,
      'TINY-A-002': `blocked by ${idleRequirement}`,
    });
  });

  test('in its isolated probe failed, unless ending is what the probe is about', async () => {
    const probes = [
      says('TINY-A-001', 'die-late', { isolated: true }),
      quits('TINY-A-002', { isolated: true }),
      says('TINY-A-003', 'a', { isolated: true }),
    ];
    expect(await told({ probes })).toEqual({
      'TINY-A-001': 'failed: the plugin ended by SIGKILL during TINY-A-001',
      'TINY-A-002': 'passed',
      'TINY-A-003': 'passed',
    });
  });

  test.each([{ isolate: true }, { shuffleSeed: 4 }])('is judged alike with %j', async (plan) => {
    const parts = { probes: words(['a', 'die-late', 'b', 'die', 'c']) };
    const verdicts = async (options: object) =>
      Object.fromEntries(Object.entries(await told(parts, options)).map(([id, text]) => [id, text.split(':')[0]]));
    expect(await verdicts({ plan })).toEqual(await verdicts({}));
  });
});

describe('time limits', () => {
  test('a failed one is confirmed alone, and a flaky one is cleared', async () => {
    const run = await runTiny(tinySuite({ probes: words(['a', 'slow-once', 'b']) }));
    expect(run.told).toEqual({ 'TINY-A-001': 'passed', 'TINY-A-002': 'passed', 'TINY-A-003': 'passed' });
    expect(run.starts).toContain('plain/confirm');
    expect(run.settled.find(({ id }) => id === 'TINY-A-002')?.outcome).toEqual(passed());
  });

  test('one that fails alone as well has failed', async () => {
    const run = await runTiny(tinySuite({ probes: words(['a', 'slow']) }));
    expect(run.told).toEqual({ 'TINY-A-001': 'passed', 'TINY-A-002': 'failed: nothing in that time' });
    expect(run.settled.filter(({ id }) => id === 'TINY-A-002')).toHaveLength(1);
  });

  test('what else was wrong with the requirement stays wrong', async () => {
    // Two launches settle one id: one is late once, the other is wrong for good.
    const probes = [
      says('TINY-A-001', 'slow-once', { settles: ['TINY-A-009'] }),
      probe('TINY-A-002', { launch: 'other', settles: ['TINY-A-001'] }, () => ({
        'TINY-A-002': passed(),
        'TINY-A-001': failed({ expected: 'right', observed: 'wrong' }),
      })),
    ];
    const parts: TinyParts = { probes: probes as TinyParts['probes'], launches: [{ name: 'other' }] };
    expect((await told(parts))['TINY-A-001']).toBe('failed: wrong');
  });

  test('a start that was slow beside others is made once more, alone', async () => {
    const parts: TinyParts = {
      probes: [says('TINY-A-001', 'a'), says('TINY-B-001', 'b', { launch: 'other' })],
      launches: [{ name: 'other', environment: () => ({ START_MS: '200', FAULT: 'slow-start' }) }],
    };
    const run = await runTiny(tinySuite(parts));
    expect(run.told).toEqual({ 'TINY-A-001': 'passed', 'TINY-B-001': 'passed' });
    expect(run.starts.filter((label) => label === 'other')).toHaveLength(2);
  });

  test('a start that is slow alone as well has failed, and is not tried for ever', async () => {
    const silent = { environment: () => ({ START_MS: '150', FAULT: 'silent' }) };
    const names = ['one', 'two', 'three'];
    const parts: TinyParts = {
      probes: [says('TINY-A-001', 'a'), ...names.map((name, n) => says(`TINY-B-00${n}`, 'b', { launch: name }))],
      launches: names.map((name) => ({ name, ...silent })),
    };
    const run = await runTiny(tinySuite(parts));
    expect(run.told).toEqual({
      'TINY-A-001': 'passed',
      'TINY-B-000': `blocked by ${startRequirement}`,
      'TINY-B-001': `blocked by ${startRequirement}`,
      'TINY-B-002': `blocked by ${startRequirement}`,
      [startRequirement]: 'failed: nothing was said',
    });
    expect(run.starts.length).toBeLessThanOrEqual(7);
  });
});

describe('a gate that does not open', () => {
  const parts: TinyParts = {
    probes: [
      ...words(['a', 'b']),
      says('TINY-A-008', 'x', { isolated: true }),
      says('TINY-A-009', 'x', { ending: true }),
      says('TINY-B-001', 'x', { launch: 'other' }),
      probe('TINY-D-001', { launches: ['plain', 'other'] }, () => passed()),
    ],
    launches: [{ name: 'other' }],
  };

  test('blocks everything with one root, and nothing else is started', async () => {
    const run = await runTiny(tinySuite(parts), { fault: 'no-start' });
    const ids = ['A-001', 'A-002', 'A-008', 'A-009', 'B-001', 'D-001'];
    expect(run.told).toEqual({
      ...Object.fromEntries(ids.map((id) => [`TINY-${id}`, `blocked by ${startRequirement}`])),
      [startRequirement]: 'failed: it ended before it was ready',
    });
    expect(run.starts).toEqual(['plain']);
  });

  test('is explained where a second look tells more', async () => {
    const cause = { class: 'cookie-refused', title: 'It wants a cookie' };
    const suite = { ...tinySuite(parts), explain: async () => cause };
    const run = await runTiny(suite, { fault: 'no-start' });
    expect(run.results.get(startRequirement)?.outcome).toMatchObject({ outcome: 'failed', cause });
  });
});

describe('a plugin that cannot live beside a copy of itself', () => {
  const parts: TinyParts = {
    probes: [
      ...words(['a', 'die-late', 'b']),
      quits('TINY-A-009', { ending: true }),
      says('TINY-B-001', 'x', { launch: 'other' }),
      says('TINY-B-002', 'x', { launch: 'other', isolated: true }),
    ],
    launches: [{ name: 'again' }, { name: 'other' }],
    pairs: true,
  };

  test('fails for that alone: its launches run one at a time, replays too', async () => {
    const run = await runTiny(tinySuite(parts), { fault: 'alone' });
    expect(run.told).toEqual({
      'TINY-A-001': 'passed',
      'TINY-A-002': 'failed: the plugin ended by SIGKILL during TINY-A-002',
      'TINY-A-003': 'passed',
      'TINY-A-009': 'passed',
      'TINY-B-001': 'passed',
      'TINY-B-002': 'passed',
      'TINY-LE-002': 'failed: it ended before it was ready',
    });
    // The pair comes first; once both have ended, no two are alive at any moment.
    let living = 0;
    const alive = run.events.flatMap(({ type }) => {
      if (type !== 'started' && type !== 'ended') return [];
      living += type === 'started' ? 1 : -1;
      return [living];
    });
    expect(alive.slice(0, 4)).toEqual([1, 2, 1, 0]);
    expect(Math.max(...alive.slice(4))).toBe(1);
  });
});

describe('the end before the end', () => {
  test('bail stops at the first failed MUST, not at a SHOULD', async () => {
    const parts: TinyParts = {
      probes: [...words(['a', 'die', 'b', 'c'], { isolated: true })],
      levels: { 'TINY-A-002': 'SHOULD' },
    };
    expect((await runTiny(tinySuite(parts), { bail: true, concurrency: 1 })).bailed).toBe(false);
    const run = await runTiny(tinySuite({ ...parts, levels: {} }), { bail: true, concurrency: 1, repeat: 3 });
    expect(run.bailed).toBe(true);
    expect(run.told).toEqual({
      'TINY-A-001': 'passed',
      'TINY-A-002': 'failed: the plugin exited with code 7',
      'TINY-A-003': 'skipped: not run: --bail ended the run before',
      'TINY-A-004': 'skipped: not run: --bail ended the run before',
    });
    expect(run.starts.filter((label) => label === 'plain')).toHaveLength(1);
  });

  test.each([0, 60, 200])(
    'an interrupt after %i ms leaves nothing running, and says what was not run',
    async (delay) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), delay);
      const list = Array.from({ length: 9 }, () => 'slow');
      const run = await runTiny(tinySuite({ probes: words(list) }), { signal: controller.signal });
      const outcomes = new Set(Object.values(run.told));
      expect(Object.keys(run.told)).toHaveLength(9);
      expect([...outcomes]).toEqual(['skipped: not run: the run was interrupted before']);
      expect(run.settled).toHaveLength(9);
    },
  );

  test('an interrupt before the beginning starts nothing', async () => {
    const run = await runTiny(tinySuite({ probes: words(['a']) }), { signal: AbortSignal.abort() });
    expect(run.told).toEqual({ 'TINY-A-001': 'skipped: not run: the run was interrupted before' });
  });
});

describe('our own faults', () => {
  test('in a probe are errored, and the next goes on', async () => {
    const probes = [
      says('TINY-A-001', 'a'),
      probe('TINY-A-002', { launch: 'plain' }, () => {
        throw new TypeError('oops');
      }),
      says('TINY-A-003', 'b'),
    ];
    expect(await told({ probes: probes as TinyParts['probes'] })).toEqual({
      'TINY-A-001': 'passed',
      'TINY-A-002': 'errored: TypeError: oops',
      'TINY-A-003': 'passed',
    });
  });

  test('in the preparation of a launch cost that launch alone', async () => {
    const broken = {
      setup: () => Promise.reject(new Error('no port is free')),
    };
    const parts: TinyParts = {
      probes: [
        says('TINY-A-001', 'a'),
        says('TINY-B-001', 'b', { launch: 'broken' }),
        says('TINY-B-002', 'b', { launch: 'broken', isolated: true }),
        says('TINY-C-001', 'c', { launch: 'fine' }),
        probe('TINY-D-001', { launches: ['plain', 'broken'] }, () => passed()) as TinyParts['probes'][0],
      ],
      launches: [{ name: 'broken', ...broken }, { name: 'fine' }],
    };
    for (const concurrency of [1, 4])
      expect(await told(parts, { concurrency })).toEqual({
        'TINY-A-001': 'passed',
        'TINY-B-001': 'errored: Error: no port is free',
        'TINY-B-002': 'errored: Error: no port is free',
        'TINY-C-001': 'passed',
        'TINY-D-001': 'errored: Error: no port is free',
      });
  });

  test('while a session is opened end the plugin, undo the preparation and give the room back', async () => {
    const pool = new Pool(1);
    const undone: string[] = [];
    const setup = async () => ({ dispose: () => void undone.push('undone') });
    const parts: TinyParts = { probes: words(['a']), open: () => Promise.reject(new Error('oops')) };
    const suite = tinySuite(parts);
    const [gate] = suite.launches;
    await expect(runTiny({ ...suite, launches: [{ ...gate, setup }] }, { pool })).rejects.toThrow('oops');
    expect(undone).toEqual(['undone']);
    expect(await pool.alone(async () => 'free')).toBe('free');
  });

  test('an id that a probe promised to settle and did not is not passed over', async () => {
    const probes = [probe('TINY-A-001', { launch: 'plain', settles: ['TINY-A-002'] }, () => passed())];
    expect(await told({ probes: probes as TinyParts['probes'] })).toEqual({
      'TINY-A-001': 'passed',
      'TINY-A-002': 'errored: TINY-A-001 did not settle it',
    });
  });
});

describe('what does not fit', () => {
  test('is skipped with the reason, and so is what looks at it', async () => {
    const parts: TinyParts = {
      probes: [
        says('TINY-A-001', 'a'),
        says('TINY-B-001', 'b', { launch: 'ports', settles: ['TINY-B-002'] }),
        probe('TINY-D-001', { launches: ['plain', 'ports'] }, () => passed()) as TinyParts['probes'][0],
        says('TINY-C-001', 'c', { soak: true }),
      ],
      launches: [{ name: 'ports', unfit: () => 'it listens on a Unix socket' }],
    };
    const run = await runTiny(tinySuite(parts));
    expect(run.told).toEqual({
      'TINY-A-001': 'passed',
      'TINY-B-001': 'skipped: it listens on a Unix socket',
      'TINY-B-002': 'skipped: it listens on a Unix socket',
      'TINY-C-001': 'skipped: needs a wait of more than 5 s to prove anything: run with --soak',
      'TINY-D-001': 'skipped: it listens on a Unix socket',
    });
    expect(run.starts).toEqual(['plain']);
  });

  test('and what was not asked for has no outcome', async () => {
    const parts = { probes: [says('TINY-A-001', 'a', { settles: ['TINY-A-002'] }), says('TINY-A-003', 'b')] };
    expect(Object.keys(await told(parts, { plan: { scope: { only: ['TINY-A-001'] } } }))).toEqual(['TINY-A-001']);
  });
});

test('several plugins in one pool, one of them with a fault of ours, all come to an end', async () => {
  const pool = new Pool(2);
  const fine = tinySuite({ probes: words(['a', 'slow-once', 'b']), launches: [{ name: 'again' }], pairs: true });
  const broken = tinySuite({ probes: words(['a']), open: () => Promise.reject(new Error('oops')) });
  const runs = await Promise.allSettled([
    runTiny(fine, { pool }),
    runTiny(broken, { pool }),
    runTiny(broken, { pool }),
    runTiny(fine, { pool }),
  ]);
  expect(runs.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
});
