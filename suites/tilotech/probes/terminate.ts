/** Area TERM: the end of a plugin. */
import { describeExit } from '../../../src/launch/exit.ts';
import { blocked, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import { callMethod } from '../call.ts';
import { methodsOf } from '../methods.ts';
import type { TiloSession } from '../session.ts';
import { end, type TerminateFacts, terminate } from '../terminate.ts';

/** How soon a restart may follow: the new process then meets the old one. */
const fastMs = 1000;

function notGone(session: TiloSession, { exit, survivors }: TerminateFacts, signal: string): ProbeOutcome | undefined {
  if (exit && survivors.length === 0) return undefined;
  const { terminateMs } = session.settings.deadlines;
  const names = survivors.map(({ pid, name }) => `${pid} (${name})`).join(', ');
  return failed({
    expected: `no process of the plugin is left ${terminateMs} ms after ${signal}`,
    observed: exit ? `the started process has ended; still running: ${names}` : `it still runs after ${terminateMs} ms`,
    evidence: session.recent(),
    timing: true,
    cause: exit
      ? {
          class: 'left-behind',
          variant: 'processes',
          title: `${signal} ends the started process and leaves ${names} behind: the host knows no other`,
          fix: 'Begin the last line of a wrapper script with `exec`, and end child processes yourself.',
        }
      : {
          class: 'ignores-signal',
          variant: signal.toLowerCase(),
          title: `The plugin does not end on ${signal}${signal === 'SIGTERM' ? ': the host sends it once and nothing after it, so the process stays for ever' : ''}`,
          fix: `Handle ${signal}: close the server and its idle connections, and exit. Node: server.closeAllConnections(); Python: daemon threads.`,
        },
  });
}

const endsOnSignal = async (session: TiloSession, signal: 'SIGTERM' | 'SIGINT'): Promise<ProbeOutcome> =>
  notGone(session, await terminate(session, signal), signal) ?? passed();

async function afterTheEnd(
  session: TiloSession,
  judge: (facts: TerminateFacts & { goneAfterMs: number }) => ProbeOutcome,
): Promise<ProbeOutcome> {
  const facts = await terminate(session);
  const { goneAfterMs } = facts;
  if (goneAfterMs === undefined) return blocked('TILO-TERM-001', 'the process does not end on SIGTERM');
  return judge({ ...facts, goneAfterMs });
}

const endsFast = (session: TiloSession): Promise<ProbeOutcome> =>
  afterTheEnd(session, ({ goneAfterMs }) =>
    goneAfterMs <= fastMs
      ? passed()
      : failed({
          expected: `the process is gone ${fastMs} ms after SIGTERM`,
          observed: `it took ${goneAfterMs} ms`,
          evidence: session.recent(),
          timing: true,
        }),
  );

const exitsWithZero = (session: TiloSession): Promise<ProbeOutcome> =>
  afterTheEnd(session, ({ exit }) =>
    exit?.code === 0
      ? passed()
      : failed({
          expected: 'exit code 0 after SIGTERM',
          observed: exit ? `the plugin ${describeExit(exit)}` : 'no exit status',
          evidence: session.recent(),
          hostSays: exit?.signal === undefined ? `exit status ${exit?.code ?? 0}` : 'signal: terminated',
        }),
  );

/** A call may be aborted or finished; the process must come to its end all the same. */
async function endsDuringCall(session: TiloSession): Promise<ProbeOutcome> {
  const [method] = methodsOf(session, ({ slow, kind, idempotent }) => slow && kind === 'success' && idempotent);
  if (!method) return skipped('the profile names no slow method');
  const call = callMethod(session, method, { odd: true });
  await eventually(() => false, { limitMs: 100 });
  const facts = await end(session, 'SIGTERM');
  const made = await call;
  const fault = notGone(session, facts, 'SIGTERM');
  if (fault) return fault;
  return passed(made.end === 'complete' ? 'the call is finished first' : 'the call is aborted');
}

async function noticesDeadHost(session: TiloSession): Promise<ProbeOutcome> {
  session.assertUsable();
  const { plugin, settings } = session;
  const { orphanMs } = settings.deadlines;
  session.leaving = true;
  plugin.signal('SIGKILL');
  plugin.stdout.release();
  plugin.stderr.release();
  if (await eventually(() => plugin.processes().length === 0, { limitMs: orphanMs, everyMs: 100 })) return passed();
  const [first] = plugin.processes();
  return failed({
    expected: 'the plugin ends when its host is gone',
    observed: `process ${first?.pid ?? '?'} runs on ${orphanMs / 1000} s after the host was killed`,
    evidence: session.recent(),
    cause: {
      class: 'left-behind',
      variant: 'orphan',
      title: 'The plugin survives its host: after a crash of the host it keeps the socket for ever',
      fix: 'Look every few seconds whether the parent process is still the same, and exit when it is not.',
    },
  });
}

/** Belongs to the socket, and is seen at the end. */
async function removesSocket(session: TiloSession): Promise<ProbeOutcome> {
  const { socketLeft, goneAfterMs, exit } = await terminate(session);
  if (goneAfterMs === undefined) return skipped('the process had to be killed (TILO-TERM-001)');
  if (!socketLeft) return passed();
  return failed({
    expected: 'no file at the path after SIGTERM',
    observed: `${session.socketPath} is still there`,
    evidence: session.recent(),
    cause: {
      class: 'left-behind',
      variant: 'socket-file',
      title: `The socket file stays after SIGTERM${exit?.signal === 'SIGTERM' ? ', which the plugin does not handle' : ''}: hosts up to 0.1.1 cannot start the plugin again`,
      fix: 'Handle SIGTERM: close the listener and unlink the path, then exit.',
    },
  });
}

export const terminateProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-TERM-001', { launch: 'plain', ending: true, smoke: true }, (session: TiloSession) =>
    endsOnSignal(session, 'SIGTERM'),
  ),
  probe('TILO-TERM-002', { launch: 'plain', isolated: true }, (session: TiloSession) =>
    endsOnSignal(session, 'SIGINT'),
  ),
  probe('TILO-TERM-003', { launch: 'plain', ending: true }, endsFast),
  probe('TILO-TERM-004', { launch: 'plain', ending: true }, exitsWithZero),
  probe('TILO-TERM-005', { launch: 'plain', isolated: true }, endsDuringCall),
  probe('TILO-SOCK-005', { launch: 'plain', ending: true }, removesSocket),
  probe('TILO-TERM-006', { launch: 'orphaned', isolated: true, soak: true }, noticesDeadHost),
];
