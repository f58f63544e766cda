/**
 * Reaches for the printed address as the host does: connects at once, waits for SETTINGS, opens the two long streams,
 * makes the first call. Where that fails, finds out what the plugin does instead, and which rule it breaks.
 */
import { listenersOf, strangerOn } from '../../src/launch/process-table.ts';
import { crashCause, lastWords } from '../../src/run/crash.ts';
import { type Cause, type Failed, failed } from '../../src/run/outcome.ts';
import { DeadlinePassed, PluginExited } from '../../src/run/plugin-fact.ts';
import { whileAlive } from '../../src/run/within.ts';
import { type Address, type ConnectResult, connectSocket } from '../../src/wire/address.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import type { CallResult } from '../../src/wire/grpc-call.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import { type Sniffed, sniff } from '../../src/wire/sniff.ts';
import { compressedCause, incompleteCause, isCompleteGrpc, isUncompressed } from './call-faults.ts';
import { empty, healthRequest, healthService, methods } from './services.ts';
import type { GrpcSession } from './session.ts';

const sniffLimitMs = 500;

/** Stdio, broker and one call of the application. */
const leastStreams = 3;

type Socket = Extract<ConnectResult, { connected: true }>;

/** Connects the host; afterwards the session either has its main connection or says why it is broken. */
export async function reach(session: GrpcSession, attempt: Promise<ConnectResult>): Promise<void> {
  const breaks = (by: string, outcome: Failed): void => {
    session.connectBroken = { by, outcome, stage: 'connect' };
  };
  try {
    const connected = await connectToPlugin(session, await attempt, breaks);
    if (!connected) return;
    const stranger = findStranger(session);
    if (stranger) {
      connected.socket.destroy();
      breaks('GRPC-HS-028', stranger);
      return;
    }
    const connection = await openHttp2(session, connected, breaks);
    if (!connection) return;
    const stdio = connection.call(methods.stdio);
    stdio.send(empty);
    stdio.finish();
    const broker = connection.call(methods.broker);
    session.setMain({ connection, stdio, broker });
    await firstCall(session, connection, breaks);
  } catch (error) {
    if (!(error instanceof PluginExited)) throw error;
    const orphan = orphanOf(session);
    if (orphan) breaks('GRPC-LE-002', orphan);
    else breaks('GRPC-SD-008', exited(session, error, 'the host connected'));
  }
}

