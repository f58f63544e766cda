import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pool } from './pool.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A task that runs until it is told to end. */
function held() {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}

describe('enter', () => {
  test.each([0, 1, 2, 3])('lets in no more than a pool of %i holds', async (size) => {
    const pool = new Pool(size);
    const room = Math.max(1, size);
    const left: (() => void)[] = [];
    for (let n = 0; n < room + 2; n += 1) void pool.enter().then((leave) => left.push(leave));
    await turn();
    expect(left).toHaveLength(room);
    left[0]?.();
    await turn();
    expect(left).toHaveLength(room + 1);
    // Leaving twice gives no room twice.
    left[0]?.();
    await turn();
    expect(left).toHaveLength(room + 1);
  });
});

describe('alone', () => {
  test('waits until nobody is in, and keeps everybody out', async () => {
    const pool = new Pool(4);
    const log: string[] = [];
    const leave = await pool.enter();
    const task = held();
    const alone = pool.alone(async () => {
      log.push('alone');
      await task.over;
      log.push('over');
      return 7;
    });
    await turn();
    expect(log).toEqual([]);
    leave();
    await turn();
    expect(log).toEqual(['alone']);
    const entered = pool.enter().then((out) => {
      log.push('entered');
      return out;
    });
    await turn();
    expect(log).toEqual(['alone']);
    task.end();
    expect(await alone).toBe(7);
    (await entered)();
    expect(log).toEqual(['alone', 'over', 'entered']);
  });

  test('gives its room back when the task fails', async () => {
    const pool = new Pool(1);
    await expect(pool.alone(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(pool.enterAlone(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await pool.alone(async () => 'fine')).toBe('fine');
  });

  test('enterAlone keeps one place afterwards, beside others', async () => {
    const pool = new Pool(2);
    const { result, leave } = await pool.enterAlone(async () => 'made');
    expect(result).toBe('made');
    const other = await pool.enter();
    let third = false;
    void pool.enter().then(() => {
      third = true;
    });
    await turn();
    expect(third).toBe(false);
    leave();
    await turn();
    expect(third).toBe(true);
    other();
  });
});

test('watchAlone tells whether one task alone has run', async () => {
  const pool = new Pool(3);
  const quiet = pool.watchAlone();
  const first = await pool.enter();
  expect(quiet()).toBe(true);
  const beside = pool.watchAlone();
  const second = await pool.enter();
  expect(quiet()).toBe(false);
  expect(beside()).toBe(false);
  first();
  second();
  const after = pool.watchAlone();
  await pool.alone(async () => undefined);
  expect(after()).toBe(true);
});

test('never comes to a standstill, never holds too many, whatever the mix', async () => {
  const kinds = fc.array(fc.constantFrom('enter', 'alone', 'enterAlone', 'fails'), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      kinds,
      fc.array(fc.nat({ max: 3 }), { maxLength: 30 }),
      async (size, tasks, waits) => {
        const pool = new Pool(size);
        let inside = 0;
        let exclusive = 0;
        const work = async (n: number) => {
          expect(exclusive).toBe(0);
          inside += 1;
          expect(inside).toBeLessThanOrEqual(size);
          for (let wait = waits[n] ?? 0; wait > 0; wait -= 1) await turn();
          inside -= 1;
        };
        const solitary = async (n: number) => {
          expect(inside).toBe(0);
          expect(exclusive).toBe(0);
          exclusive += 1;
          for (let wait = waits[n] ?? 0; wait > 0; wait -= 1) await turn();
          exclusive -= 1;
        };
        const run = async (kind: string, n: number): Promise<void> => {
          if (kind === 'alone') return pool.alone(() => solitary(n));
          if (kind === 'fails') return pool.alone(() => Promise.reject(new Error('x'))).catch(() => undefined);
          if (kind === 'enterAlone') {
            const { leave } = await pool.enterAlone(() => solitary(n));
            await work(n);
            return leave();
          }
          const leave = await pool.enter();
          await work(n);
          return leave();
        };
        await Promise.all(tasks.map(run));
        expect([inside, exclusive]).toEqual([0, 0]);
        expect(await pool.alone(async () => 'free')).toBe('free');
      },
    ),
    { numRuns: 60 },
  );
});
