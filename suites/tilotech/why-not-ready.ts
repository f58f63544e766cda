/** Why a plugin never became ready: the host shows one of two sentences for all of it. */
import type { OutputLine } from '../../src/launch/output.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import { listenersOf } from '../../src/launch/process-table.ts';
import type { ProgramFacts } from '../../src/launch/program.ts';
import type { Evidence } from '../../src/launch/transcript.ts';
import { lastWords } from '../../src/run/crash.ts';
import { explainEarlyExit } from '../../src/run/early-exit.ts';
import { type Cause, type Failed, failed } from '../../src/run/outcome.ts';
import type { Broken } from '../../src/run/suite.ts';
import { eventually } from '../../src/run/within.ts';
import { statOf } from './launches.ts';
import { failureLine, hostText, nearMiss, readyLine } from './ready-line.ts';
import type { TiloSession } from './session.ts';

const tooSlow = 'could not start plugin within 10 seconds';
const hasFailed = 'plugin failed to start';

type Facts = Omit<Failed, 'outcome' | 'expected'> & { readonly expected?: string };

const broken = (by: string, facts: Facts): Broken => ({
  by,
  stage: 'start',
  outcome: failed({ expected: `the line \`${readyLine}\` on stdout`, ...facts }),
});

/** Says why, and which requirement is to blame. The plugin may be asked to end on the way. */
export async function whyNotReady(session: TiloSession, program: ProgramFacts): Promise<Broken> {
  const { arrival } = session.ready;
  if (arrival === 'failure') return couldNotListen(session);
  if (arrival === 'too-long') return tooLongLine(session);
  return arrival === 'ended' ? endedEarly(session, program) : neverReady(session);
}

const lineEvidence = (plugin: PluginProcess, name: 'stdout' | 'stderr', line: OutputLine): readonly Evidence[] => [
  plugin.transcript.line(name, line),
];

async function couldNotListen(session: TiloSession): Promise<Broken> {
  const { plugin, ready } = session;
  const isReady = () => plugin.stdout.lines().some((line) => hostText(line) === readyLine);
  await eventually(() => isReady() || plugin.exited !== undefined, { limitMs: 300 });
  const goesOn = isReady();
  return broken('TILO-START-004', {
    observed: `\`${failureLine}\`${goesOn ? `, and then \`${readyLine}\`` : ''}`,
    evidence: [...(ready.line ? lineEvidence(plugin, 'stdout', ready.line) : []), ...lastWords(session.transcript, 4)],
    hostSays: hasFailed,
    cause: {
      class: 'listen-failed',
      title: goesOn
        ? `The plugin prints \`${failureLine}\` and then \`${readyLine}\`: the host has given up at the first`
        : `The plugin cannot listen at the path of PLUGIN_SOCKET, although nothing is there: it prints \`${failureLine}\``,
      fix: goesOn
        ? `Print \`${failureLine}\` only when you give up, and exit then.`
        : 'Listen at the path as it is given: create no folder, add no extension, and log the error to stderr.',
    },
  });
}

const tooLongLine = ({ plugin }: TiloSession): Broken =>
  broken('TILO-OUT-001', {
    expected: 'lines of at most 65535 bytes on stdout',
    observed: `a line of ${plugin.stdout.longestLine} bytes before the ready line`,
    hostSays: tooSlow,
    cause: {
      class: 'blocked-by-own-output',
      variant: 'long-line',
      title: `A stdout line of ${plugin.stdout.longestLine} bytes or more before the ready line: the host's line reader gives up for good`,
      fix: 'Print nothing but the ready line on stdout; send logs to stderr.',
    },
  });

/** What helps against causes whose general answer speaks of another system. */
const fixes: Readonly<Record<string, string>> = {
  'bad-socket-path': 'Listen at the path of PLUGIN_SOCKET, exactly as it is given.',
  'sandbox-refuses-socket': 'The plugin must be able to create a Unix socket in the folder of PLUGIN_SOCKET.',
  'left-behind': 'Listen at the path of PLUGIN_SOCKET and nowhere else: every host has its own.',
};

async function endedEarly(session: TiloSession, program: ProgramFacts): Promise<Broken> {
  const { plugin } = session;
  await eventually(() => plugin.exited !== undefined && plugin.stderr.endedAtMs !== undefined, { limitMs: 300 });
  const lines = [...plugin.stderr.lastLines(80), ...plugin.stdout.lastLines(20)];
  const found = explainEarlyExit({ program, exit: plugin.exited, lines, awaited: 'it was ready' });
  const fix = fixes[found.class] ?? found.fix;
  const exit = plugin.exited;
  const how = exit?.signal === undefined ? `exited with code ${exit?.code ?? 0}` : `ended by ${exit.signal}`;
  const missed = plugin.stdout.lines().map(nearMiss).find(Boolean);
  if (missed) return almostReady(session, missed.variant, missed.what, lineEvidence(plugin, 'stdout', missed.line));
  return broken('TILO-START-004', {
    observed: exit ? `no such line; the plugin ${how}` : 'no such line; the plugin closed stdout and runs on',
    evidence: lastWords(session.transcript, 10),
    hostSays: exit ? hasFailed : tooSlow,
    cause: { ...found, ...(fix !== undefined && { fix }) },
  });
}

