/** The end of a plugin, what is left of it, and what it makes of that when it comes back. */
import { basename, dirname } from 'node:path';
import { describeExit } from '../../../src/launch/exit.ts';
import { blocked, type Failed, failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import type { GrpcConnection } from '../../../src/wire/grpc-connection.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import type { Contract } from '../contract.ts';
import { blockedBy } from '../fault.ts';
import { entryAt } from '../folder.ts';
import { olderVariable } from '../launches.ts';
import { folderVariable } from '../not-found.ts';
import { QuestionType } from '../questions.ts';
import type { PolarisSession } from '../session.ts';

/** Whether the whole plugin has gone, wrappers and children included. */
const isGone = ({ plugin }: PolarisSession): boolean => plugin.exited !== undefined && plugin.processes().length === 0;

async function end(session: PolarisSession, signal: NodeJS.Signals): Promise<boolean> {
  session.leaving = true;
  session.plugin.signal(signal);
  return eventually(() => isGone(session), { limitMs: session.deadlines.endMs });
}

const isLeft = (path: string): boolean => entryAt(path)?.kind === 'socket';

const left = (session: PolarisSession, path: string, signal: string): Failed => {
  const { exited } = session;
  return failed({
    expected: `${basename(path)} is removed on ${signal}`,
    observed: `the plugin ${exited ? describeExit(exited) : 'has gone'}, and ${basename(path)} is still there`,
    evidence: session.evidence(),
    hostSays: `discover pluggable plugin fail: … context deadline exceeded`,
    cause: {
      class: 'left-behind',
      variant: 'socket',
      title: `${signal} leaves ${basename(path)} behind: the next start of the server stalls at it for 5 s and fails`,
      fix: `Handle ${signal}: stop the server, remove the socket, exit.`,
    },
  });
};

function staysAlive(session: PolarisSession): Failed {
  const { endMs } = session.deadlines;
  const { exited, plugin } = session;
  const others = plugin.processes().map(({ pid, name }) => `${pid} (${name})`);
  const observed = exited
    ? `the started process ${describeExit(exited)}, and ${others.join(', ')} runs on`
    : `the plugin still runs after ${endMs / 1000} s`;
  return failed({
    expected: `the plugin ends within ${endMs / 1000} s of SIGTERM`,
    observed,
    evidence: session.evidence(),
    timing: true,
    cause: {
      class: 'shutdown-ignored',
      ...(exited && { variant: 'wrapper' }),
      title: exited
        ? `SIGTERM ends the wrapper only: ${others.join(', ')} runs on`
        : 'SIGTERM does not end the plugin: service managers and containers kill it in the end',
      fix: exited
        ? 'Start the plugin with exec in wrapper scripts.'
        : 'End on SIGTERM, or leave the signal to its default.',
    },
  });
}

/** Ends the session by SIGTERM, and another copy by SIGINT. */
async function endsInOrder(session: PolarisSession): Promise<Readonly<Record<string, ProbeOutcome>>> {
  const path = session.socket;
  session.assertOwn();
  if (!(await end(session, 'SIGTERM'))) {
    const outcome = staysAlive(session);
    return {
      'POL-LIFE-003': outcome,
      'POL-SOCK-007': blocked('POL-LIFE-003', outcome.observed),
    };
  }
  if (isLeft(path)) return { 'POL-LIFE-003': passed(), 'POL-SOCK-007': left(session, path, 'SIGTERM') };
  return { 'POL-LIFE-003': passed(), 'POL-SOCK-007': await endsByInterrupt(session) };
}

/** A plugin may ignore SIGINT; when it ends by it, it cleans up. */
async function endsByInterrupt(session: PolarisSession): Promise<ProbeOutcome> {
  const copy = await session.startBeside({});
  if (copy.path === undefined) return passed('only SIGTERM was tried: a second copy did not start');
  const hasEnded = await end(copy, 'SIGINT');
  return hasEnded && isLeft(copy.path) ? left(copy, copy.path, 'SIGINT') : passed();
}

const notAgain = (session: PolarisSession, after: string, by: Failed): Failed =>
  failed({
    expected: `an ordinary start ${after}`,
    observed: by.observed,
    evidence: by.evidence ?? session.evidence(),
    cause: {
      class: 'left-behind',
      variant: 'stale-files',
      title: `The plugin does not start ${after}: ${by.cause?.title ?? by.observed}`,
      fix: 'Remove a stale socket before binding, and do not trust pid or lock files of a dead process.',
    },
  });

const startsOverDeadSocket = (session: PolarisSession): ProbeOutcome =>
  session.broken ? notAgain(session, 'over its own dead socket', session.broken.outcome) : passed();

async function startsAfterKill(session: PolarisSession): Promise<ProbeOutcome> {
  const folder = dirname(session.socket);
  session.assertOwn();
  session.plugin.signal('SIGKILL');
  await session.plugin.whenExited;
  const again = await session.startBeside({ [folderVariable]: folder, [olderVariable]: folder });
  return again.broken ? notAgain(again, 'after a SIGKILL', again.broken.outcome) : passed();
}

async function worksOncePinged(
  session: PolarisSession,
  contract: Contract,
  connection: GrpcConnection,
): Promise<boolean> {
  await session.call(contract.ping, new Uint8Array(), { connection });
  const { status } = await session.ask(contract, { type: QuestionType.ip, key: '192.0.2.7' }, { connection });
  return status === Status.OK;
}

/** What the server does once the plugin is back: it reconnects to the path it knows, and asks. */
async function servesAfterRestart(session: PolarisSession): Promise<ProbeOutcome> {
  if (session.gateBroken) throw blockedBy(session.gateBroken);
  if (session.broken) throw new Blocked('POL-SOCK-006', session.broken.outcome.observed);
  const { socket, contracts, knownName } = session;
  const name = basename(socket);
  if (knownName !== undefined && name !== knownName)
    return failed({
      expected: `the socket ${knownName}, as before`,
      observed: name,
      evidence: session.evidence(),
      cause: {
        class: 'moves-on-restart',
        title: `The socket was ${knownName} and is ${name} after a restart: the server goes on knocking at the old one`,
        fix: 'Use a fixed name for the socket file, without a pid or a random part.',
      },
    });
  for (const contract of contracts) {
    const connection = await session.connect();
    const question = { type: QuestionType.ip, key: '192.0.2.7' };
    const result = await session.ask(contract, question, { connection });
    const isPingMissing = result.status !== Status.OK && (await worksOncePinged(session, contract, connection));
    connection.close();
    if (result.status !== Status.OK && !isPingMissing) throw new Blocked('POL-SVC-003', describeCall(result));
    if (isPingMissing)
      return failed({
        expected: `OK from ${contract.call} as the first call after a restart`,
        observed: describeCall(result),
        evidence: session.evidence(2),
        cause: {
          class: 'error-for-an-answer',
          variant: 'after-restart',
          title: `After a restart ${contract.call} fails with ${describeCall(result)} until somebody pings: the server never pings again`,
          fix: 'Answer calls from the first one on; Ping prepares nothing.',
        },
      });
  }
  return passed();
}

export const lifeProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-SOCK-006', { launch: 'restarted' }, startsOverDeadSocket),
  probe('POL-LIFE-001', { launch: 'restarted' }, servesAfterRestart),
  probe('POL-LIFE-002', { launch: 'plain', isolated: true }, startsAfterKill),
  probe('POL-SOCK-007', { launch: 'plain', ending: true, settles: ['POL-LIFE-003'] }, endsInOrder),
];
