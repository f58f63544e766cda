/** Area TR: HTTP/2 as the host speaks it. What keeps every call from working was found when the host connected. */
import { dirname } from 'node:path';
import { listenersOf } from '../../../src/launch/process-table.ts';
import { settlesWithin } from '../../../src/launch/settles-within.ts';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked, DeadlinePassed } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { connectSocket } from '../../../src/wire/address.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import type { GrpcConnection } from '../../../src/wire/grpc-connection.ts';
import { statusName } from '../../../src/wire/grpc-status.ts';
import { isCompleteGrpc, tooFewStreams } from '../reach.ts';
import { healthRequest, healthService, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';
import { modeOf, openToOthers } from '../socket-file.ts';

const healthCheck = healthRequest(healthService);

/** Passes when the host got past the point that the rule is about. */
const reached = (session: GrpcSession): ProbeOutcome => {
  void session.main;
  return passed();
};

async function takesNewConnections(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  for (const attempt of ['a second', 'a third']) {
    const result = await session.connectRaw();
    if (!result.connected) {
      session.transcript.add('connection', `${attempt} connection is refused: ${result.message}`);
      return failed({
        expected: 'one connection after the other',
        observed: `${attempt} connection is refused: ${result.message}`,
        evidence: session.evidence(),
      });
    }
    result.socket.destroy();
    const connection = await session.connect();
    await session.answered(methods.check, healthCheck, { connection });
    connection.close();
  }
  return passed();
}

const isLoopback = (address: string): boolean => /^(?:127\.|\[::1\]|\[::ffff:7f)/.test(address);

function listensOnLoopback(session: GrpcSession): ProbeOutcome {
  void session.main;
  const { address } = session.handshake;
  if (address?.network !== 'tcp') return skipped('the plugin listens on a Unix socket');
  const listeners = listenersOf(session.plugin.processes().map(({ pid }) => pid));
  const open = listeners.filter(
    (one) => one.network === 'tcp' && one.address.endsWith(`:${address.port}`) && !isLoopback(one.address),
  );
  const [first] = open;
  if (listeners.length === 0) return skipped('this system does not tell who listens where');
  if (!first) return passed();
  session.transcript.add('connection', `the plugin listens on ${first.address}`);
  return failed({
    expected: 'a listener on 127.0.0.1 or ::1 only',
    observed: `it listens on ${first.address}`,
    evidence: session.evidence(),
  });
}

function socketIsPrivate(session: GrpcSession): ProbeOutcome {
  void session.main;
  const { address } = session.handshake;
  if (address?.network !== 'unix') return skipped('the plugin listens on TCP');
  if (address.path.startsWith('@'))
    return failed({
      expected: 'a socket with a file mode',
      observed: 'an abstract socket, which has none',
      evidence: session.evidence(),
    });
  const given = [session.plugin.directory, dirname(session.plugin.directory), '/tmp'];
  if (!openToOthers(address.path, given)) return passed();
  return failed({
    expected: 'only the owner, or a group, may connect',
    observed: `mode ${modeOf(session.socketStat)}: every user may`,
    evidence: session.transcript.last(1, 'stdout'),
  });
}

async function survivesGarbage(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  const { address } = session.handshake;
  if (!address) return skipped('there is no address');
  const garbage = [
    Buffer.alloc(0),
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.from(Array.from({ length: 512 }, (_, n) => (n * 37 + 11) & 0xff)),
  ];
  for (const bytes of garbage) {
    const result = await connectSocket(address, session.deadlines.callMs);
    if (!result.connected) throw new Blocked('GRPC-TR-004', `a new connection is refused: ${result.message}`);
    await new Promise<void>((resolve) => {
      result.socket.end(bytes, resolve);
      result.socket.once('close', () => resolve());
    });
    result.socket.destroy();
  }
  const fresh = await session.connect();
  await session.answered(methods.check, healthCheck, { connection: fresh });
  fresh.close();
  await session.answered(methods.check, healthCheck);
  return passed();
}

/** What every call of the session came to; judged when it is over. */
function everyCall(
  session: GrpcSession,
  isRight: (call: GrpcSession['calls'][number]) => boolean,
  expected: string,
): ProbeOutcome {
  void session.main;
  const answered = session.calls.filter(
    ({ end, httpStatus }) => end !== 'cancelled' && !(end === 'lost' && httpStatus === undefined),
  );
  const wrong = answered.find((call) => !isRight(call));
  if (!wrong) return passed();
  return failed({
    expected,
    observed: `${wrong.path}: ${describeCall(wrong)}, headers ${JSON.stringify(wrong.headers).slice(0, 300)}`,
    evidence: session.evidence(),
  });
}

const allowsStreams = (session: GrpcSession): ProbeOutcome => {
  void session.main;
  const maxStreams = session.reach?.maxStreams;
  return maxStreams === undefined || maxStreams > 3 ? passed() : tooFewStreams(session, maxStreams);
};

/** A host's library pings with data and between calls; a quiet connection is never pinged. */
async function answersPings(session: GrpcSession): Promise<ProbeOutcome> {
  const { connection } = session.main;
  const { callMs } = session.deadlines;
  for (let round = 1; round <= 12; round += 1) {
    const [took, call] = await Promise.all([connection.ping(callMs), session.call(methods.check, healthCheck)]);
    const complaint = goawayOf(connection);
    if (complaint !== undefined)
      return failed({
        expected: 'PING frames beside calls are answered',
        observed: `after ${round} of them: ${complaint}`,
        evidence: session.evidence(),
        cause: {
          class: 'punishes-pings',
          title: `The plugin answers PING with ${complaint}: a grpc-go host loses the session in the middle of its calls`,
          fix: 'Relax the keep-alive enforcement of the server: allow pings while calls run.',
        },
      });
    if (took === undefined && !connection.isClosed) throw new DeadlinePassed('the answer to PING', callMs);
    if (call.status === undefined) throw session.lost(`health Check beside a PING: ${describeCall(call)}`);
  }
  return passed();
}

const goawayOf = ({ goaway }: GrpcConnection): string | undefined =>
  goaway && goaway.code !== 0 ? `GOAWAY ${goaway.text === '' ? `code ${goaway.code}` : goaway.text}` : undefined;

async function staysOpen(session: GrpcSession): Promise<ProbeOutcome> {
  const { connection } = session.main;
  const { idleMs } = session.deadlines;
  const ended = await settlesWithin(Promise.race([connection.closed, session.plugin.whenExited]), idleMs);
  const complaint = goawayOf(connection);
  const status = ended ? undefined : (await session.call(methods.check, healthCheck)).status;
  if (!ended && status !== undefined && connection.goaway === undefined) return passed();
  const observed =
    complaint ?? (status === undefined ? 'the connection was closed' : `GOAWAY, then ${statusName(status)}`);
  return failed({
    expected: `a quiet connection stays open for ${idleMs / 1000} s`,
    observed: `${observed} after ${Math.round(session.transcript.now() / 1000)} s`,
    evidence: session.evidence(),
    cause: {
      class: 'closes-idle-connection',
      title: `The plugin closes a quiet connection: ${observed}`,
      fix: 'Set no MAX_CONNECTION_IDLE and no MAX_CONNECTION_AGE: the host opens one connection and keeps it.',
    },
  });
}

export const transportProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-TR-001', { launch: 'plain', smoke: true }, reached),

  probe('GRPC-TR-002', { launch: 'plain', smoke: true }, (session: GrpcSession) => {
    void session.main;
    const ms = Math.round(session.reach?.settingsAfterMs ?? 0);
    return ms > 1000 ? passed(`SETTINGS came after ${ms} ms; a host stalls as long`) : passed();
  }),

  probe('GRPC-TR-003', { launch: 'plain', smoke: true }, reached),

  probe('GRPC-TR-004', { launch: 'plain' }, takesNewConnections),

  probe('GRPC-TR-005', { launch: 'plain' }, listensOnLoopback),

  probe('GRPC-TR-006', { launch: 'plain' }, socketIsPrivate),

  probe('GRPC-TR-007', { launch: 'plain', isolated: true, soak: true }, staysOpen),

  probe('GRPC-TR-008', { launch: 'plain', smoke: true }, reached),

  probe('GRPC-TR-009', { launches: ['plain'], smoke: true }, (session: GrpcSession) =>
    everyCall(
      session,
      ({ messages }) => !messages.some(({ compressed }) => compressed),
      'answers that are not compressed',
    ),
  ),

  probe('GRPC-TR-010', { launch: 'plain', smoke: true }, allowsStreams),

  probe('GRPC-TR-011', { launch: 'plain', isolated: true }, survivesGarbage),

  probe('GRPC-TR-012', { launches: ['plain'], smoke: true }, (session: GrpcSession) =>
    everyCall(session, isCompleteGrpc, 'HTTP 200, content-type application/grpc and trailers with grpc-status'),
  ),

  probe('GRPC-TR-013', { launch: 'plain', isolated: true }, answersPings),
];
