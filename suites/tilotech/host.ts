/** The host side of tilotech/go-plugin: from a started plugin to a session, its fence, and its end. */
import type { Stats } from 'node:fs';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import { failed } from '../../src/run/outcome.ts';
import type { OpenContext } from '../../src/run/suite.ts';
import { eventually } from '../../src/run/within.ts';
import { type ConnectResult, connectSocket } from '../../src/wire/address.ts';
import { greet } from './greet.ts';
import { type TiloLaunch, targetOf } from './launches.ts';
import { occupantOf } from './occupant.ts';
import { settingsOf } from './profile-block.ts';
import { reach } from './reach.ts';
import { readyLine, waitForReady } from './ready-line.ts';
import { describeExchange, TiloSession, unknownPath } from './session.ts';
import { whyNotReady } from './why-not-ready.ts';

/** Waits for the ready line and makes a first request, as the host does. */
export async function open(
  plugin: PluginProcess,
  launch: TiloLaunch,
  context: OpenContext<TiloSession>,
): Promise<TiloSession> {
  const { profile, environment, program, startBeside } = context;
  const settings = settingsOf(profile);
  const { deadlines } = settings;
  const path = environment['PLUGIN_SOCKET'] ?? '';
  let attempt: Promise<ConnectResult> | undefined;
  let stat: Stats | undefined;
  const ready = await waitForReady(plugin, launch.refuses ? deadlines.refuseMs : deadlines.startMs, () => {
    stat = targetOf(path);
    if (path !== '') attempt = connectSocket({ network: 'unix', path }, deadlines.listenMs);
  });
  if (ready.arrival !== 'ready' && launch.refuses) {
    // A process that says why it cannot go on needs a moment to end.
    await eventually(() => plugin.exited !== undefined, { limitMs: Math.min(deadlines.refuseMs, goodbyeMs) });
  }
  const session = new TiloSession({
    launch: launch.name,
    plugin,
    environment,
    profile,
    settings,
    ready,
    startBeside,
  });
  if (launch.occupied) session.occupant = await occupantOf(path);
  if (ready.arrival !== 'ready') {
    session.broken = launch.refuses ? refusal : await whyNotReady(session, program);
    return session;
  }
  if (!attempt) return session;
  const first = await attempt;
  if (first.connected) first.socket.destroy();
  if (launch.refuses || launch.quiet) return session;
  plugin.claim(path);
  await reach(session, first, stat);
  if (!session.broken) await greet(session);
  return session;
}

/** How long a process may take to end after it has said that it cannot listen. */
const goodbyeMs = 1500;

/** In a start that should be refused nobody asks further. */
const refusal = {
  by: 'TILO-START-004',
  outcome: failed({ expected: readyLine, observed: 'no ready line' }),
  stage: 'start',
} as const;

/** Asks for a sign of life: any answer is one, and so is a connection that is closed again. */
export async function fence(session: TiloSession): Promise<string | undefined> {
  if (session.broken || session.socketPath === '') return undefined;
  // Whether it lives is the question, not how fast it is.
  const made = await session.send({ ...session.signOfLife, limitMs: 3 * session.settings.deadlines.answerMs });
  if (made.end !== 'timeout' && made.end !== 'refused') return undefined;
  return (await session.hasExited()) ? undefined : `POST ${unknownPath}: ${describeExchange(made)}`;
}

/** Ends a session as the host's terminate function does: SIGTERM once. What is left is killed later. */
export async function close({ plugin, settings }: TiloSession): Promise<void> {
  if (plugin.exited) return;
  plugin.signal('SIGTERM');
  await eventually(() => plugin.exited !== undefined, { limitMs: Math.min(settings.deadlines.terminateMs, 500) });
}
