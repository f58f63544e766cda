/**
 * The transcript of one launch: everything seen, on one clock that starts with the process.
 * It is bounded at both ends: the first and the last entries are kept, what fell out between them is counted.
 */

import type { Output, OutputLine } from './output.ts';

/** Where an entry of the transcript came from. */
export type TranscriptSource =
  | 'start'
  | 'stdout'
  | 'stderr'
  | 'connection'
  | 'call'
  | 'signal'
  | 'exit'
  | 'file'
  | 'census'
  | 'wait';

/** A few facts an outcome rests on, in the shape the report carries them. */
export interface Evidence {
  readonly launch: string;
  /** Milliseconds since the launch began. */
  readonly atMs: number;
  readonly source: TranscriptSource;
  readonly text: string;
  /** `base64` when the bytes are not valid UTF-8. */
  readonly encoding: 'utf8' | 'base64';
  readonly truncated: boolean;
}

const keptAtEachEnd = 300;
/** Bytes of one entry that are kept; a report line longer than this helps nobody. */
const entryLimit = 1024;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function describe(content: string | Uint8Array): Pick<Evidence, 'text' | 'encoding' | 'truncated'> {
  if (typeof content === 'string') {
    const truncated = content.length > entryLimit;
    // The cut must not leave one half of a surrogate pair behind.
    const text = truncated ? content.slice(0, entryLimit).replace(/[\ud800-\udbff]$/, '') : content;
    return { text, encoding: 'utf8', truncated };
  }
  const truncated = content.byteLength > entryLimit;
  const bytes = truncated ? content.subarray(0, entryLimit) : content;
  for (const cut of truncated ? [0, 1, 2, 3] : [0]) {
    try {
      return { text: decoder.decode(bytes.subarray(0, bytes.byteLength - cut)), encoding: 'utf8', truncated };
    } catch {
      // A character of several bytes may have been cut in half: try again without its beginning.
    }
  }
  return { text: Buffer.from(bytes).toString('base64'), encoding: 'base64', truncated };
}

/** An entry with its time unrounded: within a millisecond the order still matters. */
interface Timed {
  readonly at: number;
  readonly entry: Evidence;
}

export class Transcript {
  readonly launch: string;
  readonly #startedAt = performance.now();
  readonly #head: Timed[] = [];
  #tail: Timed[] = [];
  #outputs: readonly Output[] = [];
  #dropped = 0;

  constructor(launch: string) {
    this.launch = launch;
  }

  /** Milliseconds since the launch began. */
  now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Ties in the output pipes, whose lines are kept there and become entries on demand. */
  attach(...outputs: readonly Output[]): void {
    this.#outputs = outputs;
  }

  /** One line of output as evidence. */
  line(source: Output['name'], line: OutputLine): Evidence {
    const entry = this.#entry(source, line.bytes, line.atMs);
    return line.length > line.bytes.byteLength ? { ...entry, truncated: true } : entry;
  }

  /** Records one fact and returns it as evidence. */
  add(source: TranscriptSource, content: string | Uint8Array): Evidence {
    const at = this.now();
    const entry = this.#entry(source, content, at);
    if (this.#head.length < keptAtEachEnd) this.#head.push({ at, entry });
    else {
      this.#tail.push({ at, entry });
      if (this.#tail.length >= 2 * keptAtEachEnd) {
        this.#dropped += this.#tail.length - keptAtEachEnd;
        this.#tail = this.#tail.slice(-keptAtEachEnd);
      }
    }
    return entry;
  }

  /** How many entries fell out between the first and the last ones. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Every kept entry in the order of time, the kept lines of output among them. */
  entries(): readonly Evidence[] {
    const lines = this.#outputs.flatMap((output) =>
      output.lines().map((line) => ({ at: line.atMs, entry: this.line(output.name, line) })),
    );
    return [...this.#head, ...this.#tail, ...lines].sort((a, b) => a.at - b.at).map(({ entry }) => entry);
  }

  /** The last entries of the given sources, oldest first. */
  last(count: number, ...sources: readonly TranscriptSource[]): readonly Evidence[] {
    return this.entries()
      .filter((entry) => sources.includes(entry.source))
      .slice(-count);
  }

  #entry(source: TranscriptSource, content: string | Uint8Array, atMs: number): Evidence {
    return { launch: this.launch, atMs: Math.round(atMs), source, ...describe(content) };
  }
}
