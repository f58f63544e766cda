/** How the first line arrives, or why it does not: each way in which it can go wrong has a cause of its own. */
import type { OutputLine } from '../../src/launch/output.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import { listenersOf } from '../../src/launch/process-table.ts';
import type { ProgramFacts } from '../../src/launch/program.ts';
import type { Evidence } from '../../src/launch/transcript.ts';
import { lastWords } from '../../src/run/crash.ts';
import { explainEarlyExit } from '../../src/run/early-exit.ts';
import { type Cause, type Failed, failed } from '../../src/run/outcome.ts';
import { eventually } from '../../src/run/within.ts';
import { type FirstLine, type FoundLine, findHandshake } from './first-line.ts';
import { trimSpace } from './go-text.ts';
import { type HandshakeLine, looksLikeHandshake, readLine } from './handshake-line.ts';
import type { HostExpectation } from './reference-host.ts';

export interface HandshakeFacts {
  readonly plugin: PluginProcess;
  readonly first: FirstLine;
  readonly host: HostExpectation;
  readonly program: ProgramFacts;
  readonly cookie: string | undefined;
  readonly startMs: number;
  /** Find out why a plugin that runs is silent; not worth the time where silence is what one hopes for. */
  readonly investigates: boolean;
}

/** How long a plugin is left alone after a first line that is no handshake, to see whether the real one follows. */
const followLimitMs = 2000;

export const lineEvidence = (plugin: PluginProcess, number: number): readonly Evidence[] =>
  plugin.stdout
    .lines()
    .filter((line) => line.number === number || line.number === 1)
    .map((line) => plugin.transcript.line('stdout', line));

/** The plugin ended before its line. */
export async function earlyExit({ plugin, program, cookie }: HandshakeFacts): Promise<Failed> {
  // The end of a pipe may be seen before the end of its process, and before the last words on the other pipe.
  await eventually(() => plugin.exited !== undefined && plugin.stderr.endedAtMs !== undefined, { limitMs: 300 });
  const exit = plugin.exited;
  const lines = [...plugin.stderr.lastLines(80), ...plugin.stdout.lastLines(20)];
  const cause = explainEarlyExit({ program, exit, lines, cookie, awaited: 'the handshake' });
  return failed({
    expected: 'a handshake line on stdout',
    observed: exit
      ? `no line; the plugin ${exit.signal ? `ended by ${exit.signal}` : `exited with code ${exit.code ?? 0}`}`
      : 'no line; the plugin closed stdout',
    evidence: lastWords(plugin.transcript, 10),
    cause,
  });
}

/** Nothing came, and the plugin still runs: is it mute, does it talk elsewhere, or does the line wait in a buffer? */
/** The plugin runs, and no line came. */
export async function silence({ plugin, startMs, investigates }: HandshakeFacts): Promise<Failed> {
  const expected = `the handshake line within ${startMs} ms`;
  if (!investigates) return failed({ expected, observed: 'nothing on stdout, and it still runs', timing: true });
  const found = findHandshake(plugin.stderr.lines(), { behindText: true });
  const listeners = listenersOf(plugin.processes().map(({ pid }) => pid));
  const [listener] = listeners;
  if (listener) plugin.transcript.add('connection', `the plugin listens on ${listener.network} ${listener.address}`);
  const fail = (observed: string, cause: Cause): Failed =>
    failed({ expected, observed, cause, evidence: lastWords(plugin.transcript, 10), timing: true });
  if (found)
    return fail(`a handshake on line ${found.number} of stderr`, {
      class: 'handshake-on-stderr',
      title: `The handshake was written to stderr (line ${found.number}): the host reads stdout`,
      fix: 'Print the handshake on stdout and everything else on stderr.',
    });
  const late = listener ? undefined : await lateLine(plugin, startMs);
  if (late)
    return fail(`the handshake came ${Math.round(late.atMs)} ms after the start`, {
      class: 'slow-start',
      title: `The plugin needs ${(late.atMs / 1000).toFixed(1)} s to start: the host gives up after ${seconds(startMs)}`,
      fix: 'Do slow work after the handshake: connect, load and compile later.',
    });
  if (await flushesAtEnd(plugin))
    return fail('nothing while it ran; the line came out when the process was asked to end', {
      class: 'handshake-not-flushed',
      variant: 'buffered',
      title: 'The handshake waits in a buffer: stdout is a pipe here, and nothing flushes it',
      fix: 'Flush stdout after the line (Python: print(..., flush=True); C: fflush(stdout)).',
    });
  if (listener)
    return fail(`nothing on stdout, although it listens on ${listener.address}`, {
      class: 'handshake-not-flushed',
      variant: 'listening',
      title: `The plugin listens on ${listener.address} but never prints the line: is stdout flushed?`,
      fix: 'Print the handshake once the server listens, and flush stdout.',
    });
  return fail('nothing on stdout, and it still runs', {
    class: 'no-handshake',
    title: `No handshake within ${seconds(startMs)}: the plugin runs, and is silent on stdout`,
    fix: 'Print the handshake line as soon as the server listens; do slow work after it.',
  });
}

