/** Waits for the first line as the reference host does, and remembers why none came. */
import { type OutputLine, scannerLimit } from '../../src/launch/output.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import { type HandshakeLine, isWellFormed, looksLikeHandshake, readLine } from './handshake-line.ts';

/** How the wait for the first line ended. */
export type Arrival =
  /** A line, with its line feed. */
  | 'line'
  /** The output ended without a line feed, which the host takes for a line end as well. */
  | 'end-of-output'
  /** Text, but no line feed within the start timeout. */
  | 'unfinished'
  /** 64 KiB or more without a line feed: the host's scanner has given up. */
  | 'too-long'
  /** The output ended, and nothing had been written. */
  | 'closed'
  /** Nothing within the start timeout. */
  | 'nothing';

export interface FirstLine {
  readonly arrival: Arrival;
  /** The first line, as far as it came; absent when nothing did. */
  readonly line?: OutputLine;
  readonly atMs: number;
}

function look(plugin: PluginProcess): FirstLine | undefined {
  const { stdout, transcript } = plugin;
  const line = stdout.firstLine;
  const atMs = transcript.now();
  if (line && line.length >= scannerLimit) return { arrival: 'too-long', line, atMs: line.atMs };
  if (line) return { arrival: line.terminated ? 'line' : 'end-of-output', line, atMs: line.atMs };
  const { bytes, length } = stdout.unfinished();
  if (length >= scannerLimit) return { arrival: 'too-long', line: partial(bytes, length, atMs), atMs };
  return stdout.endedAtMs === undefined ? undefined : { arrival: 'closed', atMs };
}

const partial = (bytes: Buffer, length: number, atMs: number): OutputLine => ({
  number: 1,
  bytes,
  length,
  terminated: false,
  atMs,
});

/**
 * Waits for the first line of stdout. `onLine` is called in the very moment it is complete, before anything else can
 * run: a host that connects at once must find somebody listening.
 */
export function waitForFirstLine(
  plugin: PluginProcess,
  limitMs: number,
  onLine: (first: FirstLine) => void,
): Promise<FirstLine> {
  return new Promise((resolve) => {
    const finish = (first: FirstLine): void => {
      clearTimeout(timer);
      stop();
      onLine(first);
      resolve(first);
    };
    const timer = setTimeout(() => {
      const { bytes, length } = plugin.stdout.unfinished();
      const atMs = plugin.transcript.now();
      finish(
        length > 0 ? { arrival: 'unfinished', line: partial(bytes, length, atMs), atMs } : { arrival: 'nothing', atMs },
      );
    }, limitMs);
    const stop = plugin.stdout.onChange(() => {
      const first = look(plugin);
      if (first) finish(first);
    });
    const already = look(plugin);
    if (already) finish(already);
  });
}

export interface FoundLine {
  readonly line: HandshakeLine;
  /** Its number on the stream, from 1. */
  readonly number: number;
}

/**
 * The first line of a stream that is a handshake, by itself or after a banner.
 * @param options.behindText also one that a logger printed, with its own text before it
 */
export function findHandshake(
  lines: readonly OutputLine[],
  options: { readonly behindText?: true } = {},
): FoundLine | undefined {
  for (const output of lines) {
    const read = readLine(output.bytes);
    const line = options.behindText && read.prefix === 'text' ? { ...read, prefix: undefined } : read;
    if (isWellFormed(line) && looksLikeHandshake(line)) return { line, number: output.number };
  }
  return undefined;
}
