/**
 * The line that says the plugin is ready, as the reference host reads it: stdout split at LF, one trailing CR dropped,
 * nothing else trimmed. Whatever comes close is told apart, because the host only says that time is over.
 */
import { type OutputLine, scannerLimit } from '../../src/launch/output.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';

export const readyLine = 'plugin is ready';
export const failureLine = 'failed to listen on socket';

/** How the wait for the ready line ended. */
export type Arrival =
  | 'ready'
  /** The failure line came first. */
  | 'failure'
  /** A line of 64 KiB or more: the host's scanner has given up. */
  | 'too-long'
  /** stdout ended, or the process did. */
  | 'ended'
  /** Nothing of the kind within the start timeout. */
  | 'nothing';

export interface Ready {
  readonly arrival: Arrival;
  readonly atMs: number;
  /** The line that decided, where one did. */
  readonly line?: OutputLine;
}

/** A line as the host compares it. */
export const hostText = ({ bytes }: OutputLine): string => bytes.toString('utf8').replace(/\r$/, '');

function judge(line: OutputLine): Ready | undefined {
  const { atMs } = line;
  if (line.length >= scannerLimit) return { arrival: 'too-long', line, atMs };
  // A longer line is kept in part only, so its length counts as well.
  if (line.length > failureLine.length + 1) return undefined;
  const text = hostText(line);
  if (text === readyLine) return { arrival: 'ready', line, atMs };
  return text === failureLine ? { arrival: 'failure', line, atMs } : undefined;
}

/**
 * Waits for a line that decides the start. `onReady` is called in the very moment the ready line is complete, before
 * anything else can run: a host that connects at once must find somebody listening.
 */
export function waitForReady(plugin: PluginProcess, limitMs: number, onReady: () => void): Promise<Ready> {
  const { stdout, transcript } = plugin;
  return new Promise((resolve) => {
    let settled = false;
    const finish = (ready: Ready): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      for (const stop of stops) stop();
      if (ready.arrival === 'ready') onReady();
      resolve(ready);
    };
    const timer = setTimeout(() => finish({ arrival: 'nothing', atMs: transcript.now() }), limitMs);
    const look = (): void => {
      if (stdout.unfinished().length >= scannerLimit) finish({ arrival: 'too-long', atMs: transcript.now() });
      else if (stdout.endedAtMs !== undefined) finish({ arrival: 'ended', atMs: transcript.now() });
    };
    const take = (line: OutputLine): void => {
      const ready = judge(line);
      if (ready) finish(ready);
    };
    const stops = [stdout.onLine(take), stdout.onChange(look)];
    const already = stdout.lines().map(judge).find(Boolean);
    if (already) finish(already);
    else look();
    // A process may end while a child of it still holds the pipe.
    void plugin.whenExited.then(() => setTimeout(() => finish({ arrival: 'ended', atMs: transcript.now() }), 100));
  });
}

/** What is wrong with a line that means to say the plugin is ready. */
export interface NearMiss {
  readonly line: OutputLine;
  readonly variant: string;
  /** Half a sentence: what differs. */
  readonly what: string;
}

const letters = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, ' ')
    .trim();
const show = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

const checks: readonly (readonly [variant: string, is: (text: string) => boolean, what: string])[] = [
  [
    'carriage-return',
    (text) => /\r/.test(text),
    'carriage returns stand in it: one before the line feed is all the host drops',
  ],
  ['byte-order-mark', (text) => text.startsWith('\ufeff'), 'a byte order mark stands before it'],
  ['nul-bytes', (text) => text.includes('\0'), 'it is written in UTF-16, with a NUL byte for every character'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequence is what is looked for
  ['colours', (text) => /\u001b\[/.test(text), 'terminal colours are written around it'],
  ['leading-blank', (text) => /^\s+plugin is ready$/.test(text), 'a blank stands before it'],
  ['trailing-blank', (text) => /^plugin is ready\s+$/.test(text), 'a blank stands after it'],
  [
    'blanks',
    (text) => text.trim().replace(/\s+/g, ' ') === readyLine,
    'it has other blanks than one space between the words',
  ],
  ['letter-case', (text) => text.trim().toLowerCase() === readyLine, 'the letter case is another'],
  ['quotes', (text) => /^["'`].*["'`]$/.test(text.trim()) && letters(text) === readyLine, 'quotes stand around it'],
  ['suffix', (text) => text.startsWith(readyLine), 'more stands after it on the same line'],
  ['prefix', (text) => text.includes(readyLine), 'more stands before it on the same line, as a logger writes it'],
  [
    'letter-case',
    (text) => text.toLowerCase().includes(readyLine),
    'the letter case is another, and more stands beside it',
  ],
];

/** Why a line is not the ready line, although it means to be. */
export function nearMiss(line: OutputLine): NearMiss | undefined {
  const text = hostText(line);
  const found = letters(text.replaceAll('\0', '')).includes(readyLine)
    ? (checks.find(([, is]) => is(text)) ?? (['characters', () => true, 'other characters stand in it'] as const))
    : undefined;
  if (found) return { line, variant: found[0], what: `${found[2]}: ${show(text)}` };
  const isClose =
    line.length < 60 &&
    /^\W*(?:the )?(?:plug-?in|server)?\W*(?:is )?(?:now )?(?:ready|started|listening)\W*$/i.test(text);
  return isClose ? { line, variant: 'other-words', what: `the words are others: ${show(text)}` } : undefined;
}
