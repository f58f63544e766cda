import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lineOf, startShell, testLauncher, written } from '../../test/support/launching.ts';
import { isAlive, processesWith } from '../../test/support/processes.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { until } from '../../test/support/until.ts';
import { Launcher, StartRefused } from './launcher.ts';
import { isComplete } from './process-table.ts';

const descriptors = () => readdirSync(isComplete ? '/proc/self/fd' : '/dev/fd').length;

describe('what a plugin gets', () => {
  test('is its command line, its folder and nothing but the environment it was meant to have', async () => {
    const launcher = testLauncher();
    const plugin = await launcher.start({
      launch: 'plain',
      path: '/bin/sh',
      command: ['some name', '-c', 'echo "$0|$1|$(pwd -P)"; env | sort', 'a b', '$(c)\n"'],
      cwd: '/usr',
      environment: (directory) => ({ PATH: '/usr/bin:/bin', TMPDIR: directory, EMPTY: '', BLANKS: ' a  b ' }),
    });
    await plugin.whenExited;
    await plugin.end();
    const lines = written(plugin).filter((line) => !/^(?:PWD|SHLVL|OLDPWD|_)=/.test(line));
    expect(lines.slice(0, 2)).toEqual(['a b|$(c)', '"|/usr']);
    expect(lines.slice(2)).toEqual([
      'BLANKS= a  b ',
      'EMPTY=',
      'PATH=/usr/bin:/bin',
      expect.stringMatching(/^PLUGFEST_RUN=[\w-]{12}\.1$/),
      `TMPDIR=${plugin.directory}`,
    ]);
  });

  test.runIf(isComplete)('is the name that the command began with', async () => {
    const launcher = testLauncher();
    const plugin = await launcher.start({
      launch: 'plain',
      path: '/bin/sleep',
      command: ['./kv-plugin', '600'],
      cwd: '/',
      environment: () => ({}),
    });
    expect(readFileSync(`/proc/${plugin.pid}/cmdline`, 'utf8')).toBe(['./kv-plugin', '600', ''].join('\0'));
  });

  test.runIf(isComplete)('is three descriptors, and none of the harness or of other plugins', async () => {
    const launcher = testLauncher();
    const script = 'ls /proc/$$/fd; echo over; exec sleep 600';
    const all = await Promise.all(
      (['null', 'pipe', 'closed'] as const).map((stdin) => startShell(script, { stdin }, launcher)),
    );
    await Promise.all(all.map((plugin) => until('it has told', () => written(plugin).includes('over'))));
    // What the tests themselves were started with is nobody's affair here.
    const listed = spawnSync('/bin/sh', ['-c', 'ls /proc/$$/fd'], { encoding: 'utf8' }).stdout.trim().split('\n');
    const more = listed.filter((fd) => Number(fd) > 2);
    expect(all.map((plugin) => written(plugin))).toEqual([
      ['0', '1', '2', ...more, 'over'],
      ['0', '1', '2', ...more, 'over'],
      ['1', '2', ...more, 'over'],
    ]);
  });

  test('is a folder of its own that nobody else may enter, with room for the path of a socket', async () => {
    const launcher = testLauncher();
    const [one, two] = await Promise.all([startShell('', {}, launcher), startShell('', {}, launcher)]);
    expect(one.directory).not.toBe(two.directory);
    for (const folder of [launcher.directory, one.directory, two.directory])
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    // go-plugin makes `plugin-dir` and `plugin` with ten digits each below it.
    expect(one.directory.length + '/plugin-dir0123456789/plugin0123456789'.length).toBeLessThan(103);
    expect(one.directory.length).toBeLessThan(45);
  });

  test('is a process group of its own, and a marker of its own', async () => {
    const launcher = testLauncher();
    const script = 'echo "$PLUGFEST_RUN"; exec sleep 600';
    const plugins = await Promise.all([startShell(script, {}, launcher), startShell(script, {}, launcher)]);
    const [first = '', second = ''] = await Promise.all(plugins.map((plugin) => lineOf(plugin)));
    expect(first.split('.')[0]).toBe(second.split('.')[0]);
    expect([first, second].map((marker) => marker.split('.')[1]).sort()).toEqual(['1', '2']);
    if (isComplete)
      for (const { pid, processes } of plugins.map((plugin) => ({ pid: plugin.pid, processes: plugin.processes() })))
        expect(processes.map(({ group }) => group)).toEqual([pid]);
  });
});

test.runIf(isComplete)('a plugin may be the child of a shell, and live on when that is killed', async () => {
  const plugin = await startShell('echo $$ "$0"; exec sleep 600', { hasParent: true });
  const [pid = 0] = (await lineOf(plugin)).split(' ').map(Number);
  expect(pid).not.toBe(plugin.pid);
  expect(plugin.processes().find((entry) => entry.pid === pid)).toMatchObject({
    parent: plugin.pid,
    group: plugin.pid,
  });
  plugin.signal('SIGKILL');
  expect(await plugin.whenExited).toMatchObject({ signal: 'SIGKILL' });
  expect(plugin.processes().map((entry) => entry.pid)).toEqual([pid]);
  await plugin.end();
  expect(isAlive(pid)).toBe(false);
});

