/** The host side of go-plugin over gRPC: from a started plugin to a session, its fence, and its end. */
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import type { OpenContext } from '../../src/run/suite.ts';
import { eventually } from '../../src/run/within.ts';
import { type ConnectResult, connectSocket } from '../../src/wire/address.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import { deadlinesOf } from './deadlines.ts';
import { waitForFirstLine } from './first-line.ts';
import { addressOf, readHandshake } from './handshake.ts';
import { readLine } from './handshake-line.ts';
import type { GrpcLaunch } from './launches/launch.ts';
import { LogReader } from './logs.ts';
import { reach } from './reach.ts';
import { empty, healthCheck, methods } from './services.ts';
import { GrpcSession } from './session.ts';

/** Reads the versions a launch offered, as the host that set the variable would know them. */
const offeredVersions = (context: OpenContext<GrpcSession>): readonly number[] => {
  const list = context.environment['PLUGIN_PROTOCOL_VERSIONS'];
  if (list === undefined) return context.profile.versions.map(({ version }) => version);
  return list.split(',').flatMap((entry) => (/^\d+$/.test(entry) ? [Number(entry)] : []));
};

/** Waits for the handshake and, where the launch says so, connects as the host does. */
export async function open(
  plugin: PluginProcess,
  launch: GrpcLaunch,
  context: OpenContext<GrpcSession>,
): Promise<GrpcSession> {
  const { profile, environment, program } = context;
  const deadlines = deadlinesOf(profile);
  const startMs = launch.refuses ? deadlines.refuseMs : deadlines.startMs;
  const logs = new LogReader(plugin);
  const given = environment['PLUGIN_CLIENT_CERT'];
  const tls = given ? await import('./tls/security.ts') : undefined;
  let attempt: Promise<ConnectResult> | undefined;
  const first = await waitForFirstLine(plugin, startMs, ({ line, arrival }) => {
    if (!launch.connects || !line || arrival === 'unfinished' || arrival === 'too-long') return;
    const address = addressOf(readLine(line.bytes));
    if (address) attempt = connectSocket(address, deadlines.callMs);
  });
  const { cookie } = profile;
  const handshake = await readHandshake({
    plugin,
    first,
    program,
    startMs,
    investigates: !launch.refuses,
    cookie: cookie && `${cookie.key}=${cookie.value}`,
    host: {
      versions: offeredVersions(context),
      tls: Boolean(given),
      multiplex: Boolean(environment['PLUGIN_MULTIPLEX_GRPC']),
    },
  });
  if (handshake.address?.network === 'unix') plugin.claim(handshake.address.path);
  const { startBeside } = context;
  const session = new GrpcSession({
    launch: launch.name,
    plugin,
    environment,
    profile,
    deadlines,
    handshake,
    startBeside,
    logs,
  });
  if (tls && given) session.security = new tls.Security(given, handshake.line?.fields.certificate);
  if (attempt && !handshake.broken) await reach(session, attempt);
  else void attempt?.then((result) => result.connected && result.socket.destroy());
  return session;
}

/**
 * Asks for a sign of life on a fresh connection. A plugin that takes one connection only has broken another rule, not
 * this one: as long as the host's own connection answers, it lives.
 */
export async function fence(session: GrpcSession): Promise<string | undefined> {
  const limitMs = session.deadlines.callMs;
  const { address } = session.handshake;
  // A launch whose host never connects has nothing to lose but its process.
  if (!address || !session.hasMain) return undefined;
  const result = await connectSocket(address, limitMs);
  if (result.connected) {
    const connection = await session.speak(result.socket);
    if (typeof connection === 'string')
      return (await mainAnswers(session)) ? undefined : `a fresh connection: ${connection}`;
    const call = await connection.unary(methods.check, healthCheck, { limitMs });
    connection.close();
    if (call.status !== undefined) return undefined;
    if (await session.hasExited()) return undefined;
    return (await mainAnswers(session)) ? undefined : `health Check on a fresh connection: ${describeCall(call)}`;
  }
  if (await session.hasExited()) return undefined;
  return (await mainAnswers(session)) ? undefined : `a fresh connection is refused: ${result.message}`;
}

async function mainAnswers(session: GrpcSession): Promise<boolean> {
  const main = session.openMain;
  if (!main) return false;
  const limitMs = session.deadlines.callMs;
  const call = await main.connection.unary(methods.check, healthCheck, { limitMs });
  return call.status !== undefined;
}

const watchStdinMs = 300;

/** Ends a session as `Kill()` does, but without its patience: Shutdown, else SIGTERM; what is left is killed later. */
export async function close(session: GrpcSession): Promise<void> {
  const { plugin, deadlines } = session;
  // Whoever reads stdin begins to once it has nothing else to do.
  if (plugin.hasReadStdin === false) await eventually(() => plugin.hasReadStdin !== false, { limitMs: watchStdinMs });
  session.readStdin = plugin.hasReadStdin;
  const gone = (limitMs: number) => eventually(() => plugin.exited !== undefined, { limitMs });
  // The port of one that has ended may be another plugin's by now, which must not be told to stop.
  if (
    !plugin.exited &&
    !session.leaving &&
    session.handshake.address &&
    !session.broken &&
    session.notOffered === undefined
  ) {
    const patienceMs = await tellToShutDown(session);
    session.openMain?.connection.close();
    if (await gone(Math.min(patienceMs, deadlines.graceMs))) return;
  }
  session.openMain?.connection.close();
  if (plugin.exited) return;
  plugin.signal('SIGTERM');
  await gone(300);
}

/** Calls Shutdown; gives how long the plugin's end is worth waiting for, in milliseconds. */
async function tellToShutDown(session: GrpcSession): Promise<number> {
  session.leaving = true;
  const limitMs = Math.min(session.deadlines.shutdownMs, 1000);
  const patienceFor = (status: number | undefined): number => {
    // Some plugins end without an answer; but mostly the call has gone to one that speaks TLS, or not at all.
    if (status === undefined) return 500;
    return status === Status.OK || status === Status.UNAVAILABLE ? session.deadlines.graceMs : 0;
  };
  const main = session.openMain;
  if (main) return patienceFor((await main.connection.unary(methods.shutdown, empty, { limitMs })).status);
  const { address } = session.handshake;
  const result = address && (await connectSocket(address, limitMs));
  if (!result?.connected) return 0;
  const connection = await session.speak(result.socket);
  if (typeof connection === 'string') return 0;
  const { status } = await connection.unary(methods.shutdown, empty, { limitMs });
  connection.close();
  return patienceFor(status);
}
