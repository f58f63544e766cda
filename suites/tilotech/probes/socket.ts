/** Area SOCK: the socket file before, during and after the life of a plugin. */
import { basename } from 'node:path';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import type { TiloSession } from '../session.ts';
import { startsAsUsual } from './start.ts';

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

function isAtThePath(session: TiloSession): ProbeOutcome {
  if (session.broken?.by === 'TILO-SOCK-001') return session.broken.outcome;
  if (!session.reach) session.assertUsable();
  return passed();
}

function isForTheOwner(session: TiloSession): ProbeOutcome {
  const mode = session.reach?.stat?.mode;
  if (mode === undefined) {
    session.assertUsable();
    return skipped('the socket could not be looked at');
  }
  if ((mode & 0o077) === 0) return passed();
  const isWritable = (mode & 0o022) !== 0;
  return failed({
    expected: 'mode 0700 or 0600',
    observed: `mode ${octal(mode)}`,
    evidence: [session.transcript.add('file', `${session.socketPath}: mode ${octal(mode)}`)],
    cause: {
      class: 'socket-open-to-others',
      title: `The socket has mode ${octal(mode)}: ${isWritable ? 'other users of the machine can call the plugin' : 'group and others have permissions on it'}`,
      fix: 'Set the umask to 0077 before listening: Go syscall.Umask(0077), Python os.umask(0o077), Node process.umask(0o077).',
    },
  });
}

function startsOverDeadSocket(session: TiloSession): ProbeOutcome {
  if (!session.broken) return passed();
  const { observed, evidence = [] } = session.broken.outcome;
  return failed({
    expected: 'an ordinary start over a dead socket file',
    observed,
    evidence,
    hostSays: 'plugin failed to start',
    cause: {
      class: 'left-behind',
      variant: 'stale-socket',
      title:
        'A dead socket file at the path keeps the plugin from starting: after a crash hosts up to 0.1.1 never get it up again',
      fix: 'Try to connect to the path; when that is refused, unlink the file and listen.',
    },
  });
}

function leavesLiveSocketAlone(session: TiloSession): ProbeOutcome {
  const { environment, occupant } = session;
  const path = environment['PLUGIN_SOCKET'] ?? '';
  if (occupant === 'ourselves') return passed();
  return failed({
    expected: 'the socket of a process that listens is still there',
    observed: occupant === 'nobody' ? 'the path leads nowhere' : 'the path leads to the new process',
    evidence: session.transcript.last(4, 'start', 'stdout', 'stderr', 'file'),
    cause: {
      class: 'left-behind',
      variant: 'live-socket-removed',
      title: `The plugin removes a socket on which somebody listens (${basename(path)}): the other instance can never be reached again`,
      fix: 'Remove a socket file only after a connection to it was refused.',
    },
  });
}

export const socketProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-SOCK-001', { every: true, smoke: true }, isAtThePath),
  probe('TILO-SOCK-002', { every: true }, isForTheOwner),
  probe('TILO-SOCK-003', { launches: ['stale-socket'] }, startsOverDeadSocket),
  probe('TILO-SOCK-004', { launches: ['live-socket'] }, leavesLiveSocketAlone),
  probe('TILO-SOCK-006', { launches: ['odd-path'] }, (session: TiloSession) =>
    startsAsUsual(session, 'with blanks in the socket path'),
  ),
];
