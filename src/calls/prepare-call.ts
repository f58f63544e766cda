/** From a call as a profile writes it to bytes and expectations, by the types of the plugin's messages. */

import { type DescMethod, fromJson, type JsonValue, type Message, type Registry, toBinary } from '@bufbuild/protobuf';
import { parseDuration } from '../config/duration.ts';
import type { Call } from '../config/profile.ts';
import { errorText } from '../wire/error-text.ts';
import { Status, statusName } from '../wire/grpc-status.ts';
import { pathOf, readMethodName } from './method-name.ts';

export interface PreparedCall {
  readonly name: string;
  readonly method: DescMethod;
  readonly path: string;
  readonly messages: readonly Uint8Array[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly status: number;
  /** Undefined where the profile says nothing of the response. */
  readonly responses: readonly Message[] | undefined;
  readonly match: 'exact' | 'subset';
  /** The responses as the profile wrote them, for a subset. */
  readonly written: readonly unknown[];
  readonly trailers: Readonly<Record<string, string>>;
}

/** A call that cannot be made as it is written; the message says what is wrong with the profile or the schema. */
export class CallProblem extends Error {
  override readonly name = 'CallProblem';
}

const defaultDeadlineMs = 5000;

/** The method of a profile's call. @throws CallProblem */
export function findMethod(method: string, registry: Registry): DescMethod {
  const { service, name } = readMethodName(method);
  const found = registry.getService(service);
  if (!found) throw new CallProblem(`the schema knows no service ${service}`);
  const described = found.methods.find((each) => each.name === name);
  if (!described)
    throw new CallProblem(
      `${service} has no method ${name}; it has ${found.methods.map((each) => each.name).join(', ')}`,
    );
  return described;
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function statusOf(value: Call['status'], call: string): number {
  if (value === undefined) return Status.OK;
  const names: Readonly<Record<string, number>> = Status;
  const code = typeof value === 'number' ? value : /^\d+$/.test(value) ? Number(value) : names[value.toUpperCase()];
  if (code === undefined || statusName(code).startsWith('status '))
    throw new CallProblem(`call ${call}: there is no status ${value}`);
  return code;
}

/** Turns proto JSON into a message. @throws CallProblem with protobuf's own words */
function parse(json: unknown, type: DescMethod['input'], registry: Registry, what: string): Message {
  try {
    return fromJson(type, (json ?? {}) as JsonValue, { registry });
  } catch (error) {
    throw new CallProblem(`${what} is no ${type.typeName}: ${errorText(error)}`);
  }
}

/** Prepares a call. @throws CallProblem when it does not fit the schema */
export function prepareCall(call: Call, registry: Registry): PreparedCall {
  const method = findMethod(call.method, registry);
  const takesMany = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
  const givesMany = method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming';
  const requests = takesMany ? asList(call.request ?? []) : [call.request];
  const written = call.response === undefined ? [] : givesMany ? asList(call.response) : [call.response];
  const messages = requests.map((request) => parse(request, method.input, registry, `call ${call.name}: the request`));
  const responses = written.map((response) =>
    parse(response, method.output, registry, `call ${call.name}: the expected response`),
  );
  return {
    name: call.name,
    method,
    path: pathOf(method),
    messages: messages.map((message) => toBinary(method.input, message)),
    metadata: call.metadata ?? {},
    deadlineMs: (call.deadline === undefined ? undefined : parseDuration(call.deadline)) ?? defaultDeadlineMs,
    status: statusOf(call.status, call.name),
    responses: call.response === undefined ? undefined : responses,
    match: call.match ?? 'exact',
    written,
    trailers: call.trailers ?? {},
  };
}
