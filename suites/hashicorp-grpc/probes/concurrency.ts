/** Area CC: many calls at once, streams that stay open, and what all that costs the plugin. */
import { readdirSync, readFileSync } from 'node:fs';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { PluginExited } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { assertAlive, eventually } from '../../../src/run/within.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import { assertHealth } from '../health-check.ts';
import { healthCheck, healthStatus, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

const servesThree = (session: GrpcSession): ProbeOutcome => {
  void session.main;
  return passed();
};

async function servesMany(session: GrpcSession): Promise<ProbeOutcome> {
  await assertHealth(session);
  const { connection } = session.main;
  const count = 50;
  const calls = await Promise.all(
    Array.from({ length: count }, () =>
      connection.unary(methods.check, healthCheck, { limitMs: session.deadlines.callMs }),
    ),
  );
  const bad = calls.filter(
    ({ status, messages }) => status !== Status.OK || healthStatus(messages[0]?.bytes) === undefined,
  );
  const [first] = bad;
  if (!first || bad.every(({ status }) => status === Status.NOT_FOUND)) return passed();
  await assertAlive(session.plugin);
  session.note(first, session.transcript.now());
  return failed({
    expected: `${count} good answers to ${count} calls at once`,
    observed: `${bad.length} failed, the first with ${describeCall(first)}`,
    evidence: session.evidence(1),
    timing: first.end === 'cancelled',
  });
}

/** The two permanent streams, left alone: they are what a server's time limits cut off. */
async function keepsStreams(session: GrpcSession): Promise<ProbeOutcome> {
  const { stdio, broker } = session.main;
  // By the time a call is answered, a stream that nobody serves has ended.
  await assertHealth(session);
  const open = [stdio, broker].filter((call) => call?.isOpen);
  if (open.length === 0) return skipped('the plugin offers neither the stdio nor the broker stream');
  const { idleMs } = session.deadlines;
  await eventually(() => session.plugin.exited !== undefined || open.some((call) => call?.isOpen === false), {
    limitMs: idleMs,
    everyMs: 100,
  });
  if (session.plugin.exited) throw new PluginExited(session.plugin.exited);
  const ended = open.find((call) => call?.isOpen === false);
  if (!ended) return passed();
  const result = await ended.result;
  if (result.status === Status.UNIMPLEMENTED) return skipped(`${result.path} is not offered`);
  return failed({
    expected: `silent streams stay open for ${idleMs / 1000} s`,
    observed: `${result.path} ended after ${(result.durationMs / 1000).toFixed(1)} s: ${describeCall(result)}`,
    evidence: session.evidence(),
    cause: {
      class: 'closes-idle-connection',
      variant: 'stream',
      title: `The plugin cuts off silent streams: ${result.path} ended after ${(result.durationMs / 1000).toFixed(1)} s`,
    },
  });
}

interface Usage {
  readonly bytes: number;
  readonly descriptors: number;
}

function usageOf(pid: number): Usage | undefined {
  try {
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return { bytes: Number(resident ?? 0) * 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

const mega = 1024 * 1024;

async function staysBounded(session: GrpcSession): Promise<ProbeOutcome> {
  await assertHealth(session);
  const pid = session.plugin.pid;
  if (!usageOf(pid)) return skipped('this system does not tell how much a process uses');
  const work = async (): Promise<Usage> => {
    const { connection } = session.main;
    const limitMs = session.deadlines.callMs;
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 25 }, () => connection.unary(methods.check, healthCheck, { limitMs })));
      (await session.connect()).close();
    }
    await eventually(() => false, { limitMs: 50 });
    return usageOf(pid) ?? { bytes: 0, descriptors: 0 };
  };
  const [first, second, third] = [await work(), await work(), await work()];
  const grownFiles = third.descriptors - first.descriptors;
  const grownBytes = third.bytes - second.bytes;
  // A leak grows by every connection; what a runtime keeps for itself does not.
  const leaksFiles = grownFiles >= 30 && third.descriptors > second.descriptors;
  const leaksMemory = grownBytes > 24 * mega && second.bytes - first.bytes > 24 * mega;
  if (!leaksFiles && !leaksMemory) return passed();
  const observed = leaksFiles
    ? `${first.descriptors}, ${second.descriptors}, ${third.descriptors} open files after 500, 1000 and 1500 calls`
    : `${[first, second, third].map(({ bytes }) => `${Math.round(bytes / mega)} MiB`).join(', ')} after 500, 1000 and 1500 calls`;
  return failed({
    expected: 'memory and open files that do not grow with every call',
    observed,
    evidence: session.evidence(1),
  });
}

export const concurrencyProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-CC-001', { launch: 'plain' }, servesThree),
  probe('GRPC-CC-002', { launch: 'plain' }, servesMany),
  probe('GRPC-CC-003', { launch: 'plain', isolated: true, soak: true }, keepsStreams),
  probe('GRPC-CC-004', { launch: 'plain', isolated: true }, staysBounded),
];
