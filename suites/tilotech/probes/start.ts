/** Areas START and READY: what a plugin needs, and how it says that it is ready. */
import { describeExit } from '../../../src/launch/exit.ts';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import { hasEnded } from '../has-ended.ts';
import { failureLine, hostText, readyLine } from '../ready-line.ts';
import type { TiloSession } from '../session.ts';

/** What a start broke, where that is this requirement; another one blocks it. */
const unlessBroken =
  (id: string, judge: (session: TiloSession) => ProbeOutcome = () => passed()) =>
  (session: TiloSession): ProbeOutcome => {
    if (session.broken?.by === id) return session.broken.outcome;
    return judge(session);
  };

/** Rules that can only be seen once the line has come. */
const onceReady =
  (id: string, judge: (session: TiloSession) => ProbeOutcome = () => passed()) =>
  (session: TiloSession): ProbeOutcome => {
    if (session.broken?.by === id) return session.broken.outcome;
    if (session.ready.arrival !== 'ready') session.assertUsable();
    return judge(session);
  };

function listensFirst(session: TiloSession): ProbeOutcome {
  const { reach } = session;
  if (!reach) return passed();
  if (reach.lateByMs === undefined || reach.first.connected) {
    session.assertUsable();
    return passed();
  }
  return failed({
    expected: 'a connection in the moment the ready line comes',
    observed: `${reach.first.code} at first, a connection ${reach.lateByMs} ms later`,
    evidence: session.transcript.last(4, 'stdout', 'connection'),
    hostSays: `dial unix ${session.socketPath}: connect: ${reach.first.code === 'ENOENT' ? 'no such file or directory' : 'connection refused'}`,
    cause: {
      class: 'not-listening',
      title: `The ready line comes ${reach.lateByMs} ms before the plugin listens: the first call finds nobody, and hosts 0.1.2 and 0.1.3 crash over it`,
      fix: 'Print the line from the callback that says the server listens.',
    },
  });
}

/** A start as usual although something about it is unusual. */
export function startsAsUsual(session: TiloSession, what: string): ProbeOutcome {
  const { broken } = session;
  if (!broken) return passed();
  const { observed, evidence = [], cause, timing } = broken.outcome;
  return failed({
    expected: `an ordinary start ${what}`,
    observed: `${what}: ${observed}`,
    evidence,
    ...(cause && { cause: { ...cause, title: `${what[0]?.toUpperCase()}${what.slice(1)}: ${cause.title}` } }),
    ...(timing && { timing: true }),
  });
}

/** Without a path there is nothing to do: say so, and end with another code than 0. */
function refusesWithoutPath(...sessions: readonly TiloSession[]): ProbeOutcome {
  for (const [at, session] of sessions.entries()) {
    const what = at === 0 ? 'without PLUGIN_SOCKET' : 'with an empty PLUGIN_SOCKET';
    const fault = lackOfRefusal(session);
    if (fault === undefined) continue;
    return failed({
      expected: `a message and an exit code other than 0 ${what}`,
      observed: `${what} the plugin ${fault}`,
      evidence: session.transcript.last(4, 'stdout', 'stderr', 'exit'),
      timing: !session.earlyExit,
    });
  }
  return passed();
}

function lackOfRefusal({ ready, earlyExit, plugin, settings }: TiloSession): string | undefined {
  if (ready.arrival === 'ready') return 'says that it is ready all the same';
  if (!earlyExit) return `neither ends nor says anything within ${settings.deadlines.refuseMs} ms`;
  if (earlyExit.code === 0) return 'exits with code 0, as if all were well';
  if (plugin.stderr.total + plugin.stdout.total > 0) return undefined;
  return `${describeExit(earlyExit)} without a word`;
}

const countReady = ({ plugin }: TiloSession): number =>
  plugin.stdout.lines().filter((line) => hostText(line) === readyLine).length;

function saysItOnce(session: TiloSession): ProbeOutcome {
  const count = countReady(session);
  if (count < 2) return passed();
  return failed({
    expected: 'one ready line',
    observed: `${count} of them`,
    evidence: session.transcript.last(3, 'stdout'),
  });
}

/** The host reads the failure line, or sees the end of the process; without either it waits for 10 s. */
function saysThatItCannotListen(session: TiloSession): ProbeOutcome {
  const { ready, plugin, earlyExit } = session;
  if (ready.arrival === 'ready') return skipped('the plugin made room for itself and started all the same');
  const hasSaid = plugin.stdout.lines().some((line) => hostText(line) === failureLine);
  if (hasSaid && earlyExit) return passed();
  const observed = hasSaid
    ? `\`${failureLine}\`, and the process runs on`
    : earlyExit
      ? `the plugin ${describeExit(earlyExit)} without the line`
      : 'neither the line nor an exit';
  return failed({
    expected: `the line \`${failureLine}\` on stdout, and an exit`,
    observed,
    evidence: session.transcript.last(4, 'stdout', 'stderr', 'exit'),
    timing: !earlyExit,
    ...(!hasSaid && { hostSays: earlyExit ? 'plugin failed to start' : 'could not start plugin within 10 seconds' }),
    cause: {
      class: 'listen-failed',
      variant: hasSaid ? 'runs-on' : earlyExit ? 'no-line' : 'hangs',
      title: hasSaid
        ? `When it cannot listen, the plugin says \`${failureLine}\` and runs on: the host leaves it to itself`
        : earlyExit
          ? `When it cannot listen, the plugin ends without saying \`${failureLine}\``
          : 'When it cannot listen, the plugin neither says so nor ends: the host waits for 10 s',
    },
  });
}

async function staysWithoutCalls(session: TiloSession): Promise<ProbeOutcome> {
  session.assertUsable();
  const { idleMs } = session.settings.deadlines;
  await eventually(() => session.plugin.exited !== undefined, { limitMs: idleMs, everyMs: 20 });
  return session.plugin.exited ? hasEnded(session).outcome : passed();
}

export const startProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-START-001', { every: true, smoke: true }, onceReady('TILO-START-001')),
  probe('TILO-START-002', { every: true, smoke: true }, onceReady('TILO-START-002')),
  probe('TILO-START-003', { every: true, smoke: true }, onceReady('TILO-START-003', listensFirst)),
  probe('TILO-START-004', { every: true, smoke: true }, onceReady('TILO-START-004')),
  probe('TILO-START-005', { launches: ['no-socket', 'empty-socket'] }, refusesWithoutPath),
  probe('TILO-START-006', { launches: ['noise'] }, (session: TiloSession) =>
    startsAsUsual(session, 'among variables of other hosts'),
  ),
  probe('TILO-READY-001', { every: true, smoke: true }, onceReady('TILO-READY-001', withCarriageReturn)),
  probe('TILO-READY-002', { every: true, smoke: true }, onceReady('TILO-READY-002')),
  probe('TILO-READY-003', { every: true, smoke: true }, onceReady('TILO-READY-003')),
  probe('TILO-READY-004', { every: true }, unlessBroken('TILO-READY-004', saysItOnce)),
  probe('TILO-READY-006', { launches: ['blocked-path'] }, saysThatItCannotListen),
  probe('TILO-READY-007', { launch: 'plain', isolated: true, smoke: true }, staysWithoutCalls),
];

function withCarriageReturn({ ready }: TiloSession): ProbeOutcome {
  return ready.line?.bytes.includes(0x0d) ? passed('the line ends with CR LF, which the host accepts') : passed();
}