/** The started process has ended and left the plugin to itself: a host only knows the process it started. */
function orphanOf(session: GrpcSession): Failed | undefined {
  const [orphan] = session.plugin.processes();
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

type Breaks = (by: string, outcome: Failed) => void;

const exited = (session: GrpcSession, error: PluginExited, during: string): Failed =>
  failed({
    expected: 'the plugin keeps running',
    observed: `${error.message} while ${during}`,
    evidence: lastWords(session.transcript),
    cause: crashCause(session, error.exit, `start: ${during}`),
  });

async function connectToPlugin(
  session: GrpcSession,
  first: ConnectResult,
  breaks: Breaks,
): Promise<Socket | undefined> {
  const address = session.handshake.address;
  if (!address) throw new Error('a usable handshake has an address');
  const base = { first, lateByMs: undefined, settingsAfterMs: undefined, maxStreams: undefined };
  session.reach = base;
  if (first.connected) return first;
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

/** Somebody answers, but who? With a fixed address it may be a process that was there long before. */
function findStranger(session: GrpcSession): Failed | undefined {
  const { address } = session.handshake;
  const isPrinted = (listener: { network: string; address: string }): boolean =>
    address?.network === 'unix'
      ? listener.network === 'unix' && listener.address === address.path
      : listener.network === 'tcp' && listener.address.endsWith(`:${address?.port}`);
  // Mostly it is the plugin itself, which can be told without a look at every process.
  if (listenersOf([session.plugin.pid]).some(isPrinted)) return undefined;
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

async function connectLater(session: GrpcSession, address: Address): Promise<Socket | undefined> {
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

async function openHttp2(
  session: GrpcSession,
  { socket }: Socket,
  breaks: Breaks,
): Promise<GrpcConnection | undefined> {
  const { settingsMs } = session.deadlines;
  const connection = await speakAsHost(session, socket, breaks);
  if (!connection) return undefined;
  try {
    const settings = await whileAlive(session.plugin, connection.settings, { limitMs: settingsMs, what: 'SETTINGS' });
    if (!settings) {
      const { error } = await connection.closed;
      if (await session.hasExited()) throw new PluginExited(session.plugin.exited ?? { atMs: 0 });
      breaks(...(session.security ? await refusedByTls(session, error) : await notHttp2(session, error)));
      return undefined;
    }
    const maxStreams = settings.maxConcurrentStreams;
    if (session.reach) session.reach = { ...session.reach, settingsAfterMs: connection.settingsAfterMs, maxStreams };
    if (maxStreams === undefined || maxStreams >= leastStreams) return connection;
    breaks('GRPC-TR-010', tooFewStreams(session, maxStreams));
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    const found = await sniffed(session);
    if (found.speech === 'tls') breaks(...tlsUnasked(session));
    else breaks('GRPC-TR-002', noSettings(session, settingsMs));
  }
  connection.close();
  return undefined;
}

/** The connection, secured under AutoMTLS; `undefined` when it came to nothing. */
async function speakAsHost(
  session: GrpcSession,
  socket: Socket['socket'],
  breaks: Breaks,
): Promise<GrpcConnection | undefined> {
  const { security } = session;
  if (!security) return new GrpcConnection(socket, { authority: 'unused', scheme: 'http' });
  const { secureHost } = await import('./tls/reach-tls.ts');
  const secured = await secureHost(session, security, socket);
  if ('connection' in secured) return secured.connection;
  if ('broken' in secured) breaks(...secured.broken);
  else session.notOffered = secured.notOffered;
  return undefined;
}

async function refusedByTls(session: GrpcSession, error: string | undefined): Promise<[string, Failed]> {
  const { refusedAfterHandshake } = await import('./tls/reach-tls.ts');
  return refusedAfterHandshake(session, error ?? 'the connection ended after the TLS handshake');
}

/** The outcome of TR-010 for a plugin that allows so few streams. */
export const tooFewStreams = (session: GrpcSession, maxStreams: number): Failed =>
  failed({
    expected: `room for more than ${leastStreams} streams at once`,
    observed: `SETTINGS_MAX_CONCURRENT_STREAMS is ${maxStreams}`,
    evidence: session.evidence(),
    cause: {
      class: 'too-few-streams',
      title: `The plugin allows ${maxStreams} streams at once: the host's stdio and broker streams hold two for ever`,
      fix: 'Leave MAX_CONCURRENT_STREAMS at its default, or set it to 100 or more.',
    },
  });

const noSettings = (session: GrpcSession, limitMs: number): Failed =>
  failed({
    expected: 'a SETTINGS frame right after the connection',
    observed: `not a byte within ${limitMs} ms`,
    evidence: session.evidence(),
    timing: true,
    cause: {
      class: 'not-http2',
      variant: 'silent',
      title: `The plugin takes the connection and says nothing: no SETTINGS within ${limitMs / 1000} s`,
      fix: 'Serve the listener: it is bound, but nothing accepts and speaks HTTP/2 on it.',
    },
  });

const sniffed = (session: GrpcSession): Promise<Sniffed> =>
  session.handshake.address
    ? sniff(session.handshake.address, sniffLimitMs)
    : Promise.resolve({ speech: 'refuses', bytes: Buffer.alloc(0) });

const tlsUnasked = (session: GrpcSession): [string, Failed] => [
  'GRPC-TLS-002',
  failed({
    expected: 'plain HTTP/2: the host sent no client certificate',
    observed: 'the plugin speaks TLS',
    evidence: session.evidence(),
    cause: {
      class: 'not-http2',
      variant: 'tls',
      title: 'The plugin speaks TLS although the host asked for none',
      fix: 'Serve TLS only when PLUGIN_CLIENT_CERT is set and not empty.',
    },
  }),
];

async function notHttp2(session: GrpcSession, error: string | undefined): Promise<[string, Failed]> {
  const { speech, bytes } = await sniffed(session);
  session.transcript.add(
    'connection',
    bytes.byteLength > 0 ? bytes : `the connection ended: ${error ?? 'without a byte'}`,
  );
  if (speech === 'tls') return tlsUnasked(session);
  const cases: Readonly<Partial<Record<Sniffed['speech'], Omit<Cause, 'class'>>>> = {
    http1: {
      variant: 'http1',
      title: 'The plugin answers in HTTP/1.1: the host speaks HTTP/2 from the first byte',
      fix: 'Serve HTTP/2 without upgrade (h2c prior knowledge), best with a gRPC library.',
    },
    yamux: {
      variant: 'yamux',
      title: 'The plugin speaks yamux although the host did not ask for multiplexing',
      fix: 'Multiplex only when PLUGIN_MULTIPLEX_GRPC is true.',
    },
    closes: {
      variant: 'closes',
      title: 'The plugin takes the connection and closes it without a word',
      fix: 'Serve the listener with a gRPC server.',
    },
    refuses: {
      variant: 'refuses',
      title: 'The plugin took one connection and then stopped listening',
      fix: 'Keep the listener open as long as the plugin runs.',
    },
  };
  const cause = cases[speech] ?? { variant: 'other', title: `The plugin does not speak HTTP/2: ${error ?? speech}` };
  const id = speech === 'yamux' ? 'GRPC-MX-001' : speech === 'refuses' ? 'GRPC-HS-028' : 'GRPC-TR-001';
  return [
    id,
    failed({
      expected: 'HTTP/2 with prior knowledge',
      observed:
        bytes.byteLength > 0 ? `the plugin answers ${JSON.stringify(bytes.toString('latin1', 0, 40))}` : cause.title,
      evidence: session.evidence(),
      cause: { class: 'not-http2', ...cause },
    }),
  ];
}

/** The first call with both streams open, exactly as after a real host's start. */
async function firstCall(session: GrpcSession, connection: GrpcConnection, breaks: Breaks): Promise<void> {
  const result = await session.call(methods.check, healthRequest(healthService), { connection });
  const fault = await faultOf(session, result);
  if (fault) breaks(...fault);
}

async function faultOf(session: GrpcSession, result: CallResult): Promise<[string, Failed] | undefined> {
  const fail = (expected: string, cause: Cause, timing = false): Failed =>
    failed({
      expected,
      observed: `health Check: ${describeCall(result)}`,
      evidence: session.evidence(),
      cause,
      timing,
    });
  if (result.end === 'cancelled' && result.status === undefined) return hangs(session, fail);
  const demand = await demandOf(session, result);
  if (demand) return ['GRPC-TR-008', fail('an answer to a call with standard headers only', demand)];
  if (!isUncompressed(result))
    return ['GRPC-TR-009', fail('an answer that is not compressed', compressedCause(result))];
  if (isCompleteGrpc(result)) return undefined;
  if (result.status === undefined && result.malformed === undefined && (await answersOtherAuthority(session))) {
    const title = 'The plugin refuses the `:authority` every Go host sends, `unused`';
    const fix = 'Do not check :authority or the host header.';
    return [
      'GRPC-TR-003',
      fail('an answer to `:authority: unused`', { class: 'broken-grpc', variant: 'authority', title, fix }),
    ];
  }
  const expected = 'HTTP 200, content-type application/grpc and trailers with grpc-status';
  return ['GRPC-TR-012', fail(expected, incompleteCause(result))];
}

const fixDemand = 'Answer calls that carry only the standard headers; the socket and AutoMTLS protect the plugin.';

/** Headers that a client of other libraries sends, and no Go host. */
const extraHeaders = { 'grpc-timeout': '30S', 'grpc-accept-encoding': 'identity' } as const;
const wantsHeader = /\b(?:metadata|headers?|token|api.?key|credentials?|x-[\w-]+)\b/i;
const refusals: readonly (number | undefined)[] = [Status.UNIMPLEMENTED, Status.NOT_FOUND, Status.UNAVAILABLE];

/** Whether the first call failed for want of something in its headers. */
async function demandOf(session: GrpcSession, result: CallResult): Promise<Cause | undefined> {
  const { status, httpStatus, message } = result;
  const about = { class: 'demands-metadata', fix: fixDemand } as const;
  const isRefused = status === Status.UNAUTHENTICATED || status === Status.PERMISSION_DENIED;
  if (isRefused || httpStatus === 401 || httpStatus === 403)
    return { ...about, title: `The plugin demands credentials that no host sends: ${describeCall(result)}` };
  if (status === undefined || status === Status.OK || refusals.includes(status)) return undefined;
  for (const [header, value] of Object.entries(extraHeaders)) {
    const options = { metadata: { [header]: value } };
    const again = await session.call(methods.check, healthRequest(healthService), options);
    const name = header === 'grpc-timeout' ? 'a deadline (grpc-timeout)' : header;
    if (again.status === Status.OK)
      return { ...about, title: `The plugin demands ${name}, which no host sends: ${describeCall(result)}` };
  }
  if (!wantsHeader.test(message)) return undefined;
  return { ...about, title: `The plugin demands metadata that no host sends: ${describeCall(result)}` };
}

type Fail = (expected: string, cause: Cause, timing?: boolean) => Failed;

/** A first call without an answer: is health to blame, or do the two streams hold the only workers? */
async function hangs(session: GrpcSession, fail: Fail): Promise<[string, Failed]> {
  // A fresh connection, with the two streams gone: only they are different.
  session.openMain?.connection.close();
  const other = await session.connect();
  const { status } = await other.unary(methods.check, healthRequest(healthService), {
    limitMs: session.deadlines.callMs,
  });
  other.close();
  if (status !== undefined) {
    const title = "The host's two permanent streams take all workers: every later call hangs";
    const fix = 'Give the server more workers, or serve streams without occupying one each.';
    return [
      'GRPC-CC-001',
      fail('an answer while the stdio and broker streams are open', { class: 'too-few-workers', title, fix }, true),
    ];
  }
  const title = 'Health Check never answers: a host that pings hangs for ever';
  return ['GRPC-HL-004', fail('an answer from Check', { class: 'health-not-serving', variant: 'hangs', title }, true)];
}

async function answersOtherAuthority(session: GrpcSession): Promise<boolean> {
  const result = await session.connectRaw();
  if (!result.connected) return false;
  // Under TLS the host's name is localhost already: the other one is the plain host's.
  if (session.security) return false;
  const connection = new GrpcConnection(result.socket, { authority: 'localhost', scheme: 'http' });
  const call = await connection.unary(methods.check, healthRequest(healthService), {
    limitMs: session.deadlines.callMs,
  });
  connection.close();
  return call.status !== undefined;
}
