/** Probes of a `Ping` that many plugins share: a unary method whose messages need no content. */

import { type DescMethod, fromBinary } from '@bufbuild/protobuf';
import { failed, type ProbeOutcome, passed } from '../run/outcome.ts';
import { errorText } from '../wire/error-text.ts';
import type { CallResult } from '../wire/grpc-call.ts';
import { Status, statusName } from '../wire/grpc-status.ts';
import { padded } from './any-payload.ts';
import type { Answered, CallSession } from './call-session.ts';
import { pathOf } from './method-name.ts';

const empty = new Uint8Array();

/** What is wrong with an answer to Ping, if anything. */
function faultOf({ output }: DescMethod, { status, message, messages }: CallResult): string | undefined {
  if (status !== Status.OK)
    return `${status === undefined ? 'no status' : statusName(status)}${message === '' ? '' : ` (${message})`}`;
  const [first] = messages;
  if (!first) return 'OK without a response';
  try {
    fromBinary(output, first.bytes);
    return undefined;
  } catch (error) {
    return `a response that is no ${output.typeName}: ${errorText(error)}`;
  }
}

const judge = (session: CallSession, method: DescMethod, result: Answered, expected: string): ProbeOutcome => {
  const fault = faultOf(method, result);
  return fault === undefined ? passed() : failed({ expected, observed: fault, evidence: session.evidence(1) });
};

/** Ping as the very first call of a fresh connection. @throws PluginFact */
export async function pingsFirst(session: CallSession, method: DescMethod): Promise<ProbeOutcome> {
  const connection = await session.connect();
  try {
    const result = await session.answered(pathOf(method), empty, { connection });
    return judge(session, method, result, `OK and a ${method.output.typeName} from ${pathOf(method)}`);
  } finally {
    connection.close();
  }
}

/** Ping within its deadline, and with a field that nobody knows. @throws PluginFact */
export async function pingsInTime(session: CallSession, method: DescMethod, limitMs: number): Promise<ProbeOutcome> {
  const plain = judge(session, method, await session.answered(pathOf(method), empty, { limitMs }), 'OK from Ping');
  if (plain.outcome !== 'passed') return plain;
  const extended = await session.answered(pathOf(method), padded(empty, 8), { limitMs });
  return judge(session, method, extended, 'OK from Ping although the request has an unknown field');
}

const repeats = 100;

/** Ping again and again, one by one and all at once, with other calls between. @throws PluginFact */
export async function pingsOften(
  session: CallSession,
  method: DescMethod,
  between: () => Promise<unknown>,
): Promise<ProbeOutcome> {
  const expected = `OK from each of ${repeats} calls of Ping`;
  for (let count = 0; count < repeats; count += 1) {
    if (count % 25 === 24) await between();
    const one = judge(session, method, await session.answered(pathOf(method), empty), `${expected} in a row`);
    if (one.outcome === 'failed') return one;
  }
  const calls = Array.from({ length: repeats }, () => session.answered(pathOf(method), empty));
  const [, ...all] = await Promise.all([between(), ...calls]);
  const judged = all.map((result) => judge(session, method, result, `${expected} at once`));
  return judged.find(({ outcome }) => outcome === 'failed') ?? passed();
}
