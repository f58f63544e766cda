/** The socket behind the printed address: who listens there, since when, and who does not. */
import { listenersOf, strangerOn } from '../../src/launch/process-table.ts';
import { lastWords } from '../../src/run/crash.ts';
import { type Failed, failed } from '../../src/run/outcome.ts';
import { PluginExited } from '../../src/run/plugin-fact.ts';
import { type Address, type ConnectResult, connectSocket } from '../../src/wire/address.ts';
import type { GrpcSession } from './session.ts';

export type Breaks = (by: string, outcome: Failed) => void;

export type Connected = Extract<ConnectResult, { connected: true }>;

/** Connects at once, or as soon as somebody listens. @throws PluginExited */
export async function connectToPlugin(
  session: GrpcSession,
  first: ConnectResult,
  breaks: Breaks,
): Promise<Connected | undefined> {
  const address = session.handshake.address;
  if (!address) throw new Error('a usable handshake has an address');
  const base = { first, lateByMs: undefined, settingsAfterMs: undefined, maxStreams: undefined };
  session.reach = base;
  if (first.connected) return first;
  if (first.code === 'ENOTSUP') {
    session.unreachable = first.message;
    return undefined;
  }
  session.transcript.add('connection', `connecting to ${session.where} in the moment of the line: ${first.message}`);
  const later = await connectLater(session, address);
  if (later) {
    session.reach = { ...base, lateByMs: Math.round(session.transcript.now() - session.handshake.first.atMs) };
    session.transcript.add('connection', `somebody listens ${session.reach.lateByMs} ms after the line`);
    return later;
  }
  if (session.plugin.exited) throw new PluginExited(session.plugin.exited);
  breaks('GRPC-HS-028', notServed(session, first));
  return undefined;
}

const isPrintedBy = (session: GrpcSession) => {
  const { address } = session.handshake;
  return (listener: { network: string; address: string }): boolean =>
    address?.network === 'unix'
      ? listener.network === 'unix' && listener.address === address.path
      : listener.network === 'tcp' && listener.address.endsWith(`:${address?.port}`);
};

/** Somebody answers, but who? With a fixed address it may be a process that was there long before. */
export function findStranger(session: GrpcSession): Failed | undefined {
  const { address } = session.handshake;
  const isPrinted = isPrintedBy(session);
  // Mostly it is the plugin itself, which can be told without a look at every process.
  if (listenersOf([session.plugin.pid], address?.network).some(isPrinted)) return undefined;
  const own = session.plugin.processes().map(({ pid }) => pid);
  if (own.length === 0 || listenersOf(own).some(isPrinted)) return undefined;
  const stranger = strangerOn(isPrinted, own, session.plugin.pid);
  if (!stranger) return undefined;
  const who = `process ${stranger.pid} (${stranger.name})`;
  return failed({
    expected: `the plugin serves ${session.where}`,
    observed: `${who} listens there, and was running before the plugin started`,
    evidence: session.evidence(),
    cause: {
      class: 'left-behind',
      variant: 'address-of-another',
      title: `The printed address belongs to ${who}, not to the plugin: the host would talk to the wrong process`,
      fix: 'End the leftover process, and let the system choose the address.',
    },
  });
}

async function connectLater(session: GrpcSession, address: Address): Promise<Connected | undefined> {
  const deadline = performance.now() + session.deadlines.listenMs;
  while (performance.now() < deadline && !session.plugin.exited) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const result = await connectSocket(address, session.deadlines.listenMs);
    if (result.connected) return result;
  }
  return undefined;
}

function notServed(session: GrpcSession, { code, message }: Extract<ConnectResult, { connected: false }>): Failed {
  const elsewhere = listenersOf(session.plugin.processes().map(({ pid }) => pid));
  const places = elsewhere.map((listener) => listener.address).join(', ');
  session.transcript.add(
    'connection',
    places === '' ? 'the plugin listens nowhere' : `the plugin listens on ${places}`,
  );
  const isUnknown = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  const title = isUnknown
    ? `The host of ${session.where} is a name that cannot be resolved`
    : places === ''
      ? `Nobody listens on ${session.where}: the plugin printed the address and never served it`
      : `Nobody listens on ${session.where}: the plugin listens on ${places}`;
  return failed({
    expected: `a listener on ${session.where}`,
    observed: `${message}; ${places === '' ? 'the plugin listens nowhere' : `it listens on ${places}`}`,
    evidence: session.evidence(),
    timing: code === 'ETIMEDOUT',
    cause: { class: 'not-listening', title, fix: 'Listen first, then print the address the listener really has.' },
  });
}

/** The started process has ended and left the plugin to itself: a host only knows the process it started. */
export function orphanOf(session: GrpcSession): Failed | undefined {
  const isPrinted = isPrintedBy(session);
  const orphan = session.plugin.processes().find(({ pid }) => listenersOf([pid]).some(isPrinted));
  if (!orphan || session.plugin.exited?.code !== 0) return undefined;
  const who = `process ${orphan.pid} (${orphan.name})`;
  return failed({
    expected: `process ${session.plugin.pid}, which was started, is the plugin`,
    observed: `it exited with code 0, and ${who} runs on`,
    evidence: lastWords(session.transcript),
    cause: {
      class: 'left-behind',
      variant: 'daemon',
      title: `The plugin daemonises: the started process is gone, and ${who} runs on without a host`,
      fix: 'Stay in the foreground: do not fork away, and end wrapper scripts with `exec`.',
    },
  });
}
