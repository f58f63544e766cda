/**
 * Waits until the plugin can be connected to in the folder. The real server starts nothing and does not wait: what
 * is not there when it looks does not exist. Here the plugin has just been started, so it is given time.
 */
import type { Socket } from 'node:net';
import type { ProgramFacts } from '../../src/launch/program.ts';
import { settlesWithin } from '../../src/launch/settles-within.ts';
import { connectSocket } from '../../src/wire/address.ts';
import { type Entry, entriesOf, entryAt } from './folder.ts';
import { endedEarly, listeners, nowhere } from './not-found.ts';
import type { PolarisSession } from './session.ts';

export interface Found {
  readonly entry: Entry;
  /** The connection that was made; the first one the plugin ever saw. */
  readonly socket: Socket;
}

const pollMs = 10;
/** How long a plugin that shows itself elsewhere is still waited for. */
const graceMs = 3000;
const lookElsewhereEveryMs = 300;

/** The sockets that may be the plugin's: all of the folder, or the one that the author named. */
const candidates = ({ folder, settings }: PolarisSession): readonly Entry[] => {
  if (settings.socket === undefined) return entriesOf(folder);
  const entry = entryAt(settings.socket);
  return entry ? [entry] : [];
};

/** Whether the plugin has settled down where the server does not look. */
function isElsewhere(session: PolarisSession, entries: readonly Entry[]): boolean {
  if (entries.some(({ kind }) => kind === 'socket')) return false;
  if (entries.some(({ kind }) => kind === 'link')) return true;
  return listeners(session).some(({ network, address }) => network === 'unix' && address.startsWith('/'));
}

/** How long a plugin may take to come back under its old name while another socket of the folder answers already. */
const returnMs = 1500;

/** Whether the plugin has a name that is known, and may still come back under it. */
const isAwaited = ({ knownName, transcript }: PolarisSession, { name }: Entry, deadline: number): boolean =>
  knownName !== undefined && name !== knownName && transcript.now() < deadline;

/** Finds the socket; records why when there is none. */
export async function findSocket(session: PolarisSession, program: ProgramFacts): Promise<Found | undefined> {
  const { plugin, transcript } = session;
  const { dialMs } = session.deadlines;
  // Who attaches does so to what is there.
  const startMs = plugin.isAttached ? dialMs : session.deadlines.startMs;
  const refusals = new Map<string, { code: string; message: string }>();
  let deadline = Number.POSITIVE_INFINITY;
  let lookedAt = 0;
  let elsewhereSince: number | undefined;
  let deniedSince: number | undefined;
  while (transcript.now() < startMs && !plugin.exited) {
    const entries = candidates(session);
    for (const entry of entries) {
      const { kind, path } = entry;
      if (kind !== 'socket') continue;
      const result = await connectSocket({ network: 'unix', path }, dialMs);
      if (result.connected) deadline = Math.min(deadline, transcript.now() + returnMs);
      if (result.connected && isAwaited(session, entry, deadline)) {
        result.socket.destroy();
        continue;
      }
      if (result.connected) {
        session.readyAtMs = Math.round(transcript.now());
        transcript.add('connection', `connected to ${path}`);
        return { entry, socket: result.socket };
      }
      refusals.set(path, { code: result.code, message: result.message });
      if (result.code === 'EACCES') deniedSince ??= transcript.now();
    }
    const now = transcript.now();
    if (deniedSince !== undefined && now - deniedSince > dialMs) break;
    if (now - lookedAt > lookElsewhereEveryMs) {
      lookedAt = now;
      elsewhereSince = isElsewhere(session, entries) ? (elsewhereSince ?? now) : undefined;
      if (elsewhereSince !== undefined && now - elsewhereSince > graceMs) break;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  if (plugin.exited) {
    await settlesWithin(Promise.all([plugin.stdout.ended, plugin.stderr.ended]), 500);
    session.breaks(endedEarly(session, program), 'start');
  } else session.breaks(nowhere(session, { refusals, limitMs: startMs }), 'start');
  return undefined;
}