describe('a start that is refused', () => {
  const refused = async (launcher: Launcher, more: Partial<Parameters<Launcher['start']>[0]>) => {
    const options = {
      launch: 'plain',
      path: '/bin/true',
      command: ['true'] as [string],
      cwd: '/',
      environment: () => ({}),
    };
    return launcher.start({ ...options, ...more }).then(
      () => 'started',
      (error: unknown) => (error instanceof StartRefused ? error.message : error),
    );
  };

  test.each<[string, Partial<Parameters<Launcher['start']>[0]>, string]>([
    ['a program that has vanished', { path: '/no/such/plugin' }, 'spawn ENOENT'],
    ['a working directory that has vanished', { cwd: '/no/such/folder' }, 'spawn ENOENT'],
    ['a program that may not be executed', { path: '/etc/passwd' }, 'spawn EACCES'],
    [
      'more words than the system takes',
      { environment: () => Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`V${n}`, 'x'.repeat(100_000)])) },
      'spawn E2BIG',
    ],
  ])('because of %s says so and leaves nothing', async (_, more, message) => {
    const launcher = testLauncher();
    await (await startShell('', {}, launcher)).end();
    const before = descriptors();
    expect(await refused(launcher, more)).toBe(message);
    expect(readdirSync(launcher.directory).filter((name) => !/^f\d+$/.test(name))).toEqual([]);
    expect(descriptors()).toBe(before);
  });

  test('because its environment could not be made leaves nothing either', async () => {
    const launcher = testLauncher();
    await (await startShell('', {}, launcher)).end();
    const before = descriptors();
    const fault = new Error('no port is free');
    const environment = () => {
      throw fault;
    };
    expect(await refused(launcher, { environment, stdin: 'pipe' })).toBe(fault);
    expect(readdirSync(launcher.directory).filter((name) => !/^f\d+$/.test(name))).toEqual([]);
    expect(descriptors()).toBe(before);
  });

  test('because the harness is closing, also when it began before', async () => {
    const launcher = new Launcher();
    const early = refused(launcher, {});
    const closing = launcher.close();
    expect(await early).toBe('the harness is closing');
    await closing;
    expect(await refused(launcher, {})).toBe('the harness is closing');
    expect(existsSync(launcher.directory)).toBe(false);
  });
});

describe('close', () => {
  test.runIf(isComplete)('ends everything and removes everything', async () => {
    const launcher = new Launcher();
    const script = 'trap \'\' TERM; setsid sleep 600 & sleep 600 & echo "$PLUGFEST_RUN"; wait; wait';
    const plugins = await Promise.all([1, 2, 3].map(() => startShell(script, {}, launcher)));
    const [marker = ''] = (await Promise.all(plugins.map((plugin) => lineOf(plugin)))).map(
      (text) => text.split('.')[0],
    );
    await until('all of them run', () => plugins.flatMap((plugin) => plugin.processes()).length === 9);
    const { watchdogPid = 0 } = launcher;
    expect(isAlive(watchdogPid)).toBe(true);
    await launcher.close();
    expect(processesWith(marker)).toEqual([]);
    expect(isAlive(watchdogPid)).toBe(false);
    expect(existsSync(launcher.directory)).toBe(false);
    expect(plugins.map(({ exited }) => exited?.killedBy)).toEqual(Array(3).fill('the run was over'));
  });

  test('may come twice, and without anything to close', async () => {
    const launcher = new Launcher();
    await Promise.all([launcher.close(), launcher.close()]);
    await launcher.close();
    expect(existsSync(launcher.directory)).toBe(false);
  });
});

test('fifty launches leave no descriptor, no folder and no watchdog behind', async () => {
  const launcher = new Launcher();
  const one = async (n: number) => {
    const plugin = await startShell('echo', { stdin: n % 2 === 0 ? 'pipe' : 'null' }, launcher);
    await plugin.whenExited;
    await plugin.end();
  };
  await one(0);
  const before = descriptors();
  for (let n = 0; n < 48; n += 6) await Promise.all([1, 2, 3, 4, 5, 6].map((more) => one(n + more)));
  await one(1);
  await until('all descriptors are closed', () => descriptors() <= before);
  expect(readdirSync(launcher.directory).filter((name) => !/^f\d+$/.test(name))).toEqual([]);
  await launcher.close();
  expect(existsSync(launcher.directory)).toBe(false);
});

