/**
 * Why the server would not find the plugin in its folder: it ended, it listens elsewhere, nobody listens on what lies
 * there, or what lies there is no socket.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeExit } from '../../src/launch/exit.ts';
import { type Listener, listenersOf } from '../../src/launch/process-table.ts';
import type { ProgramFacts } from '../../src/launch/program.ts';
import { explainEarlyExit } from '../../src/run/early-exit.ts';
import { type Cause, failed } from '../../src/run/outcome.ts';
import type { Fault } from './fault.ts';
import { entriesOf, showEntry, socketsBelow } from './folder.ts';
import type { PolarisSession } from './session.ts';

export const folderVariable = 'POLARIS_PLUGGABLE_SOCKETS_FOLDER';
export const defaultFolder = '/tmp/polaris-pluggable-sockets';

/** What was seen of the sockets of a folder while the plugin was waited for. */
export interface Waited {
  readonly limitMs: number;
  /** The last error of connecting to a socket in the folder, by path. */
  readonly refusals: ReadonlyMap<string, { readonly code: string; readonly message: string }>;
}

/** On what the processes of the plugin listen. */
export const listeners = ({ plugin }: PolarisSession): readonly Listener[] =>
  listenersOf(plugin.processes().map(({ pid }) => pid));

const showListener = ({ network, address }: Listener): string => {
  if (network === 'tcp') return `TCP ${address}`;
  // Some runtimes fill the name up with zero bytes, which the system shows like this.
  return address.startsWith('@') ? `the abstract socket ${address.replace(/@+$/, '')}` : address;
};

const inFolder = `the folder that ${folderVariable} names`;

interface Parts {
  readonly expected: string;
  readonly observed: string;
  readonly cause: Cause;
  readonly timing?: true;
}

const fault = (session: PolarisSession, breaks: string, parts: Parts): Fault => ({
  breaks,
  outcome: failed({ ...parts, evidence: session.evidence(5) }),
});

const fixedPath = (session: PolarisSession, path: string, observed: string): Fault => {
  const folder = dirname(path);
  const isThere = existsSync(folder);
  return fault(session, 'POL-SOCK-004', {
    expected: `a socket in ${inFolder}, ${session.folder}`,
    observed,
    cause: {
      class: 'fixed-socket-path',
      title: `The plugin binds ${path} whatever ${folderVariable} says${isThere ? '' : `, and there is no folder ${folder}`}`,
      fix: `Take the folder from ${folderVariable}; to check the plugin as it is, add --sockets-folder ${folder}.`,
    },
  });
};

