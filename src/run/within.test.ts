import { describe, expect, test } from 'vitest';
import { startShell } from '../../test/support/launching.ts';
import { DeadlinePassed, PluginExited } from './plugin-fact.ts';
import { eventually, whileAlive, within } from './within.ts';

const never = new Promise<never>(() => undefined);
const caught = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe('within', () => {
  test('gives what comes in time', async () => {
    expect(await within(Promise.resolve(7), { limitMs: 5000, what: 'seven' })).toBe(7);
  });

  test('throws a fact when nothing comes', async () => {
    const error = await caught(within(never, { limitMs: 30, what: 'an answer' }));
    expect(error).toBeInstanceOf(DeadlinePassed);
    expect(error).toMatchObject({ message: 'an answer: nothing within 30 ms', waitedFor: 'an answer', limitMs: 30 });
  });

  test('passes on what is thrown', async () => {
    const fault = new Error('broken');
    expect(await caught(within(Promise.reject(fault), { limitMs: 5000, what: 'x' }))).toBe(fault);
  });
});

describe('whileAlive', () => {
  test('throws a fact when the plugin ends, before or meanwhile', async () => {
    const plugin = await startShell('exit 5');
    const error = await caught(whileAlive(plugin, never, { limitMs: 20_000, what: 'x' }));
    expect(error).toBeInstanceOf(PluginExited);
    expect(error).toMatchObject({ message: 'the plugin exited with code 5', exit: { code: 5 } });
    expect(await caught(whileAlive(plugin, never, { limitMs: 20_000, what: 'x' }))).toBeInstanceOf(PluginExited);
  });

  test('gives what comes from a plugin that lives', async () => {
    const plugin = await startShell('exec sleep 600');
    expect(await whileAlive(plugin, Promise.resolve('fine'), { limitMs: 20_000, what: 'x' })).toBe('fine');
    expect(await caught(whileAlive(plugin, never, { limitMs: 30, what: 'x' }))).toBeInstanceOf(DeadlinePassed);
  });
});

describe('eventually', () => {
  test('asks until it is so', async () => {
    let asked = 0;
    expect(await eventually(() => ++asked === 3, { limitMs: 20_000, everyMs: 1 })).toBe(true);
    expect(asked).toBe(3);
  });

  test('asks once more at the limit, and then gives up', async () => {
    const began = performance.now();
    let asked = 0;
    const isSo = async () => {
      asked += 1;
      return false;
    };
    expect(await eventually(isSo, { limitMs: 40, everyMs: 1000 })).toBe(false);
    expect(performance.now() - began).toBeGreaterThanOrEqual(39);
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(4);
  });
});
