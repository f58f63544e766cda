/** Area SVC, second half: time, many calls, many at once, and calls that nobody waits for any more. */
import { readdirSync } from 'node:fs';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import type { CallResult } from '../../../src/wire/grpc-call.ts';
import { Status, statusName } from '../../../src/wire/grpc-status.ts';
import type { Contract, Question } from '../contract.ts';
import { all, ordinary, QuestionType, showQuestion } from '../questions.ts';
import type { PolarisSession } from '../session.ts';

/** A call with the deadline of the server, and its `grpc-timeout`. */
const inTime = (session: PolarisSession, contract: Contract, question: Question): Promise<CallResult> => {
  const { callMs: limitMs } = session.deadlines;
  return session.call(contract.call, contract.ask(question), { limitMs, metadata: { 'grpc-timeout': `${limitMs}m` } });
};

const isLate = ({ status, end }: CallResult): boolean =>
  status === Status.DEADLINE_EXCEEDED || (status === undefined && end === 'cancelled');

const rounds = 40;
/** How long a series of calls may take: slow plugins are asked fewer questions. */
const patienceMs = 10_000;

const isError = (result: CallResult): boolean => result.status !== Status.OK && !isLate(result);

const neverAsked: Question = { type: QuestionType.ip, key: '198.51.100.23' };

/** Longer than a limiter waits before it lets requests through again. */
const restMs = 1500;

/** Whether the plugin has come to fail for good: what was answered before, and what was never asked, both get errors. */
async function failsForGood(
  session: PolarisSession,
  contract: Contract,
  asked: Question,
): Promise<CallResult | undefined> {
  await new Promise((resolve) => setTimeout(resolve, restMs));
  const again = await inTime(session, contract, asked);
  if (!isError(again)) return undefined;
  const other = await inTime(session, contract, neverAsked);
  return isError(other) ? other : undefined;
}

const wornOut = (session: PolarisSession, contract: Contract, calls: number, how: string): ProbeOutcome =>
  failed({
    expected: `OK for what ${contract.call} has answered with OK before`,
    observed: `${how} for every question after ${calls} calls`,
    evidence: session.evidence(3),
    hostSays: `[Pluggable] fail to request plugin server, get error: ${how}`,
    cause: {
      class: 'error-for-an-answer',
      variant: 'worn-out',
      title: `After ${calls} calls ${contract.call} fails with ${how} for every question, and goes on failing: the server denies every request`,
      fix: 'Look for what runs out: connections, memory, a counter. Answer what you cannot decide with allow = true.',
    },
  });

async function answersInTime(session: PolarisSession): Promise<ProbeReturn> {
  const { callMs } = session.deadlines;
  const times: number[] = [];
  for (const contract of session.contractsInUse) {
    const series = [
      ...all,
      ...Array.from({ length: rounds }, (_, index) => ordinary[index % ordinary.length] ?? all[0]),
    ];
    const answered = new Set<Question>();
    const until = performance.now() + patienceMs;
    for (const [index, question] of series.entries()) {
      if (!question || (index >= all.length && performance.now() > until)) continue;
      const result = await inTime(session, contract, question);
      times.push(result.durationMs);
      if (result.status === Status.OK) answered.add(question);
      if (result.status === Status.UNAUTHENTICATED) throw new Blocked('POL-SVC-009', describeCall(result));
      if (!isLate(result)) {
        if (!isError(result) || !answered.has(question)) continue;
        const last = await failsForGood(session, contract, question);
        if (!last) continue;
        const how = describeCall(last);
        return { 'POL-SVC-005': passed(), 'POL-SVC-003': wornOut(session, contract, times.length - 1, how) };
      }
      return failed({
        expected: `an answer within ${callMs} ms to ${showQuestion(question)}`,
        observed: 'none in that time',
        evidence: session.evidence(2),
        timing: true,
        hostSays: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
        cause: {
          class: 'no-answer',
          variant: 'late',
          title: `${contract.call} takes longer than ${callMs / 1000} s: the server denies the request`,
          fix: 'Decide from memory; refresh limits in the background.',
        },
      });
    }
  }
  times.sort((a, b) => a - b);
  const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? 0;
  return passed(`${times.length} calls, 99 % within ${p99.toFixed(p99 < 10 ? 1 : 0)} ms`);
}

const attempts = 300;

