/**
 * The only place that starts anything. One launcher serves a whole harness: it owns the run's marker, its private
 * directory and its watchdog, and every plugin it starts ends with nothing left behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { markerVariable } from './environment.ts';
import type { Exit } from './exit.ts';
import { Output } from './output.ts';
import { closeQuietly, lineWasTaken, offerLine, openPipes, type PluginPipes } from './pipes.ts';
import { PluginProcess } from './plugin-process.ts';
import { removeTree } from './remove-tree.ts';
import { Transcript } from './transcript.ts';
import { Watchdog } from './watchdog.ts';

/** What the plugin gets as stdin: `/dev/null`, an open pipe that nobody writes to, or nothing at all. */
export type Stdin = 'null' | 'pipe' | 'closed';

export interface StartOptions {
  /** The launch's name, for the transcript. */
  readonly launch: string;
  /** Absolute path of the program. */
  readonly path: string;
  /** The command as the user gave it; its first word becomes `argv[0]`. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** Builds the environment, given the private directory made for this launch. */
  readonly environment: (directory: string) => Readonly<Record<string, string>>;
  readonly stdin?: Stdin;
  /** Start it as the child of a shell, which is then the process that is known: it can be killed as a host would be. */
  readonly hasParent?: true;
}

/** The system refused the start; `message` is its reason, such as `spawn E2BIG`. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/** Unix socket paths must fit 107 bytes, so the folder above them must be short. */
const longestTemporary = 24;

