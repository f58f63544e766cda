/** Area RECON: what the repairs of the host ask of a plugin. */
import { isDeepStrictEqual } from 'node:util';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { callMethod, isSuccess } from '../call.ts';
import { firstValue } from '../json-text.ts';
import { findSteady, isSteady, soundMethods } from '../methods.ts';
import { restart } from '../restart.ts';
import { describeExchange, type Noted, type TiloSession } from '../session.ts';

const resultOf = (made: Noted): unknown => {
  const read = firstValue(made.body);
  return read.ok ? read.value : undefined;
};

async function startsAgain(session: TiloSession): Promise<ProbeOutcome> {
  const method = await findSteady(session);
  const before = method && (await callMethod(session, method));
  session.leaving = true;
  session.plugin.signal('SIGKILL');
  await session.plugin.whenExited;
  const again = await restart(session);
  again.leaving = true;
  if (again.broken) {
    const { observed, cause, evidence = [], timing } = again.broken.outcome;
    return failed({
      expected: 'an ordinary start at the same path after a kill',
      observed,
      evidence,
      hostSays: 'plugin failed to start',
      ...(timing && { timing: true }),
      cause: {
        class: 'left-behind',
        variant: 'no-restart',
        title: `After a crash the plugin does not start again: ${cause?.title ?? observed}`,
        fix: 'Leave no lock or pid file that outlives its process, or look whether that process still lives.',
      },
    });
  }
  if (!method || !before) return passed();
  const after = await callMethod(again, method);
  if (isSuccess(after, method) && (method.body !== undefined || isDeepStrictEqual(resultOf(before), resultOf(after))))
    return passed();
  return failed({
    expected: `the same answer of ${method.name} as before: ${describeExchange(before)}`,
    observed: `after the restart: ${describeExchange(after)}`,
    evidence: [before.evidence, after.evidence],
    cause: {
      class: 'state-lost',
      title: `After a restart ${method.name} answers something else: what it needs lived in memory only`,
      fix: 'Keep what must last outside the process: the host restarts plugins whenever a connection fails.',
    },
  });
}

async function toleratesRepetition(session: TiloSession): Promise<ProbeOutcome> {
  for (const method of await soundMethods(session, isSteady)) {
    const first = await callMethod(session, method);
    const second = await callMethod(session, method);
    session.assertAnswered(second);
    const areRight = isSuccess(first, method) && isSuccess(second, method);
    if (areRight && (method.body !== undefined || isDeepStrictEqual(resultOf(first), resultOf(second)))) continue;
    return failed({
      expected: `the same answer of ${method.name} to the same request`,
      observed: `first ${describeExchange(first)}, then ${describeExchange(second)}`,
      evidence: [first.evidence, second.evidence],
      cause: {
        class: 'state-lost',
        variant: 'repetition',
        title: `The second delivery of the same request to ${method.name} ends otherwise: hosts send a request twice when a connection breaks`,
        fix: 'Make the method idempotent, or say `idempotent: false` in the profile.',
      },
    });
  }
  return passed();
}

const connections = 64;

async function bearsLoad(session: TiloSession): Promise<ProbeOutcome> {
  session.assertUsable();
  const limitMs = session.settings.deadlines.callMs;
  const made = await Promise.all(
    Array.from({ length: connections }, () => session.request({ ...session.signOfLife, limitMs, odd: true })),
  );
  const lost = made.filter(({ end }) => end !== 'complete');
  const [first] = lost;
  if (!first) return passed();
  session.assertAnswered(first);
  return failed({
    expected: `an answer on each of ${connections} connections`,
    observed: `${lost.length} of them got none: ${describeExchange(first)}`,
    evidence: [first.evidence],
    timing: true,
    cause: {
      class: 'drops-under-load',
      title: `Of ${connections} connections at once ${lost.length} got no answer: to a host the plugin is gone, and is started again`,
      fix: 'Leave a queue before the listener (a backlog of 128), and answer late rather than not at all.',
    },
  });
}

export const reconnectProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-RECON-001', { launch: 'plain', isolated: true }, startsAgain),
  probe('TILO-RECON-002', { launch: 'plain' }, toleratesRepetition),
  probe('TILO-RECON-003', { launch: 'plain', isolated: true }, bearsLoad),
];
