/** Area LE: start and environment. */
import { basename, dirname } from 'node:path';
import { blocked, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { unixPathLimit } from '../../../src/wire/address.ts';
import { kill } from '../kill.ts';
import type { GrpcSession } from '../session.ts';
import { modeOf } from '../socket-file.ts';

/** @throws Blocked when this start led to nothing */
function assertStarted(session: GrpcSession): void {
  const { broken } = session.handshake;
  if (broken) throw new Blocked(broken.by, broken.outcome.observed);
}

/** A start that should go as usual although something about it is unusual. */
function startsAsUsual(session: GrpcSession, what: string): ProbeOutcome {
  const { broken } = session;
  if (!broken) return passed();
  return failed({
    expected: `an ordinary start ${what}`,
    observed: broken.outcome.observed,
    evidence: broken.outcome.evidence ?? [],
    ...(broken.outcome.cause && { cause: broken.outcome.cause }),
    ...(broken.outcome.timing && { timing: true }),
  });
}

/** Refusing means: a reason on stderr, nothing on stdout, an exit code, and soon. */
function refusal({ plugin, handshake, deadlines, earlyExit }: GrpcSession, what: string): ProbeOutcome {
  const evidence = plugin.transcript.last(4, 'stdout', 'stderr', 'exit');
  const fail = (observed: string, timing = false): ProbeOutcome =>
    failed({ expected: `the plugin refuses to run ${what}`, observed: `${what}: ${observed}`, evidence, timing });
  if (handshake.line) return fail('it serves all the same');
  if (plugin.stdout.total > 0) return fail('it writes to stdout, which the host takes for the handshake');
  if (!earlyExit) return fail(`it neither ends nor serves within ${deadlines.refuseMs} ms`, true);
  if (earlyExit.signal !== undefined) return fail(`it is ended by ${earlyExit.signal}`);
  if (earlyExit.code === 0) return fail('it exits with code 0, as if all were well');
  return plugin.stderr.total === 0 ? fail('it gives no reason on stderr') : passed();
}

const refusals = [
  ['no-cookie', 'without a cookie'],
  ['wrong-cookie', 'with a wrong cookie'],
  ['cookie-case', 'with its cookie in another letter case'],
  ['cookie-blank', 'with a blank after its cookie'],
] as const;

function refusesWrongCookies(...sessions: readonly GrpcSession[]): ProbeReturn {
  const outcomes = sessions.map((session, index) => refusal(session, refusals[index]?.[1] ?? ''));
  const failures = outcomes.filter((outcome) => outcome.outcome === 'failed');
  const [first] = failures;
  if (!first) return passed();
  return { ...first, observed: failures.map(({ observed }) => observed).join('; ') };
}

/** A failed start explains itself on stderr. */
function explainsFailure(session: GrpcSession, what: string): ProbeOutcome {
  const { plugin, handshake, earlyExit } = session;
  const evidence = plugin.transcript.last(5, 'stdout', 'stderr', 'exit');
  if (handshake.line) return skipped(`the plugin starts ${what} as well`);
  const problems: string[] = [];
  if (plugin.stdout.total > 0) problems.push('writes to stdout');
  if (!earlyExit) problems.push('does not end');
  else if (earlyExit.code === 0) problems.push('exits with code 0');
  if (plugin.stderr.total === 0) problems.push('says nothing on stderr');
  if (problems.length === 0) return passed();
  const expected = 'a reason on stderr, nothing on stdout, an exit code that is not 0';
  return failed({ expected, observed: `${what}, the plugin ${problems.join(' and ')}`, evidence });
}

const portOf = ({ handshake }: GrpcSession): number | undefined =>
  handshake.address?.network === 'tcp' ? handshake.address.port : undefined;

function portInRange(session: GrpcSession): ProbeOutcome {
  assertStarted(session);
  const [first, last] = [
    Number(session.environment['PLUGIN_MIN_PORT']),
    Number(session.environment['PLUGIN_MAX_PORT']),
  ];
  const port = portOf(session) ?? 0;
  if (port >= first && port <= last) return passed();
  return failed({
    expected: `a port from ${first} to ${last}`,
    observed: `port ${port}`,
    evidence: session.transcript.last(2, 'start', 'stdout'),
  });
}

function busyPorts(busy: GrpcSession, full: GrpcSession, inverted: GrpcSession): ProbeOutcome {
  const last = Number(busy.environment['PLUGIN_MAX_PORT']);
  const evidence = busy.transcript.last(4, 'start', 'stdout', 'stderr', 'exit');
  if (portOf(busy) !== last)
    return failed({
      expected: `the free port of the range, ${last}`,
      observed: busy.handshake.line ? `port ${portOf(busy)}` : 'the plugin did not start',
      evidence,
    });
  for (const [session, what] of [
    [full, 'with every port of the range taken'],
    [inverted, 'with a range that is upside down'],
  ] as const) {
    if (session.handshake.line)
      return failed({
        expected: `a start failure ${what}`,
        observed: `the plugin listens on port ${portOf(session)}`,
        evidence: session.transcript.last(2, 'start', 'stdout'),
      });
    const explained = explainsFailure(session, what);
    if (explained.outcome === 'failed') return explained;
  }
  return passed();
}

function freePorts(none: GrpcSession, empty: GrpcSession): ProbeOutcome {
  for (const [session, what] of [
    [none, 'without port variables'],
    [empty, 'with empty port variables'],
  ] as const) {
    const outcome = startsAsUsual(session, what);
    if (outcome.outcome !== 'passed') return outcome;
  }
  if (portOf(none) !== portOf(empty)) return passed();
  return failed({
    expected: 'a port chosen by the system',
    observed: `port ${portOf(none)} in both starts`,
    evidence: [...none.transcript.last(1, 'stdout'), ...empty.transcript.last(1, 'stdout')],
  });
}

function inSocketFolder(session: GrpcSession): ProbeOutcome {
  if (session.broken) return startsAsUsual(session, 'with PLUGIN_UNIX_SOCKET_DIR');
  const folder = session.environment['PLUGIN_UNIX_SOCKET_DIR'] ?? '';
  const path = session.handshake.address?.network === 'unix' ? session.handshake.address.path : '';
  if (dirname(path) === folder) return passed();
  return failed({
    expected: `a socket directly in ${folder}`,
    observed: `the socket is ${path}`,
    evidence: session.transcript.last(2, 'start', 'stdout'),
  });
}

function groupOfSocket(session: GrpcSession): ProbeOutcome {
  if (session.broken) return startsAsUsual(session, 'with PLUGIN_UNIX_SOCKET_GROUP');
  const group = Number(session.environment['PLUGIN_UNIX_SOCKET_GROUP']);
  const stat = session.socketStat;
  if (stat?.gid === group && (stat.mode & 0o777) === 0o660) return passed();
  const observed = stat ? `group ${stat.gid}, mode ${modeOf(stat)}` : `no file at ${session.where}`;
  return failed({
    expected: `group ${group}, mode 0660`,
    observed,
    evidence: session.transcript.last(2, 'start', 'stdout'),
  });
}

function leavesStdinAlone(pipe: GrpcSession, closed: GrpcSession): ProbeOutcome {
  for (const [session, what] of [
    [pipe, 'with a pipe as stdin'],
    [closed, 'with stdin closed'],
  ] as const) {
    const outcome = startsAsUsual(session, what);
    if (outcome.outcome !== 'passed') return outcome;
  }
  if (pipe.readStdin !== true) return passed();
  return failed({
    expected: 'stdin is left alone',
    observed: 'a line that was offered on stdin has been read',
    evidence: pipe.transcript.last(2, 'start', 'stdout'),
  });
}

/** A folder whose path leaves no room: either the start fails with a reason, or a path is found that fits. */
function tooLongFolder(session: GrpcSession): ProbeOutcome {
  const { address } = session.handshake;
  if (address?.network !== 'unix') return passed();
  const length = Buffer.byteLength(address.path);
  const stat = session.socketStat;
  if (length <= unixPathLimit && (stat?.isSocket() || address.path.startsWith('@'))) return passed();
  return failed({
    expected: `a socket whose path fits ${unixPathLimit} bytes, or a start failure`,
    observed:
      length > unixPathLimit
        ? `the printed path has ${length} bytes`
        : `there is no socket at ${basename(address.path)}`,
    evidence: session.transcript.last(2, 'stdout', 'stderr'),
    cause: {
      class: 'bad-socket-path',
      variant: 'long-folder',
      title: `With a long temporary folder the plugin prints a path of ${length} bytes; the limit is ${unixPathLimit}`,
      fix: 'Check the length before listening, and fail with a reason or use a shorter folder.',
    },
  });
}

async function isThePlugin(session: GrpcSession): Promise<ProbeOutcome> {
  const { pid } = session.plugin;
  const { ownerPid, survivors } = await kill(session);
  const evidence = session.transcript.last(6, 'start', 'call', 'signal', 'exit', 'census');
  if (survivors.length > 0) {
    const names = survivors.map((entry) => `${entry.pid} (${entry.name})`).join(', ');
    return failed({
      condition: 'shutdown-leaves-processes',
      expected: `nothing is left when process ${pid} has ended`,
      observed: `still running: ${names}`,
      evidence,
      cause: {
        class: 'left-behind',
        variant: 'processes',
        title: `Shutdown and a kill of the started process leave ${names} behind: the host knows one pid only`,
        fix: 'End wrapper scripts with `exec`, do not daemonise, and end child processes on Shutdown.',
      },
    });
  }
  if (ownerPid === undefined || ownerPid === pid) return passed();
  return failed({
    expected: `process ${pid}, which was started, listens`,
    observed: `process ${ownerPid} listens; ${pid} is a wrapper`,
    evidence,
  });
}

export const launchProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-LE-001', { launch: 'plain', smoke: true }, () => passed()),

  probe('GRPC-LE-002', { launch: 'plain', ending: true }, isThePlugin),

  probe('GRPC-LE-003', { launches: refusals.map(([name]) => name) }, refusesWrongCookies),

  probe('GRPC-LE-004', { launches: ['no-cookie', 'hostile-variables'] }, (plain: GrpcSession, hostile: GrpcSession) =>
    refusal(plain, 'without a cookie').outcome === 'passed'
      ? refusal(hostile, 'without a cookie and with nonsense in every PLUGIN_ variable')
      : blocked('GRPC-LE-003', 'the plugin does not refuse a missing cookie'),
  ),

  probe('GRPC-LE-005', { launches: ['bare'] }, (session: GrpcSession) =>
    session.handshake.line ? passed() : startsAsUsual(session, 'with nothing but the cookie'),
  ),

  probe('GRPC-LE-006', { launches: ['plain', 'extra-variables'] }, (plain: GrpcSession, session: GrpcSession) => {
    // What is broken without them has nothing to do with the variables.
    if (plain.broken) throw new Blocked(plain.broken.by, plain.broken.outcome.observed);
    return startsAsUsual(session, 'with PLUGIN_ variables it does not know');
  }),

  probe('GRPC-LE-007', { launches: ['narrow-ports'] }, portInRange),

  probe('GRPC-LE-008', { launches: ['busy-ports', 'full-ports', 'inverted-ports'] }, busyPorts),

  probe('GRPC-LE-009', { launches: ['no-ports', 'empty-ports'] }, freePorts),

  probe('GRPC-LE-010', { launches: ['socket-folder'] }, inSocketFolder),

  probe('GRPC-LE-011', { launches: ['socket-group'] }, groupOfSocket),

  probe('GRPC-LE-012', { launches: ['stdin-pipe', 'stdin-closed'] }, leavesStdinAlone),

  probe(
    'GRPC-LE-013',
    { every: true, smoke: true },
    ({ handshake }: GrpcSession) => handshake.outcomes.get('GRPC-LE-013') ?? passed(),
  ),

  probe(
    'GRPC-LE-014',
    { launches: ['no-folder', 'long-folder'], settles: ['GRPC-HS-011'] },
    (folder: GrpcSession, long: GrpcSession) => {
      const both = [
        explainsFailure(folder, 'with a file in place of its folder'),
        explainsFailure(long, 'with too long a folder'),
      ];
      const decided =
        both.find(({ outcome }) => outcome === 'failed') ?? both.find(({ outcome }) => outcome === 'passed');
      return {
        'GRPC-LE-014': decided ?? skipped('no start failure could be provoked'),
        'GRPC-HS-011': tooLongFolder(long),
      };
    },
  ),
];
