/** Area PING: the one Ping by which the server decides whether it starts. */
import { fromBinary } from '@bufbuild/protobuf';
import { pingsFirst, pingsOften } from '../../../src/calls/ping.ts';
import { type Cause, failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import type { CallResult } from '../../../src/wire/grpc-call.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import type { Contract } from '../contract.ts';
import { unreadable } from '../fault.ts';
import type { PolarisSession } from '../session.ts';

const initialise = (contract: Contract, result: CallResult): string =>
  contract.generation === 'P3'
    ? `plugin pluggable-rate-limit ping failed: ${describeCall(result)}`
    : `[Pluggable] failed to ping plugin server: ${describeCall(result)}`;

/** Whether the response is a PongResponse: any message will do, because it has no fields. */
function isPong({ service }: Contract, result: CallResult): boolean {
  const { messages } = result;
  const ping = service.methods.find(({ name }) => name === 'Ping');
  const [first] = messages;
  if (!ping || !first || unreadable(result) !== undefined) return false;
  try {
    fromBinary(ping.output, first.bytes);
    return true;
  } catch {
    return false;
  }
}

/** Which rule the first Ping of the session breaks. */
function ruleOf(contract: Contract, result: CallResult): string | undefined {
  if (result.status === Status.UNAUTHENTICATED) return 'POL-SVC-009';
  if (result.status === Status.UNIMPLEMENTED) return 'POL-PING-001';
  if (result.status === undefined && result.end === 'cancelled') return 'POL-PING-003';
  if (result.status !== Status.OK) return 'POL-PING-002';
  return isPong(contract, result) ? undefined : 'POL-PING-001';
}

const causes: Readonly<Record<string, (contract: Contract, result: CallResult) => Cause>> = {
  'POL-PING-001': ({ ping }, result) => ({
    class: 'ping-failed',
    variant: result.status === Status.UNIMPLEMENTED ? 'missing' : 'no-pong',
    title:
      result.status === Status.UNIMPLEMENTED
        ? `${ping} is not implemented: the server ends with exit status 255`
        : `${ping} ends with OK and ${unreadable(result) ?? 'no PongResponse'}: the server ends with exit status 255`,
    fix: 'Implement Ping on the same service and return an empty PongResponse.',
  }),
  'POL-PING-002': ({ ping }, result) => ({
    class: 'ping-failed',
    title: `${ping} fails with ${describeCall(result)}: the server ends with exit status 255`,
    fix: 'Return OK as soon as the plugin listens; report the state of back ends elsewhere.',
  }),
  'POL-PING-003': ({ ping }) => ({
    class: 'no-answer',
    variant: 'ping',
    title: `${ping} never answers: the server sets no deadline, and its start hangs for ever`,
    fix: 'Do no work in Ping.',
  }),
};

/** Judges the first Ping of each service by one rule. @throws Blocked when another rule is broken */
function judge(session: PolarisSession, id: string): ProbeOutcome {
  void session.main;
  for (const [contract, result] of session.pings) {
    const broken = ruleOf(contract, result);
    if (broken === undefined) continue;
    if (broken !== id) throw new Blocked(broken, `Ping: ${describeCall(result)}`);
    const cause = causes[id]?.(contract, result);
    return failed({
      expected: `OK and an empty PongResponse from ${contract.ping}`,
      observed: describeCall(result),
      evidence: session.evidence(3),
      ...(cause && { cause }),
      ...(id === 'POL-PING-003' ? { timing: true } : { hostSays: initialise(contract, result) }),
    });
  }
  return passed();
}

/** Ping first, often, and with questions between. @throws Blocked where Ping does not work at all */
async function repeats(session: PolarisSession): Promise<ProbeOutcome> {
  judge(session, '');
  for (const contract of session.contracts) {
    const method = contract.service.methods.find(({ name }) => name === 'Ping');
    if (!method) throw new Error(`${contract.service.typeName} has no Ping`);
    const first = await pingsFirst(session, method);
    if (first.outcome === 'failed') return first;
    const ask = () => session.ask(contract, { type: 0, key: '192.0.2.7' });
    const often = await pingsOften(session, method, ask);
    if (often.outcome === 'failed') return often;
  }
  return passed();
}

export const pingProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-PING-001', { launch: 'plain', smoke: true }, (session) => judge(session, 'POL-PING-001')),
  probe('POL-PING-002', { launch: 'plain', smoke: true }, (session) => judge(session, 'POL-PING-002')),
  probe('POL-PING-003', { launch: 'plain', smoke: true }, (session) => judge(session, 'POL-PING-003')),
  probe('POL-PING-004', { launch: 'plain' }, repeats),
];
