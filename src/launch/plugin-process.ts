/**
 * One started plugin: its pipes, its end, and the proof that nothing of it is left.
 * The end of the process is its `exit` event; the end of the pipes is their own affair, because a grandchild that
 * holds stdout keeps it open as long as it likes.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeExit, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import { holdersOf, isComplete, type ProcessEntry, processesOf } from './process-table.ts';
import { removeTree } from './remove-tree.ts';
import { settlesWithin } from './settles-within.ts';
import { findStaleSocket, removeSocket } from './stale-socket.ts';
import type { Transcript } from './transcript.ts';

/** What was left after a launch, each in a few words; all of it has been removed. */
export interface Ending {
  readonly leaked: readonly string[];
  /** False where the system does not show all processes. */
  readonly complete: boolean;
}

export interface PluginProcessParts {
  readonly pid: number;
  readonly marker: string;
  readonly directory: string;
  /** What the launch had put into the directory before the start. */
  readonly given: readonly string[];
  /** Paths of its pipes, which have been removed since. */
  readonly pipes: readonly string[];
  readonly transcript: Transcript;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Settles with the process's own exit. */
  readonly exit: Promise<Omit<Exit, 'killedBy'>>;
  /** Closes what the harness holds of the plugin's stdin. */
  readonly closeStdin: () => void;
  /** Whether bytes written to the plugin's stdin have been taken; `undefined` where that cannot be told. */
  readonly stdinTaken: () => boolean | undefined;
  readonly onGone: () => void;
  /** Somebody else started it: nothing of it is ours to signal, to count or to end. */
  readonly attached?: true;
}

