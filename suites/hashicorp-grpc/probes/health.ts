/** Area HL: the health service, which the host asks for `plugin`. */
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import { Status, statusName } from '../../../src/wire/grpc-status.ts';
import { healthCheck, healthRequest, healthService, healthStatus, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

interface Health {
  readonly status: number;
  readonly message: string;
  readonly serving: string | undefined;
}

async function check(session: GrpcSession, service: string): Promise<Health> {
  const result = await session.answered(methods.check, healthRequest(service));
  return { status: result.status, message: result.message, serving: healthStatus(result.messages[0]?.bytes) };
}

const show = ({ status, message, serving }: Health): string =>
  status === Status.OK
    ? (serving ?? 'OK with an unreadable answer')
    : `${statusName(status)}${message === '' ? '' : ` (${message})`}`;

/** @throws Blocked when there is no health service at all */
async function checkPlugin(session: GrpcSession): Promise<Health> {
  const health = await check(session, healthService);
  if (health.status === Status.UNIMPLEMENTED) throw new Blocked('GRPC-HL-001', 'there is no health service');
  return health;
}

/** What Check says once the plugin has had time to get ready. */
async function settled(session: GrpcSession): Promise<Health> {
  let health = await checkPlugin(session);
  await eventually(
    async () => {
      if (health.status === Status.OK && health.serving === 'SERVING') return true;
      health = await checkPlugin(session);
      return false;
    },
    { limitMs: session.deadlines.listenMs * 2, everyMs: 50 },
  );
  return health;
}

async function isImplemented(session: GrpcSession): Promise<ProbeOutcome> {
  const health = await check(session, healthService);
  if (health.status !== Status.UNIMPLEMENTED) return passed();
  return failed({
    expected: 'an answer from grpc.health.v1.Health/Check',
    observed: show(health),
    evidence: session.evidence(1),
    cause: {
      class: 'health-not-serving',
      variant: 'missing',
      title: 'There is no health service: hosts that ping take the plugin for dead',
      fix: 'Register the health service of your gRPC library and set `plugin` to SERVING.',
    },
  });
}

async function knowsPlugin(session: GrpcSession): Promise<ProbeOutcome> {
  const health = await settled(session);
  if (health.status === Status.OK) return passed();
  return failed({
    expected: 'OK for the service name `plugin`',
    observed: show(health),
    evidence: session.evidence(1),
    cause: {
      class: 'health-not-serving',
      variant: 'unknown-name',
      title: `Health does not know \`plugin\` (${statusName(health.status)}): hosts that ping drop the plugin`,
      fix: 'Set the status of the service name `plugin` to SERVING; the name of your own service does not count.',
    },
  });
}

async function isServing(session: GrpcSession): Promise<ProbeOutcome> {
  const health = await settled(session);
  if (health.status !== Status.OK) throw new Blocked('GRPC-HL-002', 'health does not know `plugin`');
  if (health.serving === 'SERVING') return passed();
  return failed({
    expected: 'SERVING',
    observed: show(health),
    evidence: session.evidence(1),
    cause: {
      class: 'health-not-serving',
      variant: 'not-serving',
      title: `Health of \`plugin\` is ${show(health)}, not SERVING: hosts that look at the status drop the plugin`,
      fix: 'Set the status of `plugin` to SERVING before printing the handshake line.',
    },
  });
}

async function servingAtOnce(session: GrpcSession): Promise<ProbeOutcome> {
  const [first] = session.calls;
  const serving = healthStatus(first?.messages[0]?.bytes);
  if (first?.status === Status.OK && serving === 'SERVING') return passed();
  if (first?.status === Status.UNIMPLEMENTED) throw new Blocked('GRPC-HL-001', 'there is no health service');
  const later = await settled(session);
  if (later.status !== Status.OK) throw new Blocked('GRPC-HL-002', 'health does not know `plugin`');
  if (later.serving !== 'SERVING') throw new Blocked('GRPC-HL-003', 'the status never becomes SERVING');
  return failed({
    expected: 'SERVING in the first call after the handshake',
    observed: `first ${first ? describeCall(first) : 'nothing'}${serving === undefined ? '' : `, ${serving}`}; SERVING later`,
    evidence: session.transcript
      .entries()
      .filter(({ source }) => source === 'call')
      .slice(0, 2),
    cause: {
      class: 'health-not-serving',
      variant: 'late',
      title: 'Health becomes SERVING only some time after the handshake: an early ping fails',
      fix: 'Set the status before printing the handshake line.',
    },
  });
}

async function answersUnderLoad(session: GrpcSession): Promise<ProbeOutcome> {
  const { callMs } = session.deadlines;
  const calls = await Promise.all(Array.from({ length: 20 }, () => session.call(methods.check, healthCheck)));
  if (calls.some(({ end, status }) => end === 'cancelled' && status === undefined))
    return failed({
      expected: `answers to twenty calls of Check at once within ${callMs} ms`,
      observed: `${calls.filter(({ status }) => status === undefined).length} of them got none`,
      evidence: session.evidence(1),
      timing: true,
      cause: {
        class: 'health-not-serving',
        variant: 'hangs-under-load',
        title: 'Health Check hangs with twenty calls at once: a host that pings then hangs for ever',
        fix: 'Answer Check without waiting for a worker, a lock or other calls.',
      },
    });
  const lost = calls.find(({ status }) => status === undefined);
  if (lost) throw session.lost(`health Check, twenty at once: ${describeCall(lost)}`);
  return passed();
}

async function refusesUnknownNames(session: GrpcSession): Promise<ProbeOutcome> {
  const known = await checkPlugin(session);
  const health = await check(session, 'plugfest.NoSuchService');
  if (health.status === Status.NOT_FOUND) return passed();
  void known;
  return failed({
    expected: 'NOT_FOUND for a name nobody registered',
    observed: show(health),
    evidence: session.evidence(1),
  });
}

async function servesEmptyName(session: GrpcSession): Promise<ProbeOutcome> {
  await checkPlugin(session);
  const health = await check(session, '');
  if (health.status === Status.OK && health.serving === 'SERVING') return passed();
  return failed({ expected: 'SERVING for the empty name', observed: show(health), evidence: session.evidence(1) });
}

async function watches(session: GrpcSession): Promise<ProbeOutcome> {
  await checkPlugin(session);
  const call = session.main.connection.call(methods.watch);
  call.send(healthCheck);
  call.finish();
  const isDone = () => call.messages.length > 0 || !call.isOpen;
  await eventually(isDone, { limitMs: session.deadlines.callMs });
  const count = call.messages.length;
  call.cancel();
  const result = await call.result;
  if (count > 0) return passed();
  return failed({
    expected: 'a first status from Watch',
    observed: describeCall(result),
    evidence: session.evidence(1),
  });
}

export const healthProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-HL-001', { launch: 'plain', smoke: true }, isImplemented),
  probe('GRPC-HL-002', { launch: 'plain', smoke: true }, knowsPlugin),
  probe('GRPC-HL-003', { launch: 'plain', smoke: true }, isServing),
  probe('GRPC-HL-004', { launch: 'plain' }, answersUnderLoad),
  probe('GRPC-HL-005', { launch: 'plain' }, refusesUnknownNames),
  probe('GRPC-HL-006', { launch: 'plain' }, servesEmptyName),
  probe('GRPC-HL-007', { launch: 'plain' }, watches),
  probe('GRPC-HL-008', { launch: 'plain' }, servingAtOnce),
];
