/**
 * One output pipe of a plugin, drained for as long as the process lives, as the real host does.
 * Nothing here grows without bound: the first bytes and the last lines are kept, the rest is counted.
 */
import type { Readable } from 'node:stream';
import { KeptBytes } from './kept-bytes.ts';
import type { Transcript } from './transcript.ts';

/** The reference host's line scanner gives up at this many bytes (Go bufio.MaxScanTokenSize). */
export const scannerLimit = 64 * 1024;

const headLimit = 256 * 1024;
const linesAtEachEnd = 100;
const keptLineBytes = 4 * 1024;
const lf = 0x0a;

/** One line of output, without its line end. */
export interface OutputLine {
  /** 1 for the first line. */
  readonly number: number;
  /** The bytes, cut after 64 KiB for the first line and after 4 KiB for all others. */
  readonly bytes: Buffer;
  /** The length of the whole line in bytes, without LF. */
  readonly length: number;
  /** False when the output ended without a line feed. */
  readonly terminated: boolean;
  /** When the line was complete, in milliseconds since the launch began. */
  readonly atMs: number;
}

export class Output {
  readonly name: 'stdout' | 'stderr';
  /** Settles when the pipe has reached its end: the process and every descendant have closed it. */
  readonly ended: Promise<void>;
  readonly #transcript: Transcript;
  readonly #stream: Readable;
  readonly #firstLines: OutputLine[] = [];
  readonly #lastLines: OutputLine[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #lineListeners = new Set<(line: OutputLine) => void>();
  readonly #head = new KeptBytes(headLimit);
  #partial = new KeptBytes(scannerLimit);
  #partialLength = 0;
  #total = 0;
  #count = 0;
  #longest = 0;
  #endedAt: number | undefined;

  constructor(name: 'stdout' | 'stderr', stream: Readable, transcript: Transcript) {
    this.name = name;
    this.#transcript = transcript;
    this.#stream = stream;
    this.ended = new Promise((resolve) => {
      const finish = () => {
        if (this.#endedAt !== undefined) return;
        if (this.#partialLength > 0) this.#finishLine(Buffer.alloc(0), false);
        this.#endedAt = transcript.now();
        for (const listener of this.#listeners) listener();
        resolve();
      };
      stream.on('data', (chunk: Buffer) => this.#take(chunk));
      stream.on('end', finish);
      stream.on('close', finish);
      stream.on('error', finish);
    });
  }

  /** Bytes seen so far. */
  get total(): number {
    return this.#total;
  }

  /** Complete lines seen so far; an unterminated last line counts once the pipe has ended. */
  get lineCount(): number {
    return this.#count;
  }

  /** Length in bytes of the longest line so far, the unfinished one included. */
  get longestLine(): number {
    return Math.max(this.#longest, this.#partialLength);
  }

  /** When the pipe reached its end, in milliseconds since the launch began. */
  get endedAtMs(): number | undefined {
    return this.#endedAt;
  }

  /** The first complete line. */
  get firstLine(): OutputLine | undefined {
    return this.#firstLines[0];
  }

  /** The first bytes, as they came: at most 256 KiB. */
  head(): Buffer {
    return this.#head.view();
  }

  /** What follows the last line feed and is not finished yet. */
  unfinished(): { readonly bytes: Buffer; readonly length: number } {
    return { bytes: this.#partial.view(), length: this.#partialLength };
  }

  /** The first hundred and the last hundred lines, in order. */
  lines(): readonly OutputLine[] {
    const turn = this.#count % linesAtEachEnd;
    const last =
      this.#lastLines.length < linesAtEachEnd
        ? this.#lastLines
        : [...this.#lastLines.slice(turn), ...this.#lastLines.slice(0, turn)];
    return [...this.#firstLines, ...last];
  }

  /** Text of the last lines, decoded leniently, oldest first. */
  lastLines(count: number): readonly string[] {
    return this.lines()
      .slice(-count)
      .map((line) => line.bytes.toString('utf8'));
  }

  /**
   * Calls back for every line that is finished from now on; of a flood of short lines only those that are kept.
   * Returns the way to stop it.
   */
  onLine(listener: (line: OutputLine) => void): () => void {
    this.#lineListeners.add(listener);
    return () => this.#lineListeners.delete(listener);
  }

  /** Calls back whenever bytes have come or the pipe has ended; returns the way to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops reading for a while, as a busy host does: what is written then waits in the pipe. */
  pause(): void {
    this.#stream.pause();
  }

  /** Reads on after `pause`. */
  resume(): void {
    this.#stream.resume();
  }

  /** Stops reading and lets go of the pipe, whoever may still hold its other end. */
  release(): void {
    this.#stream.destroy();
  }

  #take(chunk: Buffer): void {
    this.#total += chunk.byteLength;
    this.#head.append(chunk);
    // A plugin that floods its output with short lines must not keep the harness from everything else.
    let unseen = countLines(chunk) - 2 * linesAtEachEnd;
    let from = 0;
    for (let end = chunk.indexOf(lf); end !== -1; end = chunk.indexOf(lf, from)) {
      if (unseen > 0 && this.#firstLines.length === linesAtEachEnd && this.#partialLength === 0) {
        from = this.#skip(chunk, from, unseen);
        unseen = 0;
      } else {
        this.#finishLine(chunk.subarray(from, end), true);
        from = end + 1;
      }
    }
    if (from < chunk.byteLength) this.#extend(chunk.subarray(from));
    for (const listener of this.#listeners) listener();
  }

  /** Counts lines that would only be pushed out by later ones of the same chunk; returns where they end. */
  #skip(chunk: Buffer, from: number, lines: number): number {
    let start = from;
    for (let at = from, left = lines; left > 0; at += 1) {
      if (chunk[at] !== lf) continue;
      this.#longest = Math.max(this.#longest, at - start);
      start = at + 1;
      left -= 1;
    }
    this.#count += lines;
    return start;
  }

  #extend(bytes: Buffer): void {
    this.#partial.append(bytes);
    this.#partialLength += bytes.byteLength;
  }

  #finishLine(rest: Buffer, terminated: boolean): void {
    this.#extend(rest);
    this.#count += 1;
    const line: OutputLine = {
      number: this.#count,
      bytes: this.#partial.view(),
      length: this.#partialLength,
      terminated,
      atMs: this.#transcript.now(),
    };
    this.#longest = Math.max(this.#longest, line.length);
    this.#partial = new KeptBytes(keptLineBytes);
    this.#partialLength = 0;
    if (this.#firstLines.length < linesAtEachEnd) this.#firstLines.push(line);
    else this.#lastLines[(this.#count - 1) % linesAtEachEnd] = line;
    for (const listener of this.#lineListeners) listener(line);
  }
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = 0, end = chunk.length; at < end; at += 1) if (chunk[at] === lf) count += 1;
  return count;
}