/** A path of a socket outside the folder that the plugin complained about. */
function pathInWords({ folder }: PolarisSession, lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const path = /(?:unix:(?:\/\/)?)?(\/[^\s:'",]+\.sock\b|\/tmp\/polaris-[\w-]+\/[^\s:'",]+)/.exec(line)?.[1];
    if (path !== undefined && !path.startsWith(`${folder}/`)) return path;
  }
  return undefined;
}

/** The plugin ended before anybody could connect. */
export function endedEarly(session: PolarisSession, program: ProgramFacts): Fault {
  const { plugin } = session;
  const exit = plugin.exited;
  const lines = [...plugin.stderr.lastLines(60), ...plugin.stdout.lastLines(20)];
  const observed = exit ? `the plugin ${describeExit(exit)}` : 'the plugin is gone';
  const path = pathInWords(session, lines);
  if (path !== undefined) return fixedPath(session, path, `${observed}; it wanted ${path}`);
  return fault(session, 'POL-SOCK-002', {
    expected: 'a plugin that runs and listens, so that the server finds it when it starts',
    observed,
    cause: explainEarlyExit({ program, exit, lines, awaited: 'its socket was ready' }),
  });
}

function wrongKind(session: PolarisSession): Fault | undefined {
  const entry = entriesOf(session.folder).find(({ kind }) => kind === 'link' || kind === 'file');
  if (!entry) return undefined;
  return fault(session, 'POL-SOCK-003', {
    expected: `an entry of the type socket in ${session.folder}`,
    observed: showEntry(entry),
    cause: {
      class: 'not-discovered',
      variant: entry.kind === 'link' ? 'link' : 'no-socket',
      title: `${showEntry(entry)} is all the server finds in its folder, and it takes sockets only: the plugin is ignored`,
      fix: 'Bind the socket in the folder itself; the server follows no links.',
    },
  });
}

function refused(session: PolarisSession, { refusals, limitMs }: Waited): Fault | undefined {
  const [first] = refusals;
  if (!first) return undefined;
  const [path, { code, message }] = first;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (code === 'EACCES' || code === 'EPERM') return denied(session, path, message);
  if (code === 'EPROTOTYPE')
    return notFound(session, `${name} is a Unix socket of another type: the server opens stream sockets only`, {
      observed: message,
      fix: 'Listen on a stream socket (SOCK_STREAM), best with a gRPC library.',
    });
  return fault(session, 'POL-SOCK-002', {
    expected: `a listener on ${path}`,
    observed: `${message}, for ${limitMs / 1000} s`,
    timing: true,
    cause: {
      class: 'not-listening',
      title: `${name} lies in the folder, but nobody listens on it: the server stalls at it for 5 s and does not start`,
      fix: 'Listen on the socket, and keep listening; remove files of earlier runs.',
    },
  });
}

/** The file system refuses the connection. */
export const denied = (session: PolarisSession, path: string, message: string): Fault =>
  fault(session, 'POL-SOCK-008', {
    expected: 'a socket that the user of the server may connect to',
    observed: message,
    cause: {
      class: 'not-listening',
      variant: 'permission',
      title: `The permissions of ${path.slice(path.lastIndexOf('/') + 1)} keep the server out`,
      fix: 'Give the socket a mode with the write bit for the user of the server, such as 0660.',
    },
  });

const notFound = (
  session: PolarisSession,
  title: string,
  { observed, fix, timing }: { observed: string; fix: string; timing?: true },
): Fault =>
  fault(session, 'POL-SOCK-001', {
    expected: `a Unix stream socket in ${session.folder}`,
    observed,
    ...(timing && { timing }),
    cause: { class: 'not-discovered', title, fix },
  });

const bind = `Listen on a Unix socket in ${inFolder}.`;

/** There is no socket where the plugin is said to run. */
function absent(session: PolarisSession): Fault {
  const path = session.settings.socket ?? session.folder;
  return fault(session, 'POL-SOCK-002', {
    expected: `a socket at ${path}`,
    observed: `there is none`,
    cause: {
      class: 'not-listening',
      variant: 'absent',
      title: `There is no socket at ${path}: the plugin does not run, or runs elsewhere`,
      fix: 'Start the plugin first, or give its program after -- so that Plugfest starts it.',
    },
  });
}

/** Nothing in the folder can be connected to, and the plugin runs. */
export function nowhere(session: PolarisSession, waited: Waited): Fault {
  const known = refused(session, waited) ?? (session.plugin.isAttached ? absent(session) : wrongKind(session));
  if (known) return known;
  const entries = entriesOf(session.folder);
  const [below] = socketsBelow(entries);
  if (below !== undefined)
    return notFound(session, `The socket lies in a folder below, ${below}: the server looks into its folder only`, {
      observed: below,
      fix: 'Bind the socket directly in the folder.',
    });
  const places = listeners(session);
  // What it has bound elsewhere would stay behind, because it is about to be killed.
  for (const { network, address } of places) if (network === 'unix') session.plugin.claim(address);
  session.elsewhere = places.map(showListener);
  const where = session.elsewhere.join(', ');
  session.transcript.add('connection', where === '' ? 'the plugin listens nowhere' : `the plugin listens on ${where}`);
  const unix = places.find(({ network, address }) => network === 'unix' && address.startsWith('/'));
  if (unix && dirname(unix.address) === defaultFolder)
    return fixedPath(session, unix.address, `it listens on ${unix.address}`);
  if (where !== '')
    return notFound(session, `The plugin listens on ${where}, where the server never looks: it is ignored`, {
      observed: `it listens on ${where}`,
      fix: unix ? `${bind} To check the plugin as it is, add --socket ${unix.address}.` : bind,
    });
  return fault(session, 'POL-SOCK-002', {
    expected: `a socket in ${session.folder} within ${waited.limitMs / 1000} s`,
    observed: 'the plugin runs and listens nowhere',
    timing: true,
    cause: {
      class: 'not-discovered',
      variant: 'never-listens',
      title: `The plugin runs, and listens nowhere after ${waited.limitMs / 1000} s`,
      fix: bind,
    },
  });
}
