/** Ends a session as the reference host does, SIGTERM once to the started process, and remembers what came of it. */
import type { Exit } from '../../src/launch/exit.ts';
import type { ProcessEntry } from '../../src/launch/process-table.ts';
import { eventually } from '../../src/run/within.ts';
import { oneConnection } from '../../src/wire/http-exchange.ts';
import { statOf } from './launches.ts';
import type { TiloSession } from './session.ts';

export interface TerminateFacts {
  /** Milliseconds from the signal to the end of the process; absent when it did not end in time. */
  readonly goneAfterMs: number | undefined;
  readonly exit: Exit | undefined;
  /** Processes of the plugin that are left when its own has ended, or when time is over. */
  readonly survivors: readonly ProcessEntry[];
  readonly socketLeft: boolean;
}

const known = new WeakMap<TiloSession, Promise<TerminateFacts>>();

/** Terminates the session's plugin; once, however many probes ask. @throws Blocked */
export function terminate(session: TiloSession, signal: NodeJS.Signals = 'SIGTERM'): Promise<TerminateFacts> {
  const facts = known.get(session) ?? perform(session, signal);
  known.set(session, facts);
  return facts;
}

async function perform(session: TiloSession, signal: NodeJS.Signals): Promise<TerminateFacts> {
  session.assertUsable();
  // A host keeps up to two idle connections open; a server that waits for their end never comes to its own.
  const agent = oneConnection();
  await session.send({ ...session.signOfLife, agent });
  const facts = await end(session, signal);
  agent.destroy();
  return facts;
}

/** Sends the signal and watches the end, without the idle connection. */
export async function end(session: TiloSession, signal: NodeJS.Signals): Promise<TerminateFacts> {
  const { plugin, transcript, settings, socketPath } = session;
  const { terminateMs } = settings.deadlines;
  session.leaving = true;
  const sentAt = transcript.now();
  plugin.signal(signal);
  await eventually(() => plugin.exited !== undefined, { limitMs: terminateMs, everyMs: 2 });
  const exit = plugin.exited;
  const left = () => plugin.processes().filter(({ pid }) => pid !== plugin.pid);
  await eventually(() => left().length === 0, { limitMs: exit ? Math.min(terminateMs, 500) : 1, everyMs: 20 });
  const survivors = left();
  for (const { pid, name } of survivors) transcript.add('census', `process ${pid} (${name}) is still there`);
  const stat = statOf(socketPath);
  return {
    goneAfterMs: exit && Math.max(0, Math.round(exit.atMs - sentAt)),
    exit,
    survivors,
    socketLeft: stat !== undefined,
  };
}
