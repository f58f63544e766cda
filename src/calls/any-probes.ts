/** Judges an Any-typed call: what comes back for payloads that are right, foreign, missing, broken, large or many. */

import { failed, type ProbeOutcome, passed } from '../run/outcome.ts';
import { NotOffered } from '../run/plugin-fact.ts';
import { flawOf } from '../wire/complete-grpc.ts';
import { errorText } from '../wire/error-text.ts';
import { Status, statusName } from '../wire/grpc-status.ts';
import { type AnyCall, type AnyExample, showStatus } from './any-call.ts';
import { type AnyValue, decodeAny, padded, prefixOf, typeName, undecodable } from './any-payload.ts';

/** The reply to a payload that is right, or what is wrong with it. */
async function rightReply(call: AnyCall, payload: AnyValue): Promise<AnyValue | string> {
  const answer = await call.send(payload);
  if (answer.status !== Status.OK) return showStatus(answer);
  const flaw = flawOf(answer);
  if (flaw !== undefined) return flaw;
  try {
    return call.replyOf(answer) ?? `OK without \`${call.offered.reply.name}\``;
  } catch (error) {
    return `a response that is no ${call.offered.method.output.typeName}: ${errorText(error)}`;
  }
}

/**
 * A payload that was only guessed proves nothing when it is refused later: the plugin may keep a count or a state.
 * @throws NotOffered
 */
function assertStated({ guessed }: AnyExample, refusal: string): void {
  if (guessed)
    throw new NotOffered(
      `the payload that was guessed is taken no more (${refusal}): give one under \`any.examples\` in the profile`,
    );
}

/** The payload of the expected type gets a reply whose value decodes by its type URL. @throws PluginFact */
export async function answersRightType(call: AnyCall): Promise<ProbeOutcome> {
  const { payload } = call.example;
  const reply = await rightReply(call, payload);
  if (typeof reply === 'string') assertStated(call.example, reply);
  const wrong = (observed: string): ProbeOutcome =>
    failed({
      expected: `a reply to a payload of type ${payload.typeUrl}`,
      observed,
      evidence: call.session.evidence(1),
    });
  if (typeof reply === 'string') return wrong(reply);
  const type = call.registry.getMessage(typeName(reply.typeUrl));
  if (!type) {
    return call.example.replyUrl === undefined || call.example.replyUrl === reply.typeUrl
      ? passed(`the reply is of type ${reply.typeUrl}, which nobody describes`)
      : wrong(`a reply of type "${reply.typeUrl}", which nobody describes`);
  }
  try {
    decodeAny(reply, type, call.registry);
  } catch (error) {
    return wrong(`a reply that is no ${type.typeName}: ${errorText(error)}`);
  }
  const { reply: stated } = call.example;
  if (!stated || call.meaningOf(stated) === call.meaningOf(reply)) return passed();
  return wrong(`${call.meaningOf(reply)}, where the profile states ${call.meaningOf(stated)}`);
}

/** What rests on an ordinary call and gets none: blocked where the payload was stated. @throws NotOffered */
function unproved(call: AnyCall, refusal: string): undefined {
  assertStated(call.example, refusal);
  return undefined;
}

/** The type URL of the reply, letter by letter. @throws PluginFact */
export async function namesReplyType(call: AnyCall): Promise<ProbeOutcome | undefined> {
  const { payload, replyUrl } = call.example;
  const reply = await rightReply(call, payload);
  if (typeof reply === 'string') return unproved(call, reply);
  const prefix = prefixOf(payload.typeUrl);
  const isRight =
    replyUrl === undefined
      ? prefixOf(reply.typeUrl) === prefix && typeName(reply.typeUrl) !== ''
      : reply.typeUrl === replyUrl;
  if (isRight) return passed();
  return failed({
    expected: `the type URL "${replyUrl ?? `${prefix}…`}"`,
    observed: `"${reply.typeUrl}"`,
    evidence: call.session.evidence(1),
  });
}

export const foreignUrl = 'type.googleapis.com/plugfest.NoSuchType';

/** Foreign payload types are refused with a status that names them. @throws PluginFact */
export async function refusesForeign(call: AnyCall): Promise<ProbeOutcome> {
  const [example] = call.examples;
  const value = example?.payload.value ?? new Uint8Array();
  const trials = [
    { what: 'another type', typeUrl: foreignUrl },
    ...(example ? [{ what: 'another prefix', typeUrl: `plugfest.example/${typeName(example.payload.typeUrl)}` }] : []),
    { what: 'an empty type URL', typeUrl: '' },
  ];
  for (const { what, typeUrl } of trials) {
    const answer = await call.send({ typeUrl, value });
    if (answer.status !== Status.OK && answer.message.includes(typeUrl)) continue;
    const lack = answer.status === Status.OK ? '' : `, which does not name "${typeUrl}"`;
    return failed({
      expected: typeUrl === '' ? `an error for ${what}` : `an error that names the type URL "${typeUrl}" (${what})`,
      observed: `${showStatus(answer)}${lack}`,
      evidence: call.session.evidence(1),
    });
  }
  return passed(example ? undefined : 'another prefix was not tried: nobody knows which type the plugin expects');
}

