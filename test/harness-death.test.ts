/** Whatever ends the command, and whenever: nothing of a run is left behind, and what was learnt is told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixtures } from '../scripts/fixtures/fixtures.mjs';
import { type Command, launchesBegun, leftovers, startCommand } from './support/command.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { until } from './support/until.ts';

const names = ['go-kv', 'typescript'];
const fixture = names.flatMap((name) => fixtures().find((one) => one.name === name && one.available) ?? [])[0];

function startCheck(): { command: Command; report: () => Record<string, unknown> } {
  if (!fixture) throw new Error('no fixture is built: node scripts/fixtures/build.mjs');
  const file = join(temporaryFolder(), 'report.json');
  const { cookie, protocolVersions, command } = fixture;
  const words = ['check', '--cookie', `${cookie.key}=${cookie.value}`, '--report', `json=${file}`];
  const versions = protocolVersions.flatMap((version) => ['--protocol-version', String(version)]);
  return {
    command: startCommand([...words, ...versions, '--', ...command]),
    report: () => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>,
  };
}

/** Moments by the number of launches begun, from the first sign of a run to far into it. */
const moments = [0, 1, 2, 3, 5, 8, 12, 16, 20, 25];

async function reach(command: Command, launches: number): Promise<void> {
  const isThere = () => leftovers(command).length > 0 && launchesBegun(command) >= launches;
  await until(`${launches} launches have begun`, () => isThere() || command.hasEnded(), 60_000);
  expect(command.hasEnded()).toBe(false);
}

/** Ten runs, some of them far into it, on a machine that may have other work. */
const limitMs = 240_000;

/** Some at once: a run waits more than it works, but not so many that they only wait for each other. */
async function atEach(work: (moment: number, index: number) => Promise<void>): Promise<void> {
  const queue = [...moments.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(next[1], next[0]);
  };
  await Promise.all([worker(), worker(), worker()]);
}

describe.runIf(process.platform === 'linux')('nothing is left behind', () => {
  test('by a harness that is killed, at ten moments', { timeout: limitMs }, async () => {
    await atEach(async (moment) => {
      const { command } = startCheck();
      await reach(command, moment);
      command.child.kill('SIGKILL');
      expect(await command.ended).toBe('SIGKILL');
      await until(`all is gone after ${moment} launches`, () => leftovers(command).length === 0);
    });
  });

  test('by a harness that is told to stop, at ten moments; and it tells what it learnt', {
    timeout: limitMs,
  }, async () => {
    await atEach(async (moment, index) => {
      const { command, report } = startCheck();
      await reach(command, moment);
      command.child.kill(index % 2 === 0 ? 'SIGINT' : 'SIGTERM');
      expect([moment, await command.ended]).toEqual([moment, 130]);
      expect(leftovers(command)).toEqual([]);
      const { kind, interrupted, outcomes, launches } = report();
      expect([kind, interrupted]).toEqual(['report', true]);
      expect(Array.isArray(outcomes) && outcomes.length > 0 && Array.isArray(launches)).toBe(true);
      expect(command.stderr()).toBe('');
      expect(command.stdout()).toContain('interrupted');
    });
  });

  test('by a harness that is told twice', async () => {
    const each = [0, 2, 10].map(async (moment) => {
      const { command } = startCheck();
      await reach(command, moment);
      command.child.kill('SIGINT');
      command.child.kill('SIGINT');
      expect(await command.ended).toBe(130);
      await until(`all is gone after ${moment} launches`, () => leftovers(command).length === 0);
    });
    await Promise.all(each);
  });

  test('by a harness whose terminal hangs up', async () => {
    const { command } = startCheck();
    await reach(command, 4);
    command.child.kill('SIGHUP');
    expect(await command.ended).toBe(130);
    expect(leftovers(command)).toEqual([]);
  });

  test('by a harness that comes to its end', async () => {
    const { command, report } = startCheck();
    expect(await command.ended).toBe(0);
    expect(leftovers(command)).toEqual([]);
    expect(report()).toMatchObject({ interrupted: false, complete: true, verdict: 'conformant' });
  });
});
