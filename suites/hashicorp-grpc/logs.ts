/**
 * Reads stderr as the reference host does (client.go, logStderr; log_entry.go, parseJSON), line by line while it comes,
 * and remembers the first line of each kind of fault. A host parses these lines in its own process: some crash it.
 */
import type { OutputLine } from '../../src/launch/output.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';

export type LogFault = 'crashes-host' | 'timestamp' | 'level' | 'long';

export interface LogFacts {
  readonly lines: number;
  /** Lines that are JSON objects with at least one of hclog's keys. */
  readonly structured: number;
  /** Lines of text that begin with a level in brackets. */
  readonly prefixed: number;
  /** The first line of each fault, with what is wrong with it. */
  readonly faults: ReadonlyMap<LogFault, { readonly line: OutputLine; readonly what: string }>;
  /** The first line that begins as a Go crash does. */
  readonly crash: OutputLine | undefined;
}

const bufferLimit = 64 * 1024;
const keys = ['@message', '@level', '@timestamp'] as const;
const levels = ['trace', 'debug', 'info', 'warn', 'error'];
const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(?:Z|[+-]\d{2}:\d{2})$/;
const prefix = /^\[(?:TRACE|DEBUG|INFO|WARN|ERROR)\]/;
const crashStart = /^(?:panic: |fatal error: )/;

/** Numbers that no float64 holds: encoding/json refuses the whole line for one, where JSON.parse makes it infinite. */
function refuseHugeNumbers(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('the number is too large');
  return value;
}

/** Go's encoding/json takes an object only; arrays, numbers and text are plain lines to the host. */
function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text, refuseHugeNumbers);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

export class LogReader implements LogFacts {
  lines = 0;
  structured = 0;
  prefixed = 0;
  crash: OutputLine | undefined;
  readonly faults = new Map<LogFault, { line: OutputLine; what: string }>();

  /** Reads what has come so far and everything that follows. */
  constructor(plugin: PluginProcess) {
    for (const line of plugin.stderr.lines()) this.#read(line);
    plugin.stderr.onLine((line) => this.#read(line));
  }

  #read(line: OutputLine): void {
    this.lines += 1;
    if (line.length >= bufferLimit) {
      this.#note('long', line, `${line.length} bytes`);
      return;
    }
    const text = line.bytes.toString('utf8');
    if (crashStart.test(text)) this.crash ??= line;
    if (prefix.test(text)) this.prefixed += 1;
    const entry = parseObject(text);
    if (entry) this.#readEntry(line, entry);
  }

  #readEntry(line: OutputLine, entry: Readonly<Record<string, unknown>>): void {
    if (keys.some((key) => key in entry)) this.structured += 1;
    for (const key of keys) {
      const value = entry[key];
      if (value !== undefined && typeof value !== 'string')
        this.#note('crashes-host', line, `${key} is ${value === null ? 'null' : `a ${typeof value}`}`);
    }
    const { '@timestamp': at, '@level': level } = entry;
    if (typeof at === 'string' && !timestamp.test(at)) this.#note('timestamp', line, `@timestamp is \`${at}\``);
    if (typeof level === 'string' && !levels.includes(level.trim().toLowerCase()))
      this.#note('level', line, `@level is \`${level}\``);
  }

  #note(fault: LogFault, line: OutputLine, what: string): void {
    if (!this.faults.has(fault)) this.faults.set(fault, { line, what });
  }
}
