/** The host's first reach for the socket: is somebody there, in time, and at the right path? */
import type { Stats } from 'node:fs';
import { basename } from 'node:path';
import { type Listener, listenersOf } from '../../src/launch/process-table.ts';
import { type Cause, failed } from '../../src/run/outcome.ts';
import type { Broken } from '../../src/run/suite.ts';
import { eventually } from '../../src/run/within.ts';
import { type ConnectResult, connectSocket } from '../../src/wire/address.ts';
import { hasEnded } from './has-ended.ts';
import { statOf, targetOf } from './launches.ts';
import type { TiloSession } from './session.ts';

/** Looks at the first attempt and, where it failed, for a late listener; says what is broken when nobody comes. */
export async function reach(session: TiloSession, first: ConnectResult, stat: Stats | undefined): Promise<void> {
  const { socketPath, transcript, settings, ready } = session;
  const { listenMs } = settings.deadlines;
  let lateByMs: number | undefined;
  if (!first.connected) {
    transcript.add('connection', `${socketPath}: ${first.code}`);
    await eventually(
      async () => {
        const again = await connectSocket({ network: 'unix', path: socketPath }, listenMs);
        if (session.plugin.exited) return true;
        if (!again.connected) return false;
        again.socket.destroy();
        lateByMs = Math.max(1, Math.round(transcript.now() - ready.atMs));
        return true;
      },
      { limitMs: listenMs, everyMs: 10 },
    );
    if (lateByMs !== undefined) transcript.add('connection', `${socketPath}: connected ${lateByMs} ms after the line`);
  }
  session.reach = { first, lateByMs, stat: stat ?? targetOf(socketPath) };
  if (first.connected || lateByMs !== undefined) return;
  session.broken = (await session.hasExited()) ? hasEnded(session) : unreachable(session, first.code);
}

/** Another path that was made of the given one: an extension, a folder of one's own. */
const isDerived = (path: string, given: string): boolean => path.includes(basename(given));

function unreachable(session: TiloSession, code: string): Broken {
  const { socketPath, plugin } = session;
  const stat = statOf(socketPath);
  const listeners = listenersOf(plugin.processes().map(({ pid }) => pid));
  const elsewhere = listeners.find(({ network }) => network === 'unix') ?? listeners[0];
  const isIgnored = !stat && !(elsewhere?.network === 'unix' && isDerived(elsewhere.address, socketPath));
  const cause = stat ? notConnectable(stat, code) : absent(elsewhere, isIgnored);
  const missing = 'no such file or directory';
  return {
    by: isIgnored ? 'TILO-START-001' : 'TILO-SOCK-001',
    stage: 'start',
    outcome: failed({
      expected: `a listening stream socket at ${socketPath}`,
      observed: stat ? `${kindOf(stat)} at the path, ${code}` : `nothing at the path${where(elsewhere)}`,
      evidence: session.transcript.last(4, 'start', 'stdout', 'connection'),
      hostSays: `Post "http://plugin/…": dial unix ${socketPath}: connect: ${goErrors[code] ?? missing}`,
      cause,
    }),
  };
}

const goErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
  EPROTOTYPE: 'protocol wrong type for socket',
};

const where = (listener: Listener | undefined): string =>
  listener ? `; the plugin listens on ${listener.network} ${listener.address}` : '; the plugin listens nowhere';

const kindOf = (stat: Stats): string =>
  stat.isSocket() ? 'a socket' : stat.isDirectory() ? 'a folder' : stat.isFIFO() ? 'a named pipe' : 'a file';

const listenThere = 'Listen at process.env.PLUGIN_SOCKET (Go: os.Getenv, Python: os.environ), the whole path as it is.';

function absent(elsewhere: Listener | undefined, isIgnored: boolean): Cause {
  if (!isIgnored)
    return {
      class: 'wrong-socket-path',
      title: `The plugin listens at ${elsewhere?.address}: something was added to the path of PLUGIN_SOCKET`,
      fix: 'Use the path exactly as it is given, without extension, number or folder of your own.',
    };
  const title = elsewhere
    ? `The plugin ignores PLUGIN_SOCKET: it says it is ready and listens on ${elsewhere.network} ${elsewhere.address}`
    : 'The plugin says it is ready, and nobody ever listens at PLUGIN_SOCKET';
  return { class: 'ignores-plugin-socket', title, fix: listenThere };
}

function notConnectable(stat: Stats, code: string): Cause {
  const about = { class: 'wrong-socket-path', fix: 'Create a stream socket (SOCK_STREAM) and listen on it.' };
  if (!stat.isSocket())
    return { ...about, variant: 'no-socket', title: `At the path of PLUGIN_SOCKET is ${kindOf(stat)}, not a socket` };
  if (code === 'EPROTOTYPE')
    return {
      ...about,
      variant: 'datagram',
      title: 'The socket at PLUGIN_SOCKET is no stream socket: a host cannot connect',
    };
  if (code === 'EACCES')
    return {
      class: 'wrong-socket-path',
      variant: 'no-permission',
      title: 'The socket at PLUGIN_SOCKET does not even let its owner in',
      fix: 'Leave read and write permission to the owner: mode 0700 or 0600.',
    };
  return {
    ...about,
    variant: 'not-listening',
    title: 'The socket at PLUGIN_SOCKET was bound, and nobody listens on it',
  };
}
