import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bundle } from '../../test/support/bundle.ts';
import { isAlive, processesWith } from '../../test/support/processes.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { until } from '../../test/support/until.ts';
import { isComplete } from './process-table.ts';
import { Watchdog } from './watchdog.ts';

describe('FIFOs', () => {
  const watchdogIn = (folder: string): Watchdog => {
    const watchdog = new Watchdog('plugfest-test-marker', folder);
    onTestFinished(() => watchdog.stop());
    return watchdog;
  };

  test('are made in batches, handed out once, and lie in the folder', async () => {
    const folder = temporaryFolder();
    const watchdog = watchdogIn(folder);
    const given = (await Promise.all(Array.from({ length: 20 }, () => watchdog.fifos(3)))).flat();
    expect(new Set(given).size).toBe(60);
    for (const path of given) {
      expect(path).toMatch(new RegExp(`^${folder}/f\\d+$`));
      expect(lstatSync(path ?? '').isFIFO()).toBe(true);
      expect(lstatSync(path ?? '').mode & 0o777).toBe(0o600);
    }
  });

  test('that cannot be made are not promised', async () => {
    expect(await watchdogIn('/no/such/folder').fifos(2)).toBeUndefined();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'f3'), '');
    expect(await watchdogIn(folder).fifos(2)).toBeUndefined();
  });

  test('are made in the folder of the moment, which need not be there from the beginning', async () => {
    const folder = join(temporaryFolder(), 'later');
    const watchdog = watchdogIn(folder);
    mkdirSync(folder);
    expect(await watchdog.fifos(1)).toEqual([`${folder}/f0`]);
  });

  test('come to an end with the watchdog', async () => {
    const folder = temporaryFolder();
    const watchdog = watchdogIn(folder);
    const { pid = 0 } = watchdog;
    await watchdog.fifos(2);
    await watchdog.stop();
    await until('it has ended', () => !isAlive(pid));
    expect(await watchdog.fifos(20)).toBeUndefined();
    // Ended in peace, it has swept nothing.
    expect(existsSync(folder)).toBe(true);
  });
});

/** Starts one plugin, says what it says, and stays. */
const harness = `
  import { Launcher } from './src/launch/launcher.ts';
  const launcher = new Launcher();
  const say = (line: string): void => void process.stdout.write(line + '\\n');
  say(launcher.directory);
  say(String(launcher.watchdogPid));
  for (const script of process.argv.slice(2)) {
    const plugin = await launcher.start({
      launch: 'plain', path: '/bin/sh', command: ['sh', '-c', script], cwd: '/',
      environment: (directory) => ({ PATH: '/usr/bin:/bin', TMPDIR: directory, OUT: process.env['OUT'] ?? '' }),
    });
    say(String(plugin.pid));
    const from = 0;
    plugin.stdout.onChange(() => plugin.stdout.lines().slice(from).forEach((line) => say('said ' + line.bytes)));
  }
  setInterval(() => undefined, 1000);
`;

interface Running {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly watchdogPid: number;
  readonly pids: readonly number[];
}

describe.runIf(isComplete)('a harness that dies by SIGKILL', () => {
  /** Starts a harness with its plugins and waits until each of them has said that it is ready. */
  async function run(scripts: readonly string[], out = ''): Promise<Running> {
    const program = await bundle(harness);
    const child = spawn(process.execPath, [program, ...scripts], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, OUT: out },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const words = () => new Set(lines.filter((line) => line.startsWith('said ready ')));
    await until('all plugins are ready', () => words().size >= scripts.length);
    const plain = lines.filter((line) => !line.startsWith('said '));
    const said = [...words()].flatMap((line) =>
      line
        .split(' ')
        .slice(2)
        .map(Number)
        .filter((pid) => pid > 0),
    );
    return {
      child,
      folder: plain[0] ?? '',
      watchdogPid: Number(plain[1]),
      pids: [...plain.slice(2).map(Number), ...said],
    };
  }

  async function die({ child, folder, watchdogPid, pids }: Running): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until('the watchdog is done', () => !isAlive(watchdogPid), 3000);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(processesWith(folder)).toEqual([]);
  }

  test.each<[string, readonly string[]]>([
    ['plain ones', ['echo ready $$; exec sleep 600', 'echo ready 0; exec sleep 600']],
    ['with children in the group', ['sleep 600 & echo ready $!; wait']],
    ['with children in sessions of their own', ['setsid sleep 600 & echo ready $!; wait']],
    ['that are deaf to signals', ["trap '' TERM INT HUP; setsid sleep 600 & echo ready $!; wait"]],
    ['with children that have left group and marker behind', ['setsid env -i sleep 600 & echo ready $!; wait']],
    ['that multiply', ['while :; do setsid sleep 600 & sleep 0.02; done & echo ready $!; wait']],
    ['that are stopped', ['sleep 600 & kill -STOP $!; echo ready $!; kill -STOP $$']],
    ['that block on a full pipe', ['echo ready $$; yes']],
  ])('leaves no plugins behind: %s', async (_, scripts) => {
    await die(await run(scripts));
  });

  test('leaves no files behind, whatever their modes, and spares what links lead to', async () => {
    const precious = temporaryFolder();
    writeFileSync(join(precious, 'file'), 'precious');
    const scripts = [
      'cd $TMPDIR; mkdir -p a/b; echo > a/b/f; chmod 000 a/b a; echo ready a; exec sleep 600',
      'cd $TMPDIR; ln -s $OUT link; ln -s $OUT/file file; echo ready b; exec sleep 600',
      'cd /; mv $TMPDIR $TMPDIR.away; ln -s $OUT $TMPDIR; echo ready c; exec sleep 600',
    ];
    await die(await run(scripts, precious));
    expect(readdirSync(precious)).toEqual(['file']);
    expect(readFileSync(join(precious, 'file'), 'utf8')).toBe('precious');
  });

  test("spares what a link in the place of the run's folder leads to", async () => {
    const precious = temporaryFolder();
    writeFileSync(join(precious, 'file'), 'precious');
    const running = await run(
      ['d=$(dirname "$TMPDIR"); cd /; rm -rf $d; ln -s $OUT $d; echo ready 0; exec sleep 600'],
      precious,
    );
    await die(running);
    expect(() => lstatSync(running.folder)).toThrow('ENOENT');
    expect(readdirSync(precious)).toEqual(['file']);
  });

  test('is survived by its watchdog even when a plugin tries to end that with signals', async () => {
    const running = await run([
      'for s in INT TERM HUP QUIT PIPE; do kill -$s $(pgrep -f "plugfest-watchdog .*$(dirname "$TMPDIR")"); done; echo ready 0; exec sleep 600',
    ]);
    expect(isAlive(running.watchdogPid)).toBe(true);
    await die(running);
  });

  test('is survived by a second watchdog when a plugin has killed the first', async () => {
    const running = await run(['sleep 600 & echo ready $!; wait']);
    const { folder, pids, child } = running;
    process.kill(running.watchdogPid, 'SIGKILL');
    const successor = (): number | undefined =>
      processesWith(folder)
        .map((line) => (line.includes('plugfest-watchdog') ? Number.parseInt(line, 10) : 0))
        .find((pid) => pid > 0);
    await until('another one watches', () => successor() !== undefined);
    await die({ child, folder, pids, watchdogPid: successor() ?? 0 });
  });
});
