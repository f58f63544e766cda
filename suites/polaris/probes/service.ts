/** Area SVC, first half: what the server asks, and what it makes of the answer. */
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import type { CallResult } from '../../../src/wire/grpc-call.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import type { Contract, Reading } from '../contract.ts';
import { unreadable } from '../fault.ts';
import { all, QuestionType, showQuestion } from '../questions.ts';
import type { PolarisSession } from '../session.ts';
import { showBytes } from '../show-bytes.ts';

/** How the server reads an answer with status OK. */
export const readingOf = (contract: Contract, result: CallResult): Reading => {
  const [first] = result.messages;
  const flaw = unreadable(result);
  if (flaw !== undefined) return { fault: flaw, breaks: 'POL-SVC-001' };
  return first ? contract.read(first.bytes) : { fault: 'OK without a message', breaks: 'POL-SVC-001' };
};

/** `08 01 12 06 47 45 54 3a 2f 78`: type 1, key `GET:/x`. */
const golden = Buffer.from('080112064745543a2f78', 'hex');

/** The bytes of the contract, as the server of generation P3 sends them. */
async function keepsContract(session: PolarisSession): Promise<ProbeOutcome> {
  void session.main;
  const contract = session.contracts.find(({ generation }) => generation === 'P3');
  if (!contract) return skipped('the plugin is of generation P2');
  const result = await session.answered(contract.call, golden, { metadata: { 'grpc-timeout': '5S' } });
  const evidence = session.evidence(2);
  const expected = `OK with \`08 01\` or no bytes to \`${showBytes(golden)}\``;
  if (result.status === Status.UNIMPLEMENTED)
    return failed({
      expected,
      observed: describeCall(result),
      evidence,
      cause: {
        class: 'wrong-contract',
        variant: 'no-allow',
        title: `${contract.call} is not implemented, although reflection lists the service: every request is denied`,
        fix: 'Implement Allow of rate_limit.proto (SDK v0.0.1); the older Call with an Any is not asked for any more.',
      },
    });
  if (result.status !== Status.OK) return refusal(session, contract, result, showQuestion({ type: 1, key: 'GET:/x' }));
  const reading = readingOf(contract, result);
  if ('allow' in reading) return passed();
  return failed({
    expected,
    observed: reading.fault,
    evidence,
    cause: {
      class: 'wrong-contract',
      title: `Allow answers with ${reading.fault}: the server reads that as a denial of every request`,
      fix: 'Compile rate_limit.proto of the SDK v0.0.1 without changes: `allow` is field 1, a bool.',
    },
  });
}

function refusal(session: PolarisSession, contract: Contract, result: CallResult, what: string): ProbeOutcome {
  const how = describeCall(result);
  return failed({
    expected: `OK for ${what}, whichever way the plugin decides`,
    observed: how,
    evidence: session.evidence(2),
    hostSays: `[Pluggable] fail to request plugin server, get error: ${how}`,
    cause: {
      class: 'error-for-an-answer',
      title: `${contract.call} fails for ${what} with ${how}: the server denies such requests`,
      fix: 'Answer what you do not limit with allow = true.',
    },
  });
}

const pairs = 6;

/** Field 1 written out although it is zero, which proto3 would leave out. */
const withZero = (key: string): Uint8Array =>
  Buffer.concat([Buffer.from([0x08, 0x00, 0x12, Buffer.byteLength(key)]), Buffer.from(key)]);

/**
 * The same question with and without its zero, for fresh keys and in both orders: limiters that count may answer the
 * second differently, but not always the one that lacks the field.
 */
async function treatsMissingAsIp(session: PolarisSession): Promise<ProbeOutcome> {
  for (const contract of session.contractsInUse) {
    const differences: number[] = [];
    for (let index = 0; index < pairs; index += 1) {
      const key = `198.51.100.${index + 1}`;
      const answers = new Map<'absent' | 'zero', CallResult>();
      for (const form of index % 2 === 0 ? (['absent', 'zero'] as const) : (['zero', 'absent'] as const)) {
        const bytes = form === 'absent' ? contract.ask({ type: 0, key }) : contract.pack(withZero(key));
        answers.set(form, await session.askRaw(contract, bytes));
      }
      const [absent, zero] = [answers.get('absent'), answers.get('zero')];
      if (!absent || !zero) throw new Error('both forms were asked');
      if (absent.status !== Status.OK)
        return refusal(session, contract, absent, 'a question without `type`, which means an IP address');
      if (zero.status !== Status.OK)
        throw new Blocked('POL-SVC-003', 'a question about an IP address ends with an error');
      const [one, other] = [readingOf(contract, absent), readingOf(contract, zero)];
      if ('allow' in one && 'allow' in other) differences.push(Number(one.allow) - Number(other.allow));
    }
    const [first = 0] = differences;
    if (first === 0 || differences.some((difference) => difference !== first)) continue;
    return failed({
      expected: 'the same decision with `type` missing and with `type` = 0',
      observed: `always ${first < 0 ? 'denied' : 'allowed'} without it, and always ${first < 0 ? 'allowed' : 'denied'} with the zero`,
      evidence: session.evidence(4),
      cause: {
        class: 'wrong-contract',
        variant: 'missing-type',
        title: 'A question without `type` is decided differently from one about an IP address, which is what it is',
        fix: 'Read the field with the default of proto3: not set means IPRatelimit (0).',
      },
    });
  }
  return passed();
}

