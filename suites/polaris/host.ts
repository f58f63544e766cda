/** The host side: from a started plugin to a session, as a Polaris server starts; its fence, and its end. */
import { basename, dirname } from 'node:path';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import { settlesWithin } from '../../src/launch/settles-within.ts';
import type { OpenContext } from '../../src/run/suite.ts';
import { connectSocket } from '../../src/wire/address.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { choose } from './choose.ts';
import { dial } from './dial.ts';
import { findSocket } from './find-socket.ts';
import type { PolarisLaunch } from './launches.ts';
import { defaultFolder, folderVariable } from './not-found.ts';
import { findPlace } from './place.ts';
import { scan } from './scan.ts';
import { hostConnection, PolarisSession } from './session.ts';
import { settingsOf } from './settings.ts';

/** How long a plugin that listens may take to make its other sockets, should it have any. */
const settleMs = 100;

const empty = new Uint8Array();

/** Finds the plugin and, where the launch says so, plays the start of a server through. */
export async function open(
  plugin: PluginProcess,
  launch: PolarisLaunch,
  context: OpenContext<PolarisSession>,
): Promise<PolarisSession> {
  const { profile, environment, program, startBeside } = context;
  const settings = settingsOf(profile);
  const folder = settings.socket ? dirname(settings.socket) : (environment[folderVariable] ?? defaultFolder);
  const session = new PolarisSession({
    launch: launch.name,
    plugin,
    environment,
    profile,
    settings,
    folder,
    startBeside,
  });
  if (launch.finds === 'place') {
    session.place = await findPlace(session);
    session.earlyExit = plugin.exited;
    await settlesWithin(Promise.all([plugin.stdout.ended, plugin.stderr.ended]), plugin.exited ? settleMs : 0);
    if (session.place !== undefined) plugin.claim(session.place);
    return session;
  }
  if (launch.finds === 'socket' && context.gate?.path !== undefined) session.knownName = basename(context.gate.path);
  const found = await findSocket(session, program);
  if (!found) return session;
  session.path = found.entry.path;
  plugin.claim(session.path);
  if (launch.finds === 'socket') {
    found.socket.destroy();
    session.contracts = context.gate?.contracts ?? [];
    session.gateBroken = context.gate?.broken;
    return session;
  }
  await settlesWithin(plugin.whenExited, settleMs);
  session.scanned = await scan(session, found);
  for (const { entry } of session.scanned) plugin.claim(entry.path);
  await choose(session);
  if (!session.broken) await initialise(session);
  return session;
}

/** The second half of the start: a connection for calls, and one Ping on it. */
async function initialise(session: PolarisSession): Promise<void> {
  const dialled = await dial(session, session.socket, { purpose: 'calls' });
  if ('fault' in dialled) {
    session.breaks(dialled.fault, 'connect');
    return;
  }
  const { connection } = dialled;
  session.setMain(connection);
  for (const contract of session.contracts) {
    const startedAt = session.transcript.now();
    const result = await connection.unary(contract.ping, empty, { limitMs: session.deadlines.pingMs });
    session.note(result, startedAt);
    session.pings.set(contract, result);
  }
}

/**
 * Asks for a sign of life on a fresh connection: SETTINGS, and Ping where it ever answered. Twice, because a plugin that
 * closes quiet connections may catch the first one on a busy machine.
 */
export async function fence(session: PolarisSession): Promise<string | undefined> {
  if (!session.openMain) return undefined;
  const trouble = (await troubleOf(session)) && (await troubleOf(session));
  return trouble === undefined || (await lives(session)) ? undefined : trouble;
}

async function troubleOf(session: PolarisSession): Promise<string | undefined> {
  const { dialMs, pingMs } = session.deadlines;
  const result = await connectSocket({ network: 'unix', path: session.socket }, dialMs);
  if (!result.connected) return `a fresh connection is refused: ${result.message}`;
  const connection = new GrpcConnection(result.socket, hostConnection);
  const isReady = await settlesWithin(connection.settings, dialMs);
  const isSpoken = isReady && connection.settingsAfterMs !== undefined;
  const trouble = isSpoken ? await silence(session, connection, pingMs) : 'a fresh connection gets no SETTINGS';
  connection.close();
  return trouble;
}

async function silence(
  session: PolarisSession,
  connection: GrpcConnection,
  limitMs: number,
): Promise<string | undefined> {
  const [contract] = session.contracts;
  if (!contract || session.pings.get(contract)?.status === undefined) return undefined;
  const call = await connection.unary(contract.ping, empty, { limitMs });
  return call.status === undefined ? `Ping on a fresh connection: ${describeCall(call)}` : undefined;
}

/** Whether the plugin has ended, which others tell better, or still answers on the server's own connection. */
async function lives(session: PolarisSession): Promise<boolean> {
  if (await session.hasExited()) return true;
  const main = session.openMain;
  return main !== undefined && (await silence(session, main, session.deadlines.pingMs)) === undefined;
}

/** A server never ends its plugins: it closes its connection and is gone. */
export async function close(session: PolarisSession): Promise<void> {
  session.openMain?.close();
}