const almostReady = ({ plugin }: TiloSession, variant: string, what: string, evidence: readonly Evidence[]): Broken =>
  broken('TILO-READY-001', {
    observed: `a line that is almost the ready line: ${what}`,
    evidence,
    hostSays: plugin.exited ? hasFailed : tooSlow,
    timing: true,
    cause: {
      class: 'ready-line-malformed',
      variant,
      title: `The ready line is not exact: ${what}`,
      fix: `Print exactly \`${readyLine}\` and a line feed on stdout: no blank, no prefix, no colour, in lower case.`,
    },
  });

/** Time is over, and the plugin runs: does it nearly say it, say it elsewhere, keep it in a buffer, or is it slow? */
async function neverReady(session: TiloSession): Promise<Broken> {
  const { plugin } = session;
  const nothing = (by: string, observed: string, cause: Cause, evidence?: readonly Evidence[]): Broken =>
    broken(by, {
      observed,
      evidence: evidence ?? lastWords(session.transcript, 8),
      hostSays: tooSlow,
      timing: true,
      cause,
    });
  const missed = plugin.stdout.lines().map(nearMiss).find(Boolean);
  if (missed) return almostReady(session, missed.variant, missed.what, lineEvidence(plugin, 'stdout', missed.line));
  const { bytes, length } = plugin.stdout.unfinished();
  if (length > 0 && length < 200 && bytes.toString('utf8').includes(readyLine)) {
    const evidence = [session.transcript.add('stdout', bytes)];
    return almostReady(session, 'no-line-feed', 'the line feed at its end is missing', evidence);
  }
  const wrongStream = plugin.stderr.lines().find((line) => hostText(line).includes(readyLine));
  if (wrongStream)
    return nothing(
      'TILO-READY-003',
      `the line stands on stderr (line ${wrongStream.number})`,
      {
        class: 'ready-line-on-stderr',
        title: 'The ready line was written to stderr: the host reads stdout only',
        fix: 'Print the ready line on stdout and everything else on stderr.',
      },
      lineEvidence(plugin, 'stderr', wrongStream),
    );
  return silent(session, nothing);
}

type Report = (by: string, observed: string, cause: Cause, evidence?: readonly Evidence[]) => Broken;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** How long a plugin is watched beyond its time, to tell slow from silent: as long again, but no more than this. */
const lateLookMs = 3000;

async function silent(session: TiloSession, report: Report): Promise<Broken> {
  const { plugin, settings, socketPath } = session;
  const { startMs } = settings.deadlines;
  const line = () => plugin.stdout.lines().find((one) => hostText(one) === readyLine);
  await eventually(() => line() !== undefined || plugin.exited !== undefined, {
    limitMs: Math.min(startMs, lateLookMs),
    everyMs: 20,
  });
  const late = line();
  if (late)
    return report('TILO-START-004', `the line came after ${seconds(late.atMs)}`, {
      class: 'slow-start',
      title: `The plugin is ready after ${seconds(late.atMs)}; the host waits ${seconds(startMs)} and then ends it`,
      fix: 'Listen and print the ready line first; connect, load and compile afterwards, or on the first call.',
    });
  const listens = statOf(socketPath)?.isSocket() ?? false;
  const [listener] = listenersOf(plugin.processes().map(({ pid }) => pid));
  if (await flushesAtEnd(session))
    return report('TILO-READY-002', 'the line came out of a buffer when the process was asked to end', notFlushed);
  if (listens)
    return report('TILO-READY-001', 'a socket that is listened on, and no line', {
      class: 'ready-line-missing',
      title: `The plugin listens at PLUGIN_SOCKET but never prints \`${readyLine}\`, or never flushes it`,
      fix: `Print \`${readyLine}\` on stdout as soon as the server listens, and flush it.`,
    });
  const elsewhere = listener ? `; it listens on ${listener.network} ${listener.address}` : '';
  return report('TILO-START-004', `no line within ${seconds(startMs)}${elsewhere}`, {
    class: 'ready-line-missing',
    variant: 'nothing-listens',
    title: `No ready line within ${seconds(startMs)}: the plugin runs, and does not listen at PLUGIN_SOCKET${elsewhere}`,
    fix: `Listen at the path of PLUGIN_SOCKET, then print \`${readyLine}\`.`,
  });
}

export const notFlushed: Cause = {
  class: 'ready-line-not-flushed',
  title: 'The ready line waits in a buffer: stdout is a pipe here, and nothing flushes it',
  fix: 'Flush stdout after the line (Python: print("plugin is ready", flush=True); C: fflush(stdout)).',
};

/** Asks the process to end, as the host does, and looks whether the line falls out of a buffer. */
async function flushesAtEnd(session: TiloSession): Promise<boolean> {
  const { plugin } = session;
  const came = () => plugin.stdout.lines().some((line) => hostText(line).includes(readyLine));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    session.leaving = true;
    plugin.signal(signal);
    if (await eventually(() => came() || plugin.stdout.endedAtMs !== undefined, { limitMs: 400 })) break;
  }
  return came();
}
