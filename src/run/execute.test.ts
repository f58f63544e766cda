import { describe, expect, test } from 'vitest';
import { startShell } from '../../test/support/launching.ts';
import { TinySession } from '../../test/support/tiny-suite.ts';
import { execute } from './execute.ts';
import { blocked, failed, type Outcome, passed, skipped } from './outcome.ts';
import { Blocked, ConnectionClosed, DeadlinePassed, NotOffered, PluginExited, PluginFact } from './plugin-fact.ts';
import { type ProbeReturn, probe } from './suite.ts';

const broken = failed({ expected: 'ready', observed: 'it is not' });

async function outcomesOf(run: () => ProbeReturn | Promise<ProbeReturn>, own = false) {
  const plugin = await startShell('echo last words >&2; exit 1');
  await plugin.whenExited;
  await plugin.stderr.ended;
  const session = new TinySession(
    'plain',
    plugin,
    {},
    own ? { by: 'A-001', outcome: broken, stage: 'start' } : undefined,
  );
  const { outcomes, cutShort, durationMs } = await execute(
    probe('A-001', { launch: 'plain', settles: ['A-002'] }, run),
    [session],
  );
  expect(durationMs).toBeGreaterThanOrEqual(0);
  return { outcomes: Object.fromEntries(outcomes), cutShort };
}

const raise = (error: unknown) => () => {
  throw error;
};
const behind = (reason: string): Outcome => blocked('A-001', reason);
const unseen = behind('A-001 failed before this could be seen');

describe('execute', () => {
  test.each<[string, ProbeReturn, object]>([
    ['one outcome', passed(), { 'A-001': passed() }],
    [
      'outcomes by id',
      { 'A-001': passed('well'), 'A-002': skipped('not offered') },
      { 'A-001': passed('well'), 'A-002': skipped('not offered') },
    ],
    ['less than it might', { 'A-002': passed() }, { 'A-002': passed() }],
  ])('takes the word of a probe: %s', async (_, result, outcomes) => {
    expect(await outcomesOf(() => result)).toEqual({ outcomes, cutShort: false });
    expect(await outcomesOf(async () => result)).toEqual({ outcomes, cutShort: false });
  });

  test.each<[string, PluginFact, object]>([
    [
      'closed a connection',
      new ConnectionClosed('it hung up'),
      { expected: 'the connection stays open', observed: 'it hung up' },
    ],
    [
      'was too slow',
      new DeadlinePassed('an answer', 50),
      { expected: 'an answer within 50 ms', observed: 'nothing in that time', timing: true },
    ],
    [
      'did something else',
      new PluginFact('it answered nonsense'),
      { expected: 'the plugin answers', observed: 'it answered nonsense' },
    ],
    [
      'ended',
      new PluginExited({ code: 1, atMs: 3 }),
      { expected: 'the plugin keeps running', observed: 'the plugin exited with code 1' },
    ],
  ])('a plugin that %s failed, and the rest could not be seen', async (_, fact, failure) => {
    const { outcomes, cutShort } = await outcomesOf(raise(fact));
    expect(outcomes['A-001']).toMatchObject({ outcome: 'failed', ...failure });
    expect(outcomes['A-001']?.outcome === 'failed' && outcomes['A-001'].evidence?.map(({ text }) => text)).toEqual([
      'last words',
      'exited with code 1',
    ]);
    expect(outcomes['A-002']).toEqual(unseen);
    expect(cutShort).toBe(true);
  });

  test('a plugin that ended has a cause', async () => {
    const { outcomes } = await outcomesOf(raise(new PluginExited({ code: 1, atMs: 3 })));
    expect(outcomes['A-001']).toMatchObject({
      cause: { class: 'crash-in-call', title: 'The plugin exited with code 1 during A-001' },
    });
  });

  test('what is not offered is skipped, with all that hangs on it', async () => {
    const all = skipped('no reflection');
    expect(await outcomesOf(raise(new NotOffered('no reflection')))).toEqual({
      outcomes: { 'A-001': all, 'A-002': all },
      cutShort: true,
    });
  });

  test('what is blocked by another names it', async () => {
    const all = blocked('B-001', 'no handshake');
    expect(await outcomesOf(raise(new Blocked('B-001', 'no handshake')))).toEqual({
      outcomes: { 'A-001': all, 'A-002': all },
      cutShort: true,
    });
  });

  test('what is blocked by itself is the failure', async () => {
    expect(await outcomesOf(raise(new Blocked('A-001', 'x')), true)).toEqual({
      outcomes: { 'A-001': broken, 'A-002': unseen },
      cutShort: true,
    });
  });

  test.each<[string, unknown, RegExp]>([
    ['an error', new TypeError('x is not a function'), /^TypeError: x is not a function\n {4}at .*execute\.test/],
    ['something thrown', 'thrown', /^thrown$/],
    ['nothing', undefined, /^undefined$/],
  ])('%s is our own fault', async (_, error, reason) => {
    const { outcomes, cutShort } = await outcomesOf(raise(error));
    expect(outcomes).toEqual({
      'A-001': { outcome: 'errored', reason: expect.stringMatching(reason) },
      'A-002': { outcome: 'errored', reason: expect.stringMatching(reason) },
    });
    expect(cutShort).toBe(false);
  });
});