const killDeadline = 3000;
/** How long the pipes may take to tell what was written before the end: a moment, or longer when nobody holds them. */
const drainMs = 100;
const patientDrainMs = 500;
const descendantLimit = 500;
const descendantCheckEvery = 1000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class PluginProcess {
  readonly pid: number;
  /** The private directory that the plugin knows as its temporary one. */
  readonly directory: string;
  readonly transcript: Transcript;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Settles when the started process has ended; never rejects. */
  readonly whenExited: Promise<Exit>;
  readonly #parts: PluginProcessParts;
  readonly #claimed = new Set<string>();
  readonly #guard: NodeJS.Timeout | undefined;
  #exited: Exit | undefined;
  #killReason: string | undefined;
  #wasKilled = false;
  #ending: Promise<Ending> | undefined;

  constructor(parts: PluginProcessParts) {
    this.#parts = parts;
    this.pid = parts.pid;
    this.directory = parts.directory;
    this.transcript = parts.transcript;
    this.stdout = parts.stdout;
    this.stderr = parts.stderr;
    this.whenExited = parts.exit.then((exit) => {
      this.#exited = this.#killReason === undefined ? exit : { ...exit, killedBy: this.#killReason };
      this.transcript.add('exit', describeExit(this.#exited));
      return this.#exited;
    });
    if (!parts.attached) this.#guard = setInterval(() => this.#checkDescendants(), descendantCheckEvery).unref();
  }

  /** How the process ended, once it has. */
  get exited(): Exit | undefined {
    return this.#exited;
  }

  /** Whether somebody else started it, so that it is only connected to. */
  get isAttached(): boolean {
    return this.#parts.attached === true;
  }

  /** The living processes of this launch, the plugin itself among them; none where it was only attached to. */
  processes(): readonly ProcessEntry[] {
    if (this.isAttached) return [];
    const found = processesOf(this.pid, this.#parts.marker);
    // A number that lives although its owner has ended was given to somebody else, and so was the group's.
    const isForeign = this.#exited !== undefined && found.some(({ pid }) => pid === this.pid);
    return isForeign ? found.filter(({ group }) => group !== this.pid) : found;
  }

  /** Says that the plugin announced a socket file, which is its own to remove. */
  claim(path: string): void {
    this.#claimed.add(path);
  }

  /** Sends a signal to the started process alone, as the reference host does. Returns false when it has gone. */
  signal(name: NodeJS.Signals): boolean {
    // The number of a process that has ended may be somebody else's by now.
    if (this.#exited || this.isAttached) return false;
    if (name === 'SIGKILL' || name === 'SIGTERM') this.#wasKilled = true;
    return this.#send(name, this.pid);
  }

  /** Sends a signal to the whole process group, as a terminal does. */
  signalGroup(name: NodeJS.Signals): boolean {
    if (this.isAttached) return false;
    if (this.#exited && !this.processes().some(({ group }) => group === this.pid)) return false;
    return this.#send(name, -this.pid);
  }

  /** Whether the plugin has read from the pipe it got as stdin; `undefined` where that cannot be told. */
  get hasReadStdin(): boolean | undefined {
    return this.#parts.stdinTaken();
  }

  /**
   * Ends everything that is left of the launch and removes its files. Whatever was still there although the plugin
   * had ended by itself is listed as leaked; so is every process that had left the group.
   */
  end(reason = 'the launch was over'): Promise<Ending> {
    this.#ending ??= this.isAttached ? this.#leave() : this.#end(reason);
    return this.#ending;
  }

  /** Lets go of a plugin that somebody else started. */
  async #leave(): Promise<Ending> {
    this.stdout.release();
    this.stderr.release();
    await removeTree(this.directory);
    this.#parts.onGone();
    return { leaked: [], complete: true };
  }

  async #end(reason: string): Promise<Ending> {
    clearInterval(this.#guard);
    const endedByItself = this.#exited !== undefined && this.#exited.killedBy === undefined && !this.#wasKilled;
    if (!this.#exited) this.#killReason ??= reason;
    const fugitives = new Map<number, string>();
    await this.#endProcesses(endedByItself, fugitives);
    this.#parts.closeStdin();
    await settlesWithin(this.whenExited, killDeadline);
    await this.#endPipes(fugitives);
    const leaked = [...fugitives.values(), ...(await this.#endFiles(endedByItself))];
    this.#parts.onGone();
    for (const leak of leaked) this.transcript.add('census', `left behind: ${leak}`);
    return { leaked, complete: isComplete };
  }

  async #endProcesses(endedByItself: boolean, leaked: Map<number, string>): Promise<void> {
    const deadline = performance.now() + killDeadline;
    for (;;) {
      const alive = this.processes();
      for (const entry of alive) {
        const escaped = entry.group !== this.pid;
        if (escaped) leaked.set(entry.pid, `process ${entry.pid} (${entry.name}), which had left the process group`);
        else if (endedByItself && !leaked.has(entry.pid)) leaked.set(entry.pid, `process ${entry.pid} (${entry.name})`);
      }
      if (!this.#exited || alive.some(({ group }) => group === this.pid)) this.#send('SIGKILL', -this.pid);
      for (const entry of alive) if (entry.group !== this.pid) this.#send('SIGKILL', entry.pid);
      if (alive.length === 0 || performance.now() > deadline) return;
      // Looking through all processes again costs more than hearing of the exit.
      await (this.#exited ? pause(2) : settlesWithin(this.whenExited, 20));
    }
  }

  /**
   * What was written before the end is still in the pipes: lets it be read. Whoever holds a pipe after that has left
   * the group, the family and the marker behind, and is found by the pipe alone.
   */
  async #endPipes(leaked: Map<number, string>): Promise<void> {
    const drained = Promise.all([this.stdout.ended, this.stderr.ended]);
    const deadline = performance.now() + killDeadline;
    while (!(await settlesWithin(drained, drainMs))) {
      const holders = holdersOf(this.#parts.pipes);
      for (const { pid, name } of holders) {
        leaked.set(pid, `process ${pid} (${name}), which had left the process group and still held the output`);
        this.#send('SIGKILL', pid);
      }
      if (holders.length === 0) await settlesWithin(drained, patientDrainMs);
      if (holders.length === 0 || performance.now() > deadline) break;
    }
    this.stdout.release();
    this.stderr.release();
  }

  async #endFiles(endedByItself: boolean): Promise<string[]> {
    const leaked: string[] = [];
    for (const path of this.#claimed) {
      const socket = await findStaleSocket(path, { folder: this.directory, startedAt: this.#startedAt });
      if (!socket) continue;
      if (endedByItself) leaked.push(`socket ${path}`);
      if (!socket.isInside) removeSocket(path);
    }
    if (endedByItself) {
      for (const name of listFiles(this.directory)) {
        const path = join(this.directory, name);
        if (!this.#claimed.has(path) && !this.#parts.given.includes(name)) leaked.push(`file ${path}`);
      }
    }
    if (!(await removeTree(this.directory))) leaked.push(`folder ${this.directory}, which cannot be removed`);
    return leaked;
  }

  get #startedAt(): number {
    return Date.now() - this.transcript.now();
  }

  #checkDescendants(): void {
    if (this.#exited || this.#ending || !isComplete) return;
    const count = this.processes().length;
    if (count <= descendantLimit) return;
    this.#killReason = `it had started ${count - 1} processes; ${descendantLimit} is the limit`;
    void this.end();
  }

  #send(name: NodeJS.Signals, target: number): boolean {
    try {
      process.kill(target, name);
      if (target === this.pid || name !== 'SIGKILL') this.transcript.add('signal', `${name} to ${target}`);
      return true;
    } catch {
      return false;
    }
  }
}

/** The names in a folder, at most fifty; none where a plugin has put a link in its place. */
const listFiles = (folder: string): readonly string[] => {
  try {
    return lstatSync(folder).isDirectory() ? readdirSync(folder).slice(0, 50) : [];
  } catch {
    return [];
  }
};