/** Slow is told from silent by waiting on, for up to twice the limit again; the host has given up by then. */
async function lateLine(plugin: PluginProcess, startMs: number): Promise<OutputLine | undefined> {
  const find = () => plugin.stdout.lines().find((line) => looksLikeHandshake(readLine(line.bytes)));
  const isOver = () => find() !== undefined || plugin.exited !== undefined || plugin.stdout.endedAtMs !== undefined;
  await eventually(isOver, { limitMs: Math.min(2 * startMs, longestLateMs) });
  return find();
}

const longestLateMs = 10_000;

const seconds = (ms: number): string => `${ms / 1000} s`;

/** Asks the process to end and looks whether a line falls out of a buffer. */
async function flushesAtEnd(plugin: PluginProcess): Promise<boolean> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    plugin.signal(signal);
    const came = () => plugin.stdout.total > 0 || plugin.stdout.endedAtMs !== undefined;
    if (await eventually(came, { limitMs: 400 })) break;
  }
  return looksLikeHandshake(readLine(plugin.stdout.head().subarray(0, 4096)));
}

/** The first line has no end within the host's limit. */
export const tooLong = ({ plugin, first }: HandshakeFacts): Failed => {
  const isHandshake = looksLikeHandshake(readLine(plugin.stdout.head().subarray(0, 4096)));
  return failed({
    expected: 'a first line of less than 65536 bytes',
    observed: first.line?.terminated
      ? `a line of ${first.line.length} bytes`
      : `${plugin.stdout.longestLine} bytes without a line feed`,
    evidence: lineEvidence(plugin, 1),
    cause: {
      class: isHandshake ? 'handshake-malformed' : 'output-before-handshake',
      variant: 'long-line',
      title: `The ${isHandshake ? 'handshake' : 'first'} line reaches 64 KiB: the host's line reader gives up`,
      fix: isHandshake
        ? 'Print six fields, and none that grows.'
        : 'Print the handshake first, and nothing else on stdout.',
    },
  });
};

/** Bytes came, and no line feed. */
export function unfinished({ plugin, first, startMs }: HandshakeFacts, line: HandshakeLine): Failed {
  const text = trimSpace(line.text);
  const evidence = plugin.transcript.add('stdout', first.line?.bytes ?? Buffer.alloc(0));
  const complete = looksLikeHandshake(line) && line.count > 4;
  return failed({
    expected: 'the line ends with a line feed',
    observed: `${first.line?.length ?? 0} bytes and no line feed within ${startMs} ms`,
    evidence: [evidence],
    timing: true,
    cause: {
      class: 'handshake-not-flushed',
      variant: 'no-line-feed',
      title: complete
        ? 'The handshake came without a line feed: the host waits for it until the start timeout'
        : `Half a line, \`${text.slice(0, 80)}\`, and then nothing: the host waits for its end`,
      fix: 'End the line with \\n (and nothing before it) and flush stdout.',
    },
  });
}

/** The handshake on a later line, if it comes soon. */
export async function findLater(plugin: PluginProcess): Promise<FoundLine | undefined> {
  const find = () => findHandshake(plugin.stdout.lines().slice(1));
  await eventually(() => find() !== undefined || plugin.stdout.endedAtMs !== undefined, { limitMs: followLimitMs });
  return find();
}

const usage = /^\s*(?:usage\b|options:|commands:|available commands|flags:)/i;
const jsonLike = /^\s*[{[].*[}\]]\s*$/;

/** The first line is something else. */
export function notFirst({ plugin }: HandshakeFacts, line: HandshakeLine, later: FoundLine | undefined): Failed {
  const shown = line.text.length > 200 ? `${line.text.slice(0, 200)}…` : line.text;
  const follows = later ? `; the handshake follows on line ${later.number}` : '';
  const output = plugin.stdout
    .lines()
    .slice(0, 30)
    .map((output) => output.bytes.toString('utf8'));
  const cause = ((): Cause => {
    const about = { class: 'output-before-handshake' };
    if (trimSpace(line.text) === '')
      return {
        ...about,
        variant: 'blank-line',
        title: `Line 1 on stdout is blank${follows}`,
        fix: 'Print the handshake line first, without a line feed before it.',
      };
    if (jsonLike.test(line.text) && /grpc|netrpc/i.test(line.text))
      return {
        class: 'handshake-malformed',
        variant: 'json',
        title: 'The handshake is printed as JSON: the host wants fields separated by `|`',
        fix: 'Print 1|1|unix|/path|grpc.',
      };
    if (!later && output.some((text) => usage.test(text)))
      return {
        ...about,
        variant: 'usage',
        title: 'The program printed its usage: it wants a sub-command',
        fix: 'Give the sub-command after the program, as in -- ./plugin serve.',
      };
    return {
      ...about,
      title: `Line 1 on stdout is your own output \`${shown}\`${follows}`,
      fix: 'Send logs to stderr: stdout belongs to the handshake.',
    };
  })();
  return failed({
    expected: 'the handshake on line 1 of stdout',
    observed: later ? `line 1 is \`${shown}\`, the handshake is line ${later.number}` : `line 1 is \`${shown}\``,
    evidence: lineEvidence(plugin, later?.number ?? 1),
    cause,
  });
}