describe('a plugin that reaches for the harness', () => {
  const opensByName = 'echo over > /dev/stdout';

  test.runIf(isComplete)('cannot do without the watchdog by killing it', async () => {
    const launcher = testLauncher();
    const watchdogs = new Set<number | undefined>();
    for (let n = 0; n < 3; n += 1) {
      watchdogs.add(launcher.watchdogPid);
      const plugin = await startShell(
        'kill -KILL "$PID"; echo',
        { env: { PID: String(launcher.watchdogPid) } },
        launcher,
      );
      await lineOf(plugin);
      await until('another watchdog has taken over', () => !watchdogs.has(launcher.watchdogPid));
    }
    const last = await startShell(opensByName, {}, launcher);
    expect(await lineOf(last)).toBe('over');
    expect(watchdogs.size).toBe(3);
    expect(isAlive(launcher.watchdogPid ?? 0)).toBe(true);
  });

  test.runIf(isComplete)('that kills every watchdog costs pipes that scripts can open, and no more', async () => {
    const launcher = testLauncher();
    let last = 0;
    while (launcher.watchdogPid !== last) {
      last = launcher.watchdogPid ?? 0;
      process.kill(last, 'SIGKILL');
      await until('it is dead', () => !isAlive(last));
      // A successor is started in the turn that learns of the death.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const plugin = await startShell('echo still; exec sleep 600', { stdin: 'pipe' }, launcher);
    expect(await lineOf(plugin)).toBe('still');
    expect(plugin.hasReadStdin).toBeUndefined();
  });

  test.runIf(isComplete)('cannot hold it up by stopping the watchdog', async () => {
    const launcher = new Launcher();
    process.kill(launcher.watchdogPid ?? 0, 'SIGSTOP');
    const plugin = await startShell(opensByName, {}, launcher);
    expect(await lineOf(plugin)).toBe('over');
    process.kill(launcher.watchdogPid ?? 0, 'SIGSTOP');
    const { watchdogPid = 0 } = launcher;
    await launcher.close();
    await until('it is dead', () => !isAlive(watchdogPid));
  });

  test("by removing the run's folder does not stop the next launch", async () => {
    const launcher = testLauncher();
    const vandal = await startShell('rm -rf "$(dirname "$TMPDIR")"', {}, launcher);
    await vandal.whenExited;
    expect(existsSync(launcher.directory)).toBe(false);
    const next = await startShell('echo > "$TMPDIR/x" && echo fine', {}, launcher);
    expect(await lineOf(next)).toBe('fine');
  });

  test('by taking the names of folders to come is passed over, and what its links lead to is spared', async () => {
    const launcher = testLauncher();
    const precious = temporaryFolder();
    writeFileSync(join(precious, 'file'), 'precious');
    const vandal = await startShell(
      'cd "$TMPDIR/.."; for n in 2 3; do ln -s "$OUT" $n; done; mkdir 4',
      { env: { OUT: precious } },
      launcher,
    );
    await vandal.whenExited;
    const next = await startShell('echo "$TMPDIR"; echo > "$TMPDIR/x"', {}, launcher);
    expect(await lineOf(next)).toBe(`${launcher.directory}/5`);
    await launcher.close();
    expect(existsSync(launcher.directory)).toBe(false);
    expect(readdirSync(precious)).toEqual(['file']);
  });
});

describe('the temporary folder', () => {
  const withTemporary = (value: string, use: () => void): void => {
    const before = process.env['PLUGFEST_TMPDIR'];
    process.env['PLUGFEST_TMPDIR'] = value;
    try {
      use();
    } finally {
      if (before === undefined) delete process.env['PLUGFEST_TMPDIR'];
      else process.env['PLUGFEST_TMPDIR'] = before;
    }
  };
  const folderOf = (): string => {
    const launcher = testLauncher();
    return launcher.directory.replace(/\/pf-[\w-]{8}$/, '');
  };

  test('is the one that was asked for, made absolute', () => {
    const folder = temporaryFolder();
    withTemporary(folder, () => expect(folderOf()).toBe(folder));
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(folder);
    withTemporary('.', () => expect(folderOf()).toBe(folder));
  });

  test.each<[string, (folder: string) => string]>([
    ['too long', (folder) => `${folder}/a-name-of-some-length`],
    ['a file', (folder) => `${folder}/f`],
    ['not there', (folder) => `${folder}/n`],
  ])('is another one when that is %s', (_, path) => {
    const folder = temporaryFolder();
    copyFileSync('/bin/true', `${folder}/f`);
    withTemporary(path(folder), () => expect(folderOf()).not.toContain(folder));
  });

  test('may be reached through a link, and is cleaned all the same', async () => {
    const folder = temporaryFolder();
    symlinkSync('/tmp', `${folder}/l`);
    const launchers: Launcher[] = [];
    withTemporary(`${folder}/l`, () => launchers.push(testLauncher()));
    const [launcher] = launchers;
    const plugin = await startShell('setsid env -i sleep 600 & exit 0', {}, launcher);
    await plugin.whenExited;
    await until('the child has left', () => plugin.processes().length === 0);
    const { leaked } = await plugin.end();
    if (isComplete) expect(leaked).toHaveLength(1);
    // While the link still leads there.
    await launcher?.close();
    expect(existsSync(launcher?.directory ?? '')).toBe(false);
    rmSync(`${folder}/l`);
  });
});
