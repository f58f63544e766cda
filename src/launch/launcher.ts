/**
 * The only place that starts anything. One launcher serves a whole harness: it owns the run's marker, its private
 * directory and its watchdog, and every plugin it starts ends with nothing left behind.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { PassThrough, type Readable } from 'node:stream';
import { execa } from 'execa';
import { markerVariable } from './environment.ts';
import type { Exit } from './exit.ts';
import { Output } from './output.ts';
import { closeQuietly, lineWasTaken, offerLine, openForReading, openForWriting, type PipeEnds } from './pipes.ts';
import { type Ending, PluginProcess } from './plugin-process.ts';
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
    if (!candidate || candidate.length > longestTemporary) continue;
    try {
      accessSync(candidate, constants.W_OK | constants.X_OK);
      return candidate;
    } catch {
      // Try the next one.
    }
  }
  throw new Error(
    `no writable temporary folder with a path of at most ${longestTemporary} bytes: set PLUGFEST_TMPDIR to one`,
  );
}

export class Launcher {
  readonly directory: string;
  readonly #marker = randomBytes(9).toString('base64url');
  readonly #watchdog: Watchdog;
  readonly #living = new Set<PluginProcess>();
  #count = 0;
  #closed: Promise<void> | undefined;

  constructor() {
    this.directory = mkdtempSync(`${shortTemporary()}/pf-`);
    this.#watchdog = new Watchdog(this.#marker, this.directory);
  }

  /**
   * Starts a plugin. @throws StartRefused when the system refuses.
   */
  async start(options: StartOptions): Promise<PluginProcess> {
    this.#count += 1;
    const marker = `${this.#marker}.${this.#count}`;
    const directory = `${this.directory}/${this.#count}`;
    mkdirSync(directory, { mode: 0o700 });
    const fifos = await this.#watchdog.fifos(options.stdin === 'pipe' ? 3 : 2);
    if (this.#closed) throw new StartRefused('the harness is closing');
    const [out, err] = fifos ? fifos.slice(0, 2).map(openForReading) : [];
    const input = options.stdin === 'pipe' && fifos?.[2] ? openForWriting(fifos[2]) : undefined;
    const transcript = new Transcript(options.launch);
    const environment = { ...options.environment(directory), [markerVariable]: marker };
    const given = readdirSync(directory);
    const child = this.#spawn(options, { environment, out, err, input });
    closeQuietly(out?.write, err?.write, input?.read);
    const { pid } = child;
    if (pid === undefined) {
      closeQuietly(out?.read, err?.read, input?.write);
      rmSync(directory, { recursive: true, force: true });
      const { code = 'unknown' } = (await child) as { code?: string };
      throw new StartRefused(`spawn ${code}`);
    }
    this.#watchdog.watch(pid);
    transcript.add('start', `pid ${pid}: ${options.command.join(' ')}`);
    const stdout = new Output('stdout', readable(out, child.stdout), transcript);
    const stderr = new Output('stderr', readable(err, child.stderr), transcript);
    transcript.attach(stdout, stderr);
    child.catch(() => undefined);
    const exit = new Promise<Omit<Exit, 'killedBy'>>((resolve) => {
      child.once('exit', (code, signal) =>
        resolve({ ...(signal === null ? { code: code ?? 0 } : { signal }), atMs: Math.round(transcript.now()) }),
      );
    });
    let stdinOpen = true;
    if (input) offerLine(input.write);
    const started = new PluginProcess({
      pid,
      marker,
      directory,
      given,
      transcript,
      stdout,
      stderr,
      exit,
      closeStdin: () => {
        if (stdinOpen) closeQuietly(input?.write);
        stdinOpen = false;
      },
      stdinTaken: () => (input && stdinOpen ? lineWasTaken(input.write) : undefined),
      onGone: () => {
        this.#watchdog.forget(pid);
        this.#living.delete(started);
      },
    });
    this.#living.add(started);
    return started;
  }

  /** Ends every plugin that still lives, then the watchdog, and removes the run's directory. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const endings: Promise<Ending>[] = [...this.#living].map((plugin) => plugin.end('the run was over'));
    await Promise.allSettled(endings);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
    await this.#watchdog.stop();
  }

  #spawn({ path, command, cwd, stdin, hasParent }: StartOptions, { environment, out, err, input }: SpawnParts) {
    // A closed stdin cannot be asked of Node; a shell that replaces itself with the plugin can give it.
    const script = stdin === 'closed' ? 'exec "$0" "$@" <&-' : hasParent ? '"$0" "$@" & wait' : undefined;
    const args = command.slice(1);
    const [file, argv] = script === undefined ? [path, args] : ['/bin/sh', ['-c', script, path, ...args]];
    return execa(file, argv, {
      ...(script === undefined && { argv0: command[0] }),
      cwd,
      env: environment,
      extendEnv: false,
      detached: true,
      cleanup: false,
      buffer: false,
      reject: false,
      stripFinalNewline: false,
      // execa's types name the descriptors 3 to 9 only; it hands any other to the system as well.
      stdio: [
        (input?.read as 3 | undefined) ?? (stdin === 'pipe' ? 'pipe' : 'ignore'),
        (out?.write as 3 | undefined) ?? 'pipe',
        (err?.write as 3 | undefined) ?? 'pipe',
      ],
    });
  }
}

interface SpawnParts {
  readonly environment: Readonly<Record<string, string>>;
  readonly out: PipeEnds | undefined;
  readonly err: PipeEnds | undefined;
  readonly input: PipeEnds | undefined;
}

const readable = (fifo: PipeEnds | undefined, own: Readable | null): Readable =>
  fifo !== undefined ? new Socket({ fd: fifo.read, readable: true, writable: false }) : (own ?? new PassThrough());