/** A request without a payload: default values, or an error with words. @throws PluginFact */
export async function bearsMissing(call: AnyCall): Promise<ProbeOutcome> {
  const answer = await call.send(undefined);
  if (answer.status === Status.OK || answer.message !== '') return passed();
  return failed({
    expected: 'OK, or an error status with a message',
    observed: `${statusName(answer.status)} without a message`,
    evidence: call.session.evidence(1),
  });
}

/** Values that do not decode get an error status. @throws PluginFact */
export async function refusesUndecodable(call: AnyCall): Promise<ProbeOutcome> {
  const { typeUrl } = call.example.payload;
  for (const { what, bytes } of undecodable) {
    const answer = await call.send({ typeUrl, value: bytes });
    if (answer.status !== Status.OK) continue;
    return failed({ expected: `an error status for ${what}`, observed: 'OK', evidence: call.session.evidence(1) });
  }
  return passed();
}

/** Whether two calls with the same payload mean the same: some answers hold a time or a count. */
async function isSteady(call: AnyCall, payload: AnyValue, meaning: string): Promise<boolean> {
  const again = await rightReply(call, payload);
  return typeof again !== 'string' && call.meaningOf(again) === meaning;
}

const kibi = 1024;
const mebi = kibi * kibi;

const sizes = [
  { what: '1 KiB', bytes: kibi },
  { what: '1 MiB', bytes: mebi },
  { what: '5 MiB', bytes: 5 * mebi, mayBeTooLarge: true },
] as const;

/** Large payloads keep their meaning; what is above the limit fails by itself only. @throws PluginFact */
export async function takesLargePayloads(call: AnyCall, limitMs: number): Promise<ProbeOutcome | undefined> {
  const { payload } = call.example;
  const plain = await rightReply(call, payload);
  if (typeof plain === 'string') return unproved(call, plain);
  const meaning = call.meaningOf(plain);
  for (const size of sizes) {
    const value = padded(payload.value, size.bytes);
    const answer = await call.send({ ...payload, value }, { limitMs });
    const evidence = call.session.evidence(1);
    const expected = `the same reply to a payload of ${size.what}`;
    if (answer.status === Status.RESOURCE_EXHAUSTED && 'mayBeTooLarge' in size) continue;
    if (answer.status !== Status.OK) return failed({ expected, observed: showStatus(answer), evidence });
    const observed = call.meaningOfAnswer(answer);
    if (observed === meaning || !(await isSteady(call, payload, meaning))) continue;
    return failed({ expected: `${expected}: ${meaning}`, observed, evidence });
  }
  await call.send(payload);
  return passed();
}

const atOnce = 100;

/** Many calls at once, each compared with what its payload must give. @throws PluginFact */
export async function keepsCallsApart(call: AnyCall): Promise<ProbeOutcome | undefined> {
  const wanted: { payload: AnyValue; meaning: string }[] = [];
  void call.example;
  for (const { payload, reply } of call.examples) {
    const own = reply ?? (await rightReply(call, payload));
    if (typeof own === 'string') return unproved(call, own);
    wanted.push({ payload, meaning: call.meaningOf(own) });
  }
  const [first] = wanted;
  if (!first) throw new Error('an Any call without examples was not refused before');
  const made = Array.from({ length: atOnce }, (_, index) => wanted[index % wanted.length] ?? first);
  const answers = await Promise.all(made.map(({ payload }) => call.send(payload)));
  for (const [index, answer] of answers.entries()) {
    const { payload, meaning } = made[index] ?? first;
    const observed = call.meaningOfAnswer(answer);
    if (observed === meaning || (answer.status === Status.OK && !(await isSteady(call, payload, meaning)))) continue;
    return failed({
      expected: `each of ${atOnce} calls at once gets the answer to its own payload: ${meaning}`,
      observed,
      evidence: call.session.evidence(1),
    });
  }
  return passed();
}

/** Whether an ordinary call works, and where its payload was only guessed, keeps working without bad ones between. */
async function bearsRepeating(call: AnyCall, { payload, guessed }: AnyExample, times: number): Promise<boolean> {
  for (let count = 0; count < (guessed ? times : 1); count += 1)
    if (typeof (await rightReply(call, payload)) === 'string') return false;
  return true;
}

/** The bad payloads, each followed by a look at the session. @throws PluginFact */
export async function survivesBadPayloads(call: AnyCall, look: () => Promise<ProbeOutcome>): Promise<ProbeOutcome> {
  const [example] = call.examples;
  const typeUrl = example?.payload.typeUrl ?? foreignUrl;
  const bad: readonly { what: string; payload: AnyValue | undefined }[] = [
    { what: 'a foreign type', payload: { typeUrl: foreignUrl, value: Uint8Array.of(1, 2, 3) } },
    { what: 'an empty type URL', payload: { typeUrl: '', value: new Uint8Array() } },
    { what: 'a missing payload', payload: undefined },
    ...undecodable.map(({ what, bytes }) => ({ what, payload: { typeUrl, value: bytes } })),
  ];
  const isReliable = example !== undefined && (await bearsRepeating(call, example, 2 * bad.length));
  for (const { what, payload } of bad) {
    await call.send(payload);
    const seen = await look();
    if (seen.outcome === 'failed') return { ...seen, observed: `after ${what}: ${seen.observed}` };
    if (!isReliable) continue;
    const after = await rightReply(call, example.payload);
    if (typeof after === 'string')
      return failed({
        expected: `an ordinary call still works after ${what}`,
        observed: after,
        evidence: call.session.evidence(2),
      });
  }
  return passed();
}
