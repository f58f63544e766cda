/** Area TR: HTTP/2 as the host speaks it. What keeps every call from working was found when the host connected. */

import { dirname } from 'node:path';
import { listenersOf } from '../../../src/launch/process-table.ts';
import { settlesWithin } from '../../../src/launch/settles-within.ts';
import { type Cause, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked, DeadlinePassed } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { assertAlive } from '../../../src/run/within.ts';
import { connectSocket } from '../../../src/wire/address.ts';
import { isCompleteGrpc } from '../../../src/wire/complete-grpc.ts';
import { describeCall, describeGoaway } from '../../../src/wire/describe-call.ts';
import type { CallResult } from '../../../src/wire/grpc-call.ts';
import { statusName } from '../../../src/wire/grpc-status.ts';
import { compressedCause, incompleteCause, isUncompressed } from '../call-faults.ts';
import { tooFewStreams } from '../not-http2.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';
import { modeOf, openToOthers } from '../socket-file.ts';
import { wentAway } from '../went-away.ts';

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
  // A connection beside the host's own is no reason to end that.
  if (session.openMain) await session.answered(methods.check, healthCheck);
  if (session.openMain) return passed();
  return failed({
    expected: "the host's own connection stays open beside a new one",
    observed: 'it was closed when another one came',
    evidence: session.evidence(),
  });
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
  try {
    const fresh = await session.connect();
    await session.answered(methods.check, healthCheck, { connection: fresh });
    fresh.close();
    await session.answered(methods.check, healthCheck);
    return passed();
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    return failed({
      expected: 'answers after connections that brought nothing or garbage',
      observed: error.message,
      evidence: session.evidence(),
      timing: true,
      cause: {
        class: 'crash-in-call',
        variant: 'hang-after-call',
        title: 'The plugin stops answering after a connection that brought nothing or garbage',
      },
    });
  }
}

interface CallRule {
  readonly isRight: (call: CallResult) => boolean;
  readonly expected: string;
  readonly causeOf: (wrong: CallResult) => Cause;
}

/** What every call of the session came to; judged when it is over. */
function everyCall(session: GrpcSession, { isRight, expected, causeOf }: CallRule): ProbeOutcome {
  session.assertConnected();
  const answered = session.calls.filter(
    ({ end, httpStatus }) => end !== 'cancelled' && !(end === 'lost' && httpStatus === undefined),
  );
  const wrong = answered.find((call) => !isRight(call));
  if (!wrong) return passed();
  return failed({
    expected,
    observed: `${wrong.path}: ${describeCall(wrong)}, headers ${JSON.stringify(wrong.headers).slice(0, 300)}`,
    evidence: session.evidence(),
    cause: causeOf(wrong),
  });
}

const allowsStreams = (session: GrpcSession): ProbeOutcome => {
  const { maxStreams } = session.main.connection;
  return maxStreams === undefined || maxStreams > 3 ? passed() : tooFewStreams(session, maxStreams);
};

/** A host's library pings with data and between calls; a quiet connection is never pinged. */
async function answersPings(session: GrpcSession): Promise<ProbeOutcome> {
  const { connection } = session.main;
  const { callMs } = session.deadlines;
  for (let round = 1; round <= 12; round += 1) {
    const answer = connection.unary(methods.check, healthCheck, { limitMs: callMs });
    const [took, call] = await Promise.all([connection.ping(callMs), answer]);
    session.note(call, session.transcript.now() - call.durationMs);
    const complaint = connection.goaway?.code ? describeGoaway(connection) : undefined;
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
    if (took !== undefined && call.status !== undefined) continue;
    await assertAlive(session.plugin);
    if (took === undefined) return pingFault(session, connection.isClosed);
    throw session.lost(`health Check beside a PING: ${describeCall(call)}`);
  }
  return passed();
}

const pingFault = (session: GrpcSession, isClosed: boolean): ProbeOutcome =>
  failed({
    expected: 'an answer to PING, with the bytes that were sent',
    observed: isClosed ? 'the plugin closed the connection' : `none within ${session.deadlines.callMs} ms`,
    evidence: session.evidence(),
    timing: !isClosed,
    cause: {
      class: isClosed ? 'punishes-pings' : 'ignores-pings',
      title: isClosed
        ? 'The plugin closes the connection at a PING: a grpc-go host loses the session in the middle of its calls'
        : 'The plugin does not answer PING: a host with keepalive takes it for dead',
      fix: 'Leave PING frames to a gRPC or HTTP/2 library.',
    },
  });

/** Not a proof, which takes minutes, but a plugin that ends connections in the middle of things shows at once. */
const neverWentAway = (session: GrpcSession): ProbeOutcome =>
  session.wentAway === undefined
    ? skipped('needs a wait of more than 5 s to prove anything: run with --soak')
    : wentAway(session, session.wentAway);

async function staysOpen(session: GrpcSession): Promise<ProbeOutcome> {
  const { connection } = session.main;
  const { idleMs } = session.deadlines;
  const ended = await settlesWithin(Promise.race([connection.closed, session.plugin.whenExited]), idleMs);
  const complaint = connection.goaway && describeGoaway(connection);
  const status = ended ? undefined : (await session.call(methods.check, healthCheck)).status;
  if (!ended && status !== undefined && connection.goaway === undefined) return passed();
  const observed = complaint ?? (status === undefined ? 'the connection was closed' : statusName(status));
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
    everyCall(session, {
      isRight: isUncompressed,
      expected: 'answers that are not compressed',
      causeOf: compressedCause,
    }),
  ),

  probe('GRPC-TR-010', { launch: 'plain', smoke: true }, allowsStreams),

  probe('GRPC-TR-011', { launch: 'plain', isolated: true }, survivesGarbage),

  probe('GRPC-TR-012', { launches: ['plain'], smoke: true, settles: ['GRPC-TR-007'] }, (session: GrpcSession) => ({
    'GRPC-TR-012': everyCall(session, {
      isRight: isCompleteGrpc,
      expected: 'HTTP 200, content-type application/grpc and trailers with grpc-status',
      causeOf: incompleteCause,
    }),
    'GRPC-TR-007': neverWentAway(session),
  })),

  probe('GRPC-TR-013', { launch: 'plain', isolated: true }, answersPings),
];
