/**
 * Asks for the names of a plugin's services as the clients of Go hosts do (jhump/protoreflect: grpcreflect/client.go,
 * ListServices and Reset): one question on an open stream, then half-close, then the rest of the stream is read. Tells
 * every way in which that can go wrong.
 */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../gen/grpc/reflection/v1/reflection_pb.ts';
import { errorText } from './error-text.ts';
import type { CallResult } from './grpc-call.ts';
import type { GrpcConnection } from './grpc-connection.ts';

export type Listing =
  /** `ends`: whether the plugin ended the stream after the half-close. */
  | { readonly kind: 'services'; readonly services: readonly string[]; readonly ends: boolean }
  /** The plugin answered with `error_response`. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** The plugin answered with something else. */
  | { readonly kind: 'other'; readonly what: string }
  | { readonly kind: 'undecodable'; readonly message: string }
  /** The stream ended before there was an answer. */
  | { readonly kind: 'ended'; readonly result: CallResult }
  /** There was no answer in time. */
  | { readonly kind: 'silent' };

export interface ListOptions {
  readonly version: 'v1' | 'v1alpha';
  /** The value of the question; hosts send `*`, which means nothing. */
  readonly value?: string;
  readonly limitMs: number;
}

/** Lists services. Never throws for what a plugin answers. */
export async function listServices(
  connection: GrpcConnection,
  { version, value = '*', limitMs }: ListOptions,
): Promise<Listing> {
  let settle: (bytes: Uint8Array) => void = () => undefined;
  const answer = new Promise<Uint8Array>((resolve) => {
    settle = resolve;
  });
  const call = connection.call(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, {
    onMessage: ({ bytes }) => settle(bytes),
  });
  const question = create(ServerReflectionRequestSchema, { messageRequest: { case: 'listServices', value } });
  call.send(toBinary(ServerReflectionRequestSchema, question));
  const timer = setTimeout(() => call.cancel(), limitMs);
  const bytes = await Promise.race([answer, call.result]);
  clearTimeout(timer);
  if (!(bytes instanceof Uint8Array))
    return bytes.end === 'cancelled' ? { kind: 'silent' } : { kind: 'ended', result: bytes };
  call.finish();
  const { end } = await call.resultWithin(limitMs);
  return read(bytes, end !== 'cancelled');
}

function read(bytes: Uint8Array, ends: boolean): Listing {
  try {
    const { messageResponse } = fromBinary(ServerReflectionResponseSchema, bytes);
    if (messageResponse.case === 'listServicesResponse')
      return { kind: 'services', services: messageResponse.value.service.map(({ name }) => name), ends };
    if (messageResponse.case === 'errorResponse')
      return { kind: 'error', code: messageResponse.value.errorCode, message: messageResponse.value.errorMessage };
    return { kind: 'other', what: messageResponse.case ?? 'an empty answer' };
  } catch (error) {
    return { kind: 'undecodable', message: errorText(error) };
  }
}
