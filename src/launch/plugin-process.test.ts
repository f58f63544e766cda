import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lineOf, startNode, startShell, testLauncher, written } from '../../test/support/launching.ts';
import { isAlive } from '../../test/support/processes.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { until } from '../../test/support/until.ts';
import { isComplete } from './process-table.ts';

/** Reads the process ids a script has printed, one on each line. */
const pidsOf = async (plugin: Awaited<ReturnType<typeof startShell>>, count: number): Promise<number[]> => {
  await lineOf(plugin, count);
  return written(plugin).slice(0, count).map(Number);
};

describe('the end of a process', () => {
  test.each<[string, string, object]>([
    ['an exit code', 'exit 0', { code: 0 }],
    ['another one', 'exit 3', { code: 3 }],
    ['a signal', 'kill -SEGV $$', { signal: 'SIGSEGV' }],
    ['its own process group', 'kill -KILL 0', { signal: 'SIGKILL' }],
  ])('by %s', async (_, script, how) => {
    const plugin = await startShell(script);
    const exit = await plugin.whenExited;
    expect(exit).toEqual({ ...how, atMs: exit.atMs });
    expect(plugin.exited).toEqual(exit);
    expect(await plugin.end()).toEqual({ leaked: [], complete: isComplete });
    expect(existsSync(plugin.directory)).toBe(false);
  });

  test('is known before the pipes end, and is its own even when a grandchild holds them', async () => {
    const plugin = await startShell('sleep 600 & exit 4');
    expect(await plugin.whenExited).toMatchObject({ code: 4 });
    expect(plugin.stdout.endedAtMs).toBeUndefined();
  });

  test('that Plugfest brought about says so', async () => {
    const plugin = await startShell("trap '' TERM INT HUP; echo; while :; do sleep 1; done");
    await lineOf(plugin);
    expect(plugin.signal('SIGTERM')).toBe(true);
    expect(plugin.exited).toBeUndefined();
    const ending = plugin.end('it was too slow');
    expect(await plugin.whenExited).toMatchObject({ signal: 'SIGKILL', killedBy: 'it was too slow' });
    expect(await ending).toEqual({ leaked: [], complete: isComplete });
    expect(plugin.transcript.entries().map(({ source, text }) => `${source} ${text}`)).toEqual([
      `start pid ${plugin.pid}: /bin/sh -c ${"trap '' TERM INT HUP; echo; while :; do sleep 1; done"}`,
      'stdout ',
      `signal SIGTERM to ${plugin.pid}`,
      expect.stringMatching(/^exit ended by SIGKILL \(killed by Plugfest: it was too slow\)$/),
    ]);
  });

  test('that a host asked for is not blamed on Plugfest', async () => {
    const plugin = await startShell('echo; exec sleep 600');
    await lineOf(plugin);
    plugin.signal('SIGKILL');
    const exit = await plugin.whenExited;
    expect(exit).toEqual({ signal: 'SIGKILL', atMs: exit.atMs });
    // Somebody else may have its number by now.
    expect(plugin.signal('SIGTERM')).toBe(false);
    expect(plugin.signalGroup('SIGTERM')).toBe(false);
  });

  test('comes once, however often it is asked for', async () => {
    const plugin = await startShell('exec sleep 600');
    const [first, second] = await Promise.all([plugin.end('first'), plugin.end('second')]);
    expect(second).toBe(first);
    expect(plugin.exited?.killedBy).toBe('first');
  });

  test('signalGroup reaches the children, also of a process that has ended', async () => {
    const plugin = await startShell('sleep 600 & echo $!; exit 0');
    const [child = 0] = await pidsOf(plugin, 1);
    await plugin.whenExited;
    expect(plugin.signalGroup('SIGTERM')).toBe(isComplete);
    if (isComplete) await until('the child has ended', () => !isAlive(child));
  });

  test('the last words are read although the pipe stays open', async () => {
    const plugin = await startShell('setsid sleep 600 & printf "last words"; exit 1');
    await plugin.whenExited;
    await plugin.end();
    expect(written(plugin)).toEqual(['last words']);
  });
});

