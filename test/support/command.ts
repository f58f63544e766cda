/** Starts the built command as a user would, with a temporary folder of its own to look into afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { processesWith } from './processes.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'bin.js');

export interface Command {
  readonly child: ChildProcess;
  /** The only place where it may leave anything. */
  readonly folder: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly hasEnded: () => boolean;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export function startCommand(words: readonly string[], { env = {}, cwd = '/' }: CommandOptions = {}): Command {
  if (!existsSync(bin)) throw new Error('dist/ is missing: run `npm run build` first');
  const folder = mkdtempSync('/tmp/pt-');
  const child = spawn(process.execPath, [bin, ...words], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', CI: '1', PLUGFEST_TMPDIR: folder, GITHUB_STEP_SUMMARY: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: { out: Buffer[]; err: Buffer[] } = { out: [], err: [] };
  child.stdout?.on('data', (chunk: Buffer) => chunks.out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.err.push(chunk));
  let over = false;
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      resolve(code ?? signal ?? 'SIGKILL');
    });
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    child,
    folder,
    stdout: () => Buffer.concat(chunks.out).toString(),
    stderr: () => Buffer.concat(chunks.err).toString(),
    ended,
    hasEnded: () => over,
  };
}

/** The launches a command has begun, by the folders it made for them. */
export function launchesBegun({ folder }: Command): number {
  const [run] = readdirSync(folder);
  if (run === undefined) return 0;
  try {
    return Math.max(0, ...readdirSync(join(folder, run)).map(Number).filter(Number.isInteger));
  } catch {
    return 0;
  }
}

/**
 * What a command has left behind: files in its folder, processes that carry its marker or know its folder. The marker
 * is not known outside, but every process of a run has the folder in its environment or, the watchdog, in its words.
 */
export function leftovers({ folder, child }: Command): readonly string[] {
  const processes = processesWith(folder).filter((line) => Number.parseInt(line, 10) !== child.pid);
  return [...readdirSync(folder).map((name) => `file ${name}`), ...processes.map((line) => `process ${line}`)];
}

/** Peak of the memory a process has had resident, in MiB, while it lives. */
export function peakMemory(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
