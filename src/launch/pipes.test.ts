import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineOf, startShell } from '../../test/support/launching.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { until } from '../../test/support/until.ts';
import { closeQuietly, openPipes } from './pipes.ts';

const isLinux = process.platform === 'linux';

const waitBlocking = (condition: () => boolean): void => {
  for (let turn = 0; turn < 2000 && !condition(); turn += 1) spawnSync('sleep', ['0.01']);
  expect(condition()).toBe(true);
};

describe('stdout and stderr', () => {
  test('can be opened by name, as wrapper scripts do', async () => {
    const plugin = await startShell('echo one > /dev/stdout; echo two > /dev/stderr; echo three | tee /dev/stderr');
    await plugin.whenExited;
    await plugin.end();
    expect(plugin.stdout.lines().map((line) => line.bytes.toString())).toEqual(['one', 'three']);
    expect(plugin.stderr.lastLines(9)).toEqual(['two', 'three']);
  });

  test('take 64 KiB while nobody reads, and block the next byte', async () => {
    const plugin = await startShell(
      `dd if=/dev/zero bs=65536 count=1; echo > "$TMPDIR/full"; printf x; echo > "$TMPDIR/over"; exec sleep 600`,
    );
    const there = (name: string) => existsSync(join(plugin.directory, name));
    // The event loop stands still, so nothing is read.
    waitBlocking(() => there('full'));
    spawnSync('sleep', ['0.1']);
    expect(there('over')).toBe(false);
    await until('the pipe was read', () => there('over'));
    await until('all was read', () => plugin.stdout.total === 65_537);
  });

  test('end with the process, or with the last one that holds them', async () => {
    const plugin = await startShell('echo said; sleep 600 & exit 3');
    const exit = await plugin.whenExited;
    expect(exit).toMatchObject({ code: 3 });
    expect(await lineOf(plugin)).toBe('said');
    expect(plugin.stdout.endedAtMs).toBeUndefined();
    await plugin.end();
    expect(plugin.stdout.endedAtMs).toBeGreaterThanOrEqual(exit.atMs);
  });
});

describe('stdin', () => {
  const sleep = 'echo ready; exec sleep 600';
  test.each<[string, string, boolean | undefined]>([
    ['a plugin that does not care', sleep, false],
    ['a plugin that reads a line', `read -r line; ${sleep}`, true],
    ['a plugin that reads a few bytes', `head -c 5 > /dev/null; ${sleep}`, true],
    ['a plugin that closes its stdin', `exec <&-; ${sleep}`, false],
  ])('%s', async (_, script, taken) => {
    const plugin = await startShell(script, { stdin: 'pipe' });
    await lineOf(plugin);
    expect(plugin.hasReadStdin).toBe(isLinux ? taken : undefined);
    // Looking changes nothing.
    expect(plugin.hasReadStdin).toBe(isLinux ? taken : undefined);
  });

  test.runIf(isLinux)('what was offered is still there for whoever reads later', async () => {
    const plugin = await startShell('while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; read -r line; echo "$line"', {
      stdin: 'pipe',
    });
    expect(plugin.hasReadStdin).toBe(false);
    writeFileSync(join(plugin.directory, 'go'), '');
    expect(await lineOf(plugin)).toBe('plugfest offers this line to see whether anybody reads stdin');
  });

  test('null gives an end of file, closed gives nothing at all', async () => {
    const script = 'if [ -e /dev/fd/0 ]; then wc -c; else echo closed; fi';
    const shut = await startShell(script, { stdin: 'closed' });
    const empty = await startShell(script, { stdin: 'null' });
    expect((await lineOf(shut)).trim()).toBe('closed');
    expect((await lineOf(empty)).trim()).toBe('0');
    expect([shut.hasReadStdin, empty.hasReadStdin]).toEqual([undefined, undefined]);
  });
});

describe('FIFOs that a plugin has had its hands on', () => {
  const fifo = (path: string): string => {
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    return path;
  };
  const descriptors = () => readdirSync(isLinux ? '/proc/self/fd' : '/dev/fd').length;

  test.each<[string, (path: string, folder: string) => void]>([
    ['one is missing', () => undefined],
    ['one is a file', (path) => writeFileSync(path, 'precious')],
    ['one is a folder', (path) => mkdirSync(path)],
    [
      'one is a link to a file',
      (path, folder) => {
        writeFileSync(join(folder, 'target'), 'precious');
        symlinkSync(join(folder, 'target'), path);
      },
    ],
    ['one is a link to another FIFO', (path, folder) => symlinkSync(fifo(join(folder, 'other')), path)],
  ])('%s: none is used, and nothing stays open', (_, spoil) => {
    const folder = temporaryFolder();
    const paths = [fifo(join(folder, 'f0')), join(folder, 'f1'), fifo(join(folder, 'f2'))];
    spoil(join(folder, 'f1'), folder);
    const before = descriptors();
    expect(openPipes(paths)).toBeUndefined();
    expect(descriptors()).toBe(before);
    if (existsSync(join(folder, 'target'))) expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('precious');
  });

  test('what is opened is gone from the folder', () => {
    const folder = temporaryFolder();
    const before = descriptors();
    const pipes = openPipes(['f0', 'f1', 'f2'].map((name) => fifo(join(folder, name))));
    expect(pipes).toBeDefined();
    expect(readdirSync(folder)).toEqual([]);
    expect(descriptors()).toBe(before + 6);
    for (const ends of [pipes?.stdout, pipes?.stderr, pipes?.stdin]) closeQuietly(ends?.read, ends?.write);
  });
});
