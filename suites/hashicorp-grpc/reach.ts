/**
 * Reaches for the printed address as the host does: connects at once, waits for SETTINGS, opens the two long streams,
 * makes the first call. Where that fails, finds out what the plugin does instead, and which rule it breaks.
 */
import { crashCause, lastWords } from '../../src/run/crash.ts';
import { type Failed, failed } from '../../src/run/outcome.ts';
import { Blocked, DeadlinePassed, PluginExited } from '../../src/run/plugin-fact.ts';
import { assertAlive, whileAlive } from '../../src/run/within.ts';
import type { ConnectResult } from '../../src/wire/address.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { firstCall } from './first-call.ts';
import {
  headerListBytes,
  leastStreams,
  noRoomForHeaders,
  noSettings,
  notHttp2,
  sniffed,
  tlsUnasked,
  tooFewStreams,
} from './not-http2.ts';
import { type Breaks, type Connected, connectToPlugin, findStranger, orphanOf } from './reach-socket.ts';
import { empty, methods } from './services.ts';
import type { GrpcSession } from './session.ts';
import { wentAway } from './went-away.ts';

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
    if (session.wentAway !== undefined && error instanceof Blocked) {
      breaks('GRPC-TR-007', wentAway(session, session.wentAway));
      return;
    }
    if (!(error instanceof PluginExited)) throw error;
    const orphan = orphanOf(session);
    if (orphan) breaks('GRPC-LE-002', orphan);
    else breaks('GRPC-SD-008', exited(session, error));
  }
}

const exited = (session: GrpcSession, error: PluginExited): Failed =>
  failed({
    expected: 'the plugin keeps running',
    observed: `${error.message} while the host connected`,
    evidence: lastWords(session.transcript),
    cause: crashCause(session, error.exit, 'its start, as the host connected'),
  });

async function openHttp2(
  session: GrpcSession,
  { socket }: Connected,
  breaks: Breaks,
): Promise<GrpcConnection | undefined> {
  const { settingsMs } = session.deadlines;
  const connection = await speakAsHost(session, socket, breaks);
  if (!connection) return undefined;
  try {
    const settings = await whileAlive(session.plugin, connection.settings, { limitMs: settingsMs, what: 'SETTINGS' });
    if (!settings) {
      const { error } = await connection.closed;
      await assertAlive(session.plugin);
      breaks(...(session.security ? await refusedByTls(session, error) : await notHttp2(session, error)));
      return undefined;
    }
    const maxStreams = settings.maxConcurrentStreams;
    if (session.reach) session.reach = { ...session.reach, settingsAfterMs: connection.settingsAfterMs, maxStreams };
    const room = settings.maxHeaderListSize ?? Number.POSITIVE_INFINITY;
    const needed = headerListBytes(connection.headersOf(methods.shutdown));
    if (room < needed) breaks('GRPC-TR-001', noRoomForHeaders(session, room, needed));
    else if (maxStreams === undefined || maxStreams >= leastStreams) return connection;
    else breaks('GRPC-TR-010', tooFewStreams(session, maxStreams));
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
  socket: Connected['socket'],
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

async function refusedByTls(
  session: GrpcSession,
  error: string | undefined,
): Promise<[requirement: string, outcome: Failed]> {
  const { refusedAfterHandshake } = await import('./tls/reach-tls.ts');
  return refusedAfterHandshake(session, error ?? 'the connection ended after the TLS handshake');
}