describe.runIf(isComplete)('processes left behind', () => {
  test.each<[string, string, readonly string[]]>([
    ['in the group', 'sleep 600 & echo $!; exit 0', ['process PID (sleep)']],
    ['in the group, without an environment', 'env -i sleep 600 & echo $!; exit 0', ['process PID (sleep)']],
    [
      'in a session of its own',
      'setsid sleep 600 & echo $!; exit 0',
      ['process PID (sleep), which had left the process group'],
    ],
    [
      'in a session of its own without an environment, but with the output',
      'setsid env -i sleep 600 & echo $!; exit 0',
      ['process PID (sleep), which had left the process group and still held the output'],
    ],
    [
      'which ignore all that can be ignored',
      `(trap '' TERM INT HUP QUIT PIPE USR1; exec setsid sleep 600) & echo $!; exit 0`,
      ['process PID (sleep), which had left the process group'],
    ],
  ])('%s: named and ended', async (_, script, leaked) => {
    const plugin = await startShell(script);
    await plugin.whenExited;
    const [child = 0] = await pidsOf(plugin, 1);
    await until('the child sleeps', () => readFileSync(`/proc/${child}/comm`, 'utf8') === 'sleep\n');
    const isHidden = leaked.some((text) => text.includes('held the output'));
    expect(plugin.processes().length).toBe(isHidden ? 0 : 1);
    expect(await plugin.end()).toEqual({
      leaked: leaked.map((text) => text.replace('PID', String(child))),
      complete: true,
    });
    expect(isAlive(child)).toBe(false);
    expect(plugin.transcript.last(9, 'census').map(({ text }) => text)).toEqual(
      leaked.map((text) => `left behind: ${text.replace('PID', String(child))}`),
    );
  });

  test('by a plugin that was ended are no leak, unless they had left the group', async () => {
    const plugin = await startShell(
      'sleep 600 & echo $!; setsid env -i sleep 600 > /dev/null 2>&1 & echo $!; exec sleep 600',
    );
    const [inside = 0, outside = 0] = await pidsOf(plugin, 2);
    await until('both sleep', () => plugin.processes().filter(({ name }) => name === 'sleep').length === 3);
    const { leaked } = await plugin.end();
    expect(leaked).toEqual([`process ${outside} (sleep), which had left the process group`]);
    expect([inside, outside, plugin.pid].filter(isAlive)).toEqual([]);
  });

  test('are ended even when they multiply', async () => {
    const plugin = await startShell(
      'spawn() { while :; do setsid sleep 600 & sleep 0.01; done; }; spawn & spawn & echo; wait',
    );
    await lineOf(plugin);
    await until('there are some', () => plugin.processes().length > 20);
    const pids = plugin.processes().map(({ pid }) => pid);
    await plugin.end();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(plugin.processes()).toEqual([]);
  });

  test('and not yet: more than five hundred are the end of the plugin', async () => {
    const plugin = await startShell('n=0; while [ $n -lt 520 ]; do sleep 600 & n=$((n + 1)); done; wait');
    const exit = await plugin.whenExited;
    expect(exit).toMatchObject({ signal: 'SIGKILL' });
    expect(exit.killedBy).toMatch(/^it had started 5\d\d processes; 500 is the limit$/);
    await plugin.end();
    expect(plugin.processes()).toEqual([]);
  });
});

describe('files left behind', () => {
  test('are named by a plugin that ended by itself, without what the launch had given it', async () => {
    const launcher = testLauncher();
    const plugin = await launcher.start({
      launch: 'plain',
      path: '/bin/sh',
      command: [
        'sh',
        '-c',
        'echo > "$TMPDIR/a b"; mkdir "$TMPDIR/d"; echo > "$TMPDIR/d/inner"; echo > "$TMPDIR/given/x"',
      ],
      cwd: '/',
      environment: (directory) => {
        mkdirSync(`${directory}/given`);
        return { PATH: '/usr/bin:/bin', TMPDIR: directory };
      },
    });
    await plugin.whenExited;
    const { leaked } = await plugin.end();
    expect([...leaked].sort()).toEqual([`file ${plugin.directory}/a b`, `file ${plugin.directory}/d`]);
    expect(readdirSync(launcher.directory).filter((name) => !/^f\d+$/.test(name))).toEqual([]);
  });

  test('are no leak of a plugin that was killed', async () => {
    const plugin = await startShell('echo > "$TMPDIR/a"; echo; exec sleep 600');
    await lineOf(plugin);
    expect((await plugin.end()).leaked).toEqual([]);
    expect(existsSync(plugin.directory)).toBe(false);
  });

  test('five thousand of them: fifty are named, all are removed', async () => {
    const plugin = await startNode(
      `for (let n = 0; n < 5000; n += 1) require('node:fs').writeFileSync(process.env.TMPDIR + '/' + n, '')`,
    );
    expect(await plugin.whenExited).toMatchObject({ code: 0 });
    const { leaked } = await plugin.end();
    expect(leaked).toHaveLength(50);
    expect(existsSync(plugin.directory)).toBe(false);
  });

  test.each<[string, string]>([
    ['folders that nobody may enter', 'mkdir -p a/b/c; echo > a/b/c/f; chmod 000 a/b/c a/b a'],
    ['a folder that is read-only', 'mkdir a; echo > a/f; chmod 555 a .'],
    ['names of all kinds', `echo > "$(printf 'a\\nb')"; echo > "$(printf '\\377\\376')"; echo > -rf; echo > ' '`],
    [
      'a path longer than the system takes',
      'n=0; while [ $n -lt 60 ]; do d=$(printf "%0100d" $n); mkdir $d; cd $d; n=$((n + 1)); done; echo > f',
    ],
    ['FIFOs and dangling links', 'mkfifo p; ln -s nowhere l; ln -s . loop'],
  ])('%s do not stay', async (_, script) => {
    const plugin = await startShell(`cd "$TMPDIR" && ${script}`);
    expect(await plugin.whenExited).toMatchObject({ code: 0 });
    await plugin.end();
    expect(existsSync(plugin.directory)).toBe(false);
  });

  test('links are removed, and never what they lead to', async () => {
    const precious = temporaryFolder();
    writeFileSync(join(precious, 'file'), 'precious');
    mkdirSync(join(precious, 'folder'));
    chmodSync(join(precious, 'folder'), 0o500);
    const plugin = await startShell(
      'cd "$TMPDIR" && ln -s "$OUT" link && ln -s "$OUT/file" file && mkdir a && ln -s "$OUT/folder" a/folder && chmod 000 a',
      { env: { OUT: precious } },
    );
    expect(await plugin.whenExited).toMatchObject({ code: 0 });
    await plugin.end();
    expect(existsSync(plugin.directory)).toBe(false);
    expect(readFileSync(join(precious, 'file'), 'utf8')).toBe('precious');
    expect(lstatSync(join(precious, 'folder')).mode & 0o777).toBe(0o500);
  });

  test('a private folder that was exchanged for a link: the link goes, what it leads to stays', async () => {
    const precious = temporaryFolder();
    writeFileSync(join(precious, 'file'), 'precious');
    const plugin = await startShell('mv "$TMPDIR" "$TMPDIR.away" && ln -s "$OUT" "$TMPDIR" && echo > "$TMPDIR/new"', {
      env: { OUT: precious },
    });
    expect(await plugin.whenExited).toMatchObject({ code: 0 });
    expect(readlinkSync(plugin.directory)).toBe(precious);
    expect((await plugin.end()).leaked).toEqual([]);
    expect(() => lstatSync(plugin.directory)).toThrow('ENOENT');
    expect(readdirSync(precious).sort()).toEqual(['file', 'new']);
  });

  test('a private folder that is gone is no trouble', async () => {
    const plugin = await startShell('rm -r "$TMPDIR"');
    await plugin.whenExited;
    expect((await plugin.end()).leaked).toEqual([]);
  });
});