function shortTemporary(): string {
  const candidates = [process.env['PLUGFEST_TMPDIR'], tmpdir(), '/tmp', '/var/tmp', '/dev/shm'];
  for (const candidate of candidates) {
    // The plugin runs in another working directory, so a relative path would mean another folder there.
    const folder = candidate && resolve(candidate);
    if (!folder || Buffer.byteLength(folder) > longestTemporary) continue;
    try {
      accessSync(`${folder}/`, constants.W_OK | constants.X_OK);
      return folder;
    } catch {
      // Try the next one.
    }
  }
  throw new Error(
    `no writable temporary folder with a path of at most ${longestTemporary} bytes: set PLUGFEST_TMPDIR to one`,
  );
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

export class Launcher {
  readonly directory: string;
  readonly #marker = randomBytes(9).toString('base64url');
  readonly #watchdog: Watchdog;
  readonly #living = new Set<PluginProcess>();
  #count = 0;
  #closed: Promise<void> | undefined;

  constructor() {
    this.directory = `${shortTemporary()}/pf-${randomBytes(6).toString('base64url')}`;
    // Watched before it is there: a harness may die at any moment.
    this.#watchdog = new Watchdog(this.#marker, this.directory);
    mkdirSync(this.directory, { mode: 0o700 });
    this.#watchdog.prepare();
  }

  /** Process id of the watchdog that ends everything should the harness die. */
  get watchdogPid(): number | undefined {
    return this.#watchdog.pid;
  }

  /**
   * Starts a plugin. @throws StartRefused when the system refuses.
   */
  async start(options: StartOptions): Promise<PluginProcess> {
    this.refuseWhenClosed();
    const directory = this.#makeDirectory();
    const marker = `${this.#marker}.${this.#count}`;
    const fifos = await this.#watchdog.fifos(options.stdin === 'pipe' ? 3 : 2);
    this.refuseWhenClosed();
    const pipes = fifos && openPipes(fifos);
    const ours = [pipes?.stdout.read, pipes?.stderr.read, pipes?.stdin?.write];
    try {
      // Between here and the entry among the living nothing waits: whatever starts is known.
      const transcript = new Transcript(options.launch);
      const environment = { ...options.environment(directory), [markerVariable]: marker };
      const given = readdirSync(directory);
      if (pipes?.stdin) offerLine(pipes.stdin.write);
      const child = this.#spawn(options, environment, pipes);
      const { pid } = child;
      if (pid === undefined) throw new StartRefused(`spawn ${codeOf((await once(child, 'error'))[0])}`);
      this.#watchdog.watch(pid);
      transcript.add('start', `pid ${pid}: ${options.command.join(' ')}`);
      const stdout = new Output('stdout', readable(pipes?.stdout.read, child.stdout), transcript);
      const stderr = new Output('stderr', readable(pipes?.stderr.read, child.stderr), transcript);
      transcript.attach(stdout, stderr);
      const exit = new Promise<Omit<Exit, 'killedBy'>>((resolve) => {
        child.once('exit', (code, signal) =>
          resolve({ ...(signal === null ? { code: code ?? 0 } : { signal }), atMs: Math.round(transcript.now()) }),
        );
      });
      const stdin = pipes?.stdin?.write;
      let stdinOpen = true;
      const started = new PluginProcess({
        pid,
        marker,
        directory,
        given,
        pipes: fifos ?? [],
        transcript,
        stdout,
        stderr,
        exit,
        closeStdin: () => {
          if (stdinOpen) closeQuietly(stdin);
          stdinOpen = false;
        },
        stdinTaken: () => (stdin !== undefined && stdinOpen ? lineWasTaken(stdin) : undefined),
        onGone: () => {
          this.#watchdog.forget(pid);
          this.#living.delete(started);
        },
      });
      this.#living.add(started);
      return started;
    } catch (error) {
      closeQuietly(...ours);
      await removeTree(directory);
      throw error;
    } finally {
      closeQuietly(pipes?.stdout.write, pipes?.stderr.write, pipes?.stdin?.read);
    }
  }

  /** Stands for a plugin that runs already: what is started, signalled and ended elsewhere is left alone here. */
  attach(launch: string): PluginProcess {
    this.refuseWhenClosed();
    const transcript = new Transcript(launch);
    transcript.add('start', 'attached to a plugin that runs already');
    const stdout = new Output('stdout', new PassThrough(), transcript);
    const stderr = new Output('stderr', new PassThrough(), transcript);
    transcript.attach(stdout, stderr);
    const attached = new PluginProcess({
      pid: 0,
      marker: '',
      directory: this.#makeDirectory(),
      given: [],
      pipes: [],
      transcript,
      stdout,
      stderr,
      exit: new Promise(() => undefined),
      closeStdin: () => undefined,
      stdinTaken: () => undefined,
      onGone: () => this.#living.delete(attached),
      attached: true,
    });
    this.#living.add(attached);
    return attached;
  }

  /** Ends every plugin that still lives, then the watchdog, and removes the run's directory. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#living].map((plugin) => plugin.end('the run was over')));
    await removeTree(this.directory);
    await this.#watchdog.stop();
  }

  /** @throws StartRefused once the launcher was told to close: its directory is gone, or is about to be */
  refuseWhenClosed(): void {
    if (this.#closed) throw new StartRefused('the harness is closing');
  }

  /** A folder nobody else has made: names that a plugin has taken beforehand are passed over. */
  #makeDirectory(): string {
    for (;;) {
      this.#count += 1;
      const directory = `${this.directory}/${this.#count}`;
      try {
        mkdirSync(directory, { mode: 0o700 });
        return directory;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') mkdirSync(this.directory, { mode: 0o700 });
        else if (codeOf(error) !== 'EEXIST') throw error;
      }
    }
  }

  #spawn(
    { path, command, cwd, stdin, hasParent }: StartOptions,
    environment: Readonly<Record<string, string>>,
    pipes: PluginPipes | undefined,
  ): ChildProcess {
    // A closed stdin cannot be asked of Node; a shell that replaces itself with the plugin can give it.
    const script = stdin === 'closed' ? 'exec "$0" "$@" <&-' : hasParent ? '"$0" "$@" & wait' : undefined;
    const args = command.slice(1);
    const [file, argv] = script === undefined ? [path, args] : ['/bin/sh', ['-c', script, path, ...args]];
    try {
      return spawn(file, argv, {
        ...(script === undefined && { argv0: command[0] }),
        cwd,
        env: environment,
        detached: true,
        stdio: [
          pipes?.stdin?.read ?? (stdin === 'pipe' ? 'pipe' : 'ignore'),
          pipes?.stdout.write ?? 'pipe',
          pipes?.stderr.write ?? 'pipe',
        ],
      });
    } catch (error) {
      // Some refusals, such as E2BIG, are thrown; others come as an event.
      throw new StartRefused(`spawn ${codeOf(error)}`);
    }
  }
}

const readable = (fifo: number | undefined, own: Readable | null): Readable =>
  fifo !== undefined ? new Socket({ fd: fifo, readable: true, writable: false }) : (own ?? new PassThrough());
