/** The host's first call: what it says of a plugin that is reached and does not answer it as it should. */

import { type Cause, type Failed, failed } from '../../src/run/outcome.ts';
import { ConnectionClosed, DeadlinePassed } from '../../src/run/plugin-fact.ts';
import { assertAlive } from '../../src/run/within.ts';
import { isCompleteGrpc } from '../../src/wire/complete-grpc.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import type { CallResult } from '../../src/wire/grpc-call.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import { compressedCause, incompleteCause, isUncompressed } from './call-faults.ts';
import type { Breaks } from './reach-socket.ts';
import { healthCheck, methods } from './services.ts';
import type { GrpcSession } from './session.ts';
import { wentAway } from './went-away.ts';

/** The first call with both streams open, exactly as after a real host's start. */
export async function firstCall(session: GrpcSession, connection: GrpcConnection, breaks: Breaks): Promise<void> {
  const startedAt = session.transcript.now();
  const result = await connection.unary(methods.check, healthCheck, {
    limitMs: session.deadlines.callMs,
  });
  session.note(result, startedAt);
  if (result.end === 'lost') await assertAlive(session.plugin);
  const fault = await faultOf(session, result);
  if (fault) breaks(...fault);
}

async function faultOf(session: GrpcSession, result: CallResult): Promise<[string, Failed] | undefined> {
  const fail = (expected: string, cause: Cause, timing = false): Failed =>
    failed({
      expected,
      observed: `health Check: ${describeCall(result)}`,
      evidence: session.evidence(),
      cause,
      timing,
    });
  if (result.end === 'cancelled' && result.status === undefined) return hangs(session, fail);
  const demand = await demandOf(session, result);
  if (demand) return ['GRPC-TR-008', fail('an answer to a call with standard headers only', demand)];
  if (!isUncompressed(result))
    return ['GRPC-TR-009', fail('an answer that is not compressed', compressedCause(result))];
  if (isCompleteGrpc(result)) return undefined;
  if (result.status === undefined && result.malformed === undefined && (await answersOtherAuthority(session))) {
    const title = 'The plugin refuses the `:authority` every Go host sends, `unused`';
    const fix = 'Do not check :authority or the host header.';
    return [
      'GRPC-TR-003',
      fail('an answer to `:authority: unused`', { class: 'broken-grpc', variant: 'authority', title, fix }),
    ];
  }
  if (session.wentAway !== undefined) return ['GRPC-TR-007', wentAway(session, session.wentAway)];
  const expected = 'HTTP 200, content-type application/grpc and trailers with grpc-status';
  return ['GRPC-TR-012', fail(expected, incompleteCause(result))];
}

const fixDemand = 'Answer calls that carry only the standard headers; the socket and AutoMTLS protect the plugin.';

/** Headers that a client of other libraries sends, and no Go host. */
const extraHeaders = { 'grpc-timeout': '30S', 'grpc-accept-encoding': 'identity' } as const;
const wantsHeader = /\b(?:metadata|headers?|token|api.?key|credentials?|x-[\w-]+)\b/i;
const refusals: readonly (number | undefined)[] = [Status.UNIMPLEMENTED, Status.NOT_FOUND, Status.UNAVAILABLE];

/** Whether the first call failed for want of something in its headers. */
async function demandOf(session: GrpcSession, result: CallResult): Promise<Cause | undefined> {
  const { status, httpStatus, message } = result;
  const about = { class: 'demands-metadata', fix: fixDemand } as const;
  const isRefused = status === Status.UNAUTHENTICATED || status === Status.PERMISSION_DENIED;
  if (isRefused || httpStatus === 401 || httpStatus === 403)
    return { ...about, title: `The plugin demands credentials that no host sends: ${describeCall(result)}` };
  if (status === undefined || status === Status.OK || refusals.includes(status)) return undefined;
  for (const [header, value] of Object.entries(extraHeaders)) {
    const options = { metadata: { [header]: value } };
    const again = await session.call(methods.check, healthCheck, options);
    const name = header === 'grpc-timeout' ? 'a deadline (grpc-timeout)' : header;
    if (again.status === Status.OK)
      return { ...about, title: `The plugin demands ${name}, which no host sends: ${describeCall(result)}` };
  }
  if (!wantsHeader.test(message)) return undefined;
  return { ...about, title: `The plugin demands metadata that no host sends: ${describeCall(result)}` };
}

type Fail = (expected: string, cause: Cause, timing?: boolean) => Failed;

/** A first call without an answer: is health to blame, or do the two streams hold the only workers? */
async function hangs(session: GrpcSession, fail: Fail): Promise<[string, Failed]> {
  // A fresh connection, with the two streams gone: only they are different.
  session.openMain?.connection.close();
  const status = await statusOnOther(session);
  if (status !== undefined) {
    const title = "The host's two permanent streams take all workers: every later call hangs";
    const fix = 'Give the server more workers, or serve streams without occupying one each.';
    return [
      'GRPC-CC-001',
      fail('an answer while the stdio and broker streams are open', { class: 'too-few-workers', title, fix }, true),
    ];
  }
  const title = 'Health Check never answers: a host that pings hangs for ever';
  return ['GRPC-HL-004', fail('an answer from Check', { class: 'health-not-serving', variant: 'hangs', title }, true)];
}

/** What Check says on a fresh connection; `undefined` where there is no such connection, or no answer. */
async function statusOnOther(session: GrpcSession): Promise<number | undefined> {
  try {
    const other = await session.connect();
    const limitMs = session.deadlines.callMs;
    const { status } = await other.unary(methods.check, healthCheck, { limitMs });
    other.close();
    return status;
  } catch (error) {
    if (error instanceof DeadlinePassed || error instanceof ConnectionClosed) return undefined;
    throw error;
  }
}

async function answersOtherAuthority(session: GrpcSession): Promise<boolean> {
  const result = await session.connectRaw();
  if (!result.connected) return false;
  // Under TLS the host's name is localhost already: the other one is the plain host's.
  if (session.security) return false;
  const connection = new GrpcConnection(result.socket, { authority: 'localhost', scheme: 'http' });
  const call = await connection.unary(methods.check, healthCheck, {
    limitMs: session.deadlines.callMs,
  });
  connection.close();
  return call.status !== undefined;
}
