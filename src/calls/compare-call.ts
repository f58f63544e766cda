/** Compares what a call gave with what the profile states. Pure. */

import { equals, fromBinary, type Message, type Registry, toJson } from '@bufbuild/protobuf';
import { errorText } from '../wire/error-text.ts';
import { Status, statusName } from '../wire/grpc-status.ts';
import type { GenericResult } from './generic-client.ts';
import type { PreparedCall } from './prepare-call.ts';

export interface CallDifference {
  readonly expected: string;
  readonly observed: string;
}

const shownLimit = 600;

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > shownLimit ? `${text.slice(0, shownLimit)}…` : text;
};

/** The first place where a value lacks what another has, as `a.b[2]`. */
function lacks(actual: unknown, wanted: unknown, at: string): CallDifference | undefined {
  const differ = (): CallDifference => ({ expected: `${at} is ${show(wanted)}`, observed: `${at} is ${show(actual)}` });
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return differ();
    for (const [index, item] of wanted.entries()) {
      const found = lacks(actual[index], item, `${at}[${index}]`);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof actual !== 'object' || actual === null) return differ();
    const fields = actual as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(wanted)) {
      const found = lacks(fields[key], value, `${at}.${key}`);
      if (found) return found;
    }
    return undefined;
  }
  return Object.is(actual, wanted) ? undefined : differ();
}

function decode(call: PreparedCall, bytes: Buffer): Message | string {
  try {
    return fromBinary(call.method.output, bytes);
  } catch (error) {
    return errorText(error);
  }
}

function compareMessage(
  call: PreparedCall,
  registry: Registry,
  [bytes, index]: readonly [Buffer, number],
): CallDifference | undefined {
  const { output } = call.method;
  const actual = decode(call, bytes);
  const at = call.responses && call.responses.length > 1 ? `response[${index}]` : 'response';
  if (typeof actual === 'string')
    return { expected: `${at} is a ${output.typeName}`, observed: `${at} does not decode: ${actual}` };
  const wanted = call.responses?.[index];
  if (!wanted) return undefined;
  // Both go through the same writer, so that 1 and "1", or a field left at its default, compare as protobuf means them.
  const options = { registry, alwaysEmitImplicit: true };
  if (call.match === 'exact' && equals(output, actual, wanted, { registry })) return undefined;
  const actualJson = toJson(output, actual, options);
  const wantedJson =
    call.match === 'exact'
      ? toJson(output, wanted, options)
      : pick(toJson(output, wanted, options), call.written[index]);
  const found = lacks(actualJson, wantedJson, at);
  if (found || call.match === 'subset') return found;
  return { expected: `${at} is ${show(wantedJson)}`, observed: `${at} is ${show(actualJson)}` };
}

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The parts of a normalised value that the profile wrote. */
function pick(normal: unknown, written: unknown): unknown {
  if (Array.isArray(written) && Array.isArray(normal)) return normal.map((item, index) => pick(item, written[index]));
  if (typeof written !== 'object' || written === null || typeof normal !== 'object' || normal === null) return normal;
  const fields = normal as Readonly<Record<string, unknown>>;
  const parts = Object.entries(written).map(([key, value]) => {
    const name = key in fields ? key : camel(key);
    return [name, pick(fields[name], value)] as const;
  });
  return Object.fromEntries(parts);
}

/** What is different, if anything. */
export function compareCall(call: PreparedCall, result: GenericResult, registry: Registry): CallDifference | undefined {
  if (result.status !== call.status) {
    const words = result.message === '' ? '' : ` (${result.message.slice(0, 300)})`;
    return { expected: `status ${statusName(call.status)}`, observed: `${statusName(result.status)}${words}` };
  }
  for (const [key, value] of Object.entries(call.trailers)) {
    const actual = result.trailers[key.toLowerCase()];
    if (actual !== value)
      return {
        expected: `trailer ${key}: ${value}`,
        observed: actual === undefined ? `no trailer ${key}` : `trailer ${key}: ${actual}`,
      };
  }
  if (call.status !== Status.OK) return undefined;
  if (call.responses && call.responses.length !== result.responses.length)
    return { expected: `${call.responses.length} responses`, observed: `${result.responses.length} responses` };
  for (const [index, bytes] of result.responses.entries()) {
    const found = compareMessage(call, registry, [bytes, index]);
    if (found) return found;
  }
  return undefined;
}

/** The responses as proto JSON, for the transcript. */
export const showResponses = (call: PreparedCall, result: GenericResult, registry: Registry): string =>
  result.responses
    .slice(0, 5)
    .map((bytes) => {
      const message = decode(call, bytes);
      return typeof message === 'string'
        ? `(${bytes.byteLength} bytes)`
        : show(toJson(call.method.output, message, { registry }));
    })
    .join(' ');