describe('claimed sockets', () => {
  const listen = `require('node:net').createServer().listen(process.env.SOCKET, () => console.log('ready'))`;
  const listening = async (path: string) => {
    const plugin = await startNode(listen, { env: { SOCKET: path } });
    await lineOf(plugin);
    plugin.claim(path);
    return plugin;
  };
  /** Dies by its own hand, without a chance to remove its socket. */
  const dying = async (path: string) => {
    const plugin = await startNode(listen.replace("console.log('ready')", "process.kill(process.pid, 'SIGKILL')"), {
      env: { SOCKET: path },
    });
    plugin.claim(path);
    await plugin.whenExited;
    expect(lstatSync(path).isSocket()).toBe(true);
    return plugin;
  };

  test('outside the folder are removed, and are a leak when the plugin ended by itself', async () => {
    const path = join(temporaryFolder(), 's');
    const plugin = await dying(path);
    expect((await plugin.end()).leaked).toEqual([`socket ${path}`]);
    expect(existsSync(path)).toBe(false);
  });

  test('of a plugin that was killed are removed without a word', async () => {
    const path = join(temporaryFolder(), 's');
    const plugin = await listening(path);
    expect((await plugin.end()).leaked).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  test('inside the folder are named once', async () => {
    const plugin = await startNode(
      `require('node:net').createServer().listen(process.env.TMPDIR + '/s', () => process.kill(process.pid, 'SIGKILL'))`,
    );
    const path = `${plugin.directory}/s`;
    plugin.claim(path);
    await plugin.whenExited;
    expect((await plugin.end()).leaked).toEqual([`socket ${path}`]);
  });

  test('that lie outside although their path begins with the folder are removed as well', async () => {
    const elsewhere = temporaryFolder();
    const plugin = await startNode(
      `require('node:fs').symlinkSync(process.env.OUT, process.env.TMPDIR + '/link');
       require('node:net').createServer().listen(process.env.TMPDIR + '/link/s', () => process.kill(process.pid, 'SIGKILL'))`,
      { env: { OUT: elsewhere } },
    );
    plugin.claim(`${plugin.directory}/link/s`);
    await plugin.whenExited;
    expect(readdirSync(elsewhere)).toEqual(['s']);
    await plugin.end();
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("somebody else's file, folder, link or socket is left alone", async () => {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    // A socket that nobody listens on, from before the start.
    const older = await dying(at('old'));
    await until('the clock has moved on', () => Date.now() > lstatSync(at('old')).mtimeMs + 50);
    const plugin = await startShell('exec sleep 600');
    writeFileSync(at('file'), 'precious');
    mkdirSync(at('folder'));
    const server = createServer().listen(at('served'));
    onTestFinished(() => void server.close());
    symlinkSync(at('served'), at('link'));
    await until('it is served', () => existsSync(at('served')));
    const names = ['file', 'folder', 'link', 'old', 'served'];
    for (const name of [...names, 'none']) plugin.claim(at(name));
    plugin.claim('');
    plugin.claim('relative');
    plugin.signal('SIGINT');
    await plugin.whenExited;
    expect((await plugin.end()).leaked).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(names);
    await older.end();
    expect(readdirSync(folder).sort()).toEqual(names.filter((name) => name !== 'old'));
  });
});