/** Asks about one key until a limiter must have had enough. */
async function deniesWithoutError(session: PolarisSession): Promise<ProbeOutcome> {
  for (const contract of session.contractsInUse) {
    const question = { type: QuestionType.api, key: 'GET:/naming/v1/plugfest' };
    const until = performance.now() + patienceMs;
    for (let count = 0; count < attempts && performance.now() < until; count += 1) {
      const result = await session.ask(contract, question);
      if (result.status === Status.OK) continue;
      const how = describeCall(result);
      if (count === 0) throw new Blocked('POL-SVC-003', `${showQuestion(question)}: ${how}`);
      return failed({
        expected: 'OK with allow = false once the limit is reached',
        observed: `call ${count + 1} about one key: ${how}`,
        evidence: session.evidence(2),
        hostSays: `[Pluggable] fail to request plugin server, get error: ${how}`,
        cause: {
          class: 'error-for-an-answer',
          variant: 'limit',
          title: `After ${count} calls the limit is told by an error, ${statusName(result.status)}: the server logs each denial as a failure of the plugin`,
          fix: 'Return a response with allow = false instead of an error.',
        },
      });
    }
  }
  return passed();
}

/** What load does to a call; other errors are about the question. */
const isOverloaded = (result: CallResult): boolean =>
  isLate(result) ||
  result.status === undefined ||
  result.status === Status.RESOURCE_EXHAUSTED ||
  result.status === Status.UNAVAILABLE;

const atOnce = 200;
const leastStreams = 100;

async function servesManyAtOnce(session: PolarisSession): Promise<ProbeOutcome> {
  for (const contract of session.contractsInUse) {
    const connection = await session.connect();
    const most = (await connection.settings)?.maxConcurrentStreams;
    if (most !== undefined && most < leastStreams) {
      connection.close();
      return failed({
        expected: `room for ${leastStreams} streams at once`,
        observed: `SETTINGS_MAX_CONCURRENT_STREAMS is ${most}`,
        evidence: session.evidence(2),
        cause: {
          class: 'too-few-streams',
          title: `The plugin allows ${most} streams at once: further requests of the server wait, and are denied after 1 s`,
          fix: 'Leave MAX_CONCURRENT_STREAMS at its default, or set it to 100 or more.',
        },
      });
    }
    const limitMs = Math.max(session.deadlines.callMs, 1000);
    const calls = Array.from({ length: atOnce }, (_, index) => {
      const question = { type: index % 4, key: `key-${index}` };
      return connection.unary(contract.call, contract.ask(question), { limitMs });
    });
    const results = await Promise.all(calls);
    connection.close();
    const overloaded = results.filter(isOverloaded);
    const [bad] = overloaded;
    const other = results.find(({ status }) => status !== Status.OK);
    if (!bad && other) throw new Blocked('POL-SVC-003', describeCall(other));
    if (!bad) continue;
    return failed({
      expected: `${atOnce} calls at once on one connection, each answered within ${limitMs} ms`,
      observed: `${overloaded.length} of them: ${describeCall(bad)}`,
      evidence: session.evidence(2),
      ...(overloaded.some(isLate) && { timing: true }),
    });
  }
  return passed();
}

/** How many descriptors the process holds; `undefined` where the system does not tell. */
function descriptorsOf({ plugin }: PolarisSession): number | undefined {
  try {
    return readdirSync(`/proc/${plugin.pid}/fd`).length;
  } catch {
    return undefined;
  }
}

const batches = 4;
const perBatch = 50;
const tolerated = 50;

/** Cuts calls off in their middle: their first part has arrived for certain, their end never does. */
async function cancelMany(session: PolarisSession, contract: Contract, bytes: Uint8Array): Promise<void> {
  const connection = await session.connect();
  for (let batch = 0; batch < batches; batch += 1) {
    const calls = Array.from({ length: perBatch }, () => connection.call(contract.call));
    for (const call of calls) call.send(bytes);
    await connection.ping(session.deadlines.dialMs);
    for (const call of calls) call.cancel();
    await connection.ping(session.deadlines.dialMs);
  }
  connection.close();
}

async function bearsCancellation(session: PolarisSession): Promise<ProbeOutcome> {
  const { contract } = session;
  const question = { type: QuestionType.ip, key: '192.0.2.7' };
  await session.ask(contract, question);
  const before = descriptorsOf(session);
  await cancelMany(session, contract, contract.ask(question));
  await session.ask(contract, question);
  const connection = await session.connect();
  await session.ask(contract, question, { connection });
  connection.close();
  const after = descriptorsOf(session);
  if (before === undefined || after === undefined || after <= before + tolerated) return passed();
  return failed({
    expected: 'no descriptors are kept for calls that were cancelled',
    observed: `${before} descriptors before, ${after} after ${batches * perBatch} cancelled calls`,
    evidence: session.evidence(2),
  });
}

export const loadProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-SVC-005', { launch: 'plain', smoke: true, settles: ['POL-SVC-003'] }, answersInTime),
  probe('POL-SVC-006', { launch: 'plain' }, deniesWithoutError),
  probe('POL-SVC-007', { launch: 'plain' }, servesManyAtOnce),
  probe('POL-SVC-008', { launch: 'plain' }, bearsCancellation),
];