async function answersAll(session: PolarisSession): Promise<ProbeOutcome> {
  for (const contract of session.contractsInUse) {
    for (const question of all) {
      const result = await session.ask(contract, question);
      if (result.status !== Status.OK) return refusal(session, contract, result, showQuestion(question));
    }
  }
  return passed();
}

/** Field 15, a varint that nobody knows. */
const unknownField = Buffer.from([0x78, 0x07]);
const unknownType = 99;

async function toleratesUnknown(session: PolarisSession): Promise<ProbeOutcome> {
  for (const contract of session.contractsInUse) {
    const known = contract.plain({ type: QuestionType.ip, key: '192.0.2.7' });
    const result = await session.askRaw(contract, contract.pack(Buffer.concat([known, unknownField])));
    const plain = await session.ask(contract, { type: QuestionType.ip, key: '192.0.2.7' });
    if (plain.status !== Status.OK) throw new Blocked('POL-SVC-003', describeCall(plain));
    if (result.status !== Status.OK)
      return refusal(session, contract, result, 'a question with a field that nobody knows');
    // Whether an unknown type is allowed, denied or refused is the plugin's own affair.
    await session.ask(contract, { type: unknownType, key: '192.0.2.7' });
    await session.ask(contract, { type: QuestionType.ip, key: '192.0.2.7' });
  }
  return passed();
}

async function needsNoMetadata(session: PolarisSession): Promise<ProbeOutcome> {
  if (session.broken?.by === 'POL-SVC-009') return session.broken.outcome;
  for (const contract of session.contractsInUse) {
    const ping = session.pings.get(contract);
    const bare = await session.call(contract.call, contract.ask({ type: QuestionType.ip, key: '192.0.2.7' }));
    const isRefused = ping?.status === Status.UNAUTHENTICATED || bare.status === Status.UNAUTHENTICATED;
    const withDeadline =
      bare.status === Status.OK || isRefused ? bare : await session.ask(contract, all[0] ?? { type: 0, key: '' });
    if (!isRefused && (bare.status === Status.OK || withDeadline.status !== Status.OK)) continue;
    const refused = ping?.status === Status.UNAUTHENTICATED ? ping : bare;
    return failed({
      expected: 'an answer to a call with the standard headers only',
      observed: `${refused.path}: ${describeCall(refused)}`,
      evidence: session.evidence(3),
      cause: {
        class: 'demands-metadata',
        title: `The plugin demands metadata that no server sends: ${describeCall(refused)}`,
        fix: 'Answer calls that carry only the standard headers; the permissions of the socket protect the plugin.',
      },
    });
  }
  return passed();
}

async function refusesUnknownMethods(session: PolarisSession): Promise<ProbeOutcome> {
  for (const contract of session.contractsInUse) {
    const connection = await session.connect();
    const path = `/${contract.service.typeName}/Nope`;
    const result = await session.call(path, new Uint8Array(), { connection });
    const after = await session.call(contract.call, contract.ask({ type: 0, key: '192.0.2.7' }), { connection });
    const evidence = session.evidence(2);
    connection.close();
    const isUsable = after.status !== undefined || after.end === 'cancelled';
    if (result.status === Status.UNIMPLEMENTED && isUsable) continue;
    const observed =
      result.status === Status.UNIMPLEMENTED
        ? `${contract.call} on the same connection: ${describeCall(after)}`
        : `${path}: ${describeCall(result)}`;
    return failed({ expected: `UNIMPLEMENTED from ${path}, and a connection that stays usable`, observed, evidence });
  }
  return passed();
}

export const serviceProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-SVC-001', { launch: 'plain', smoke: true }, keepsContract),
  probe('POL-SVC-002', { launch: 'plain' }, treatsMissingAsIp),
  probe('POL-SVC-003', { launch: 'plain', smoke: true }, answersAll),
  probe('POL-SVC-004', { launch: 'plain' }, toleratesUnknown),
  probe('POL-SVC-009', { launch: 'plain', smoke: true }, needsNoMetadata),
  probe('POL-SVC-010', { launch: 'plain' }, refusesUnknownMethods),
];
