/** What the server asks a rate limiter, in both generations that use sockets, and how it reads the answer. */

import { create, type DescService, fromBinary, toBinary, type UnknownField } from '@bufbuild/protobuf';
import { errorText } from '../../src/wire/error-text.ts';
import { Plugin, RequestSchema, ResponseSchema } from './gen/api/components/plugin_pb.ts';
import { RateLimitPluginRequestSchema, RateLimitPluginResponseSchema } from './gen/proto/rate_limit_plugin_pb.ts';
import { RateLimiter, RateLimitRequestSchema, RateLimitResponseSchema } from './gen/rate_limit_pb.ts';

/** A question of the server. The numbers of the types go over the wire: 0 IP, 1 API, 2 service, 3 instance. */
export interface Question {
  readonly type: number;
  readonly key: string;
}

/** A reading of an answer with status OK. */
export type Reading =
  | { readonly allow: boolean }
  /** What is wrong with it, and the requirement that says so. */
  | { readonly fault: string; readonly breaks: string; readonly hostSays?: string };

export interface Contract {
  readonly generation: 'P3' | 'P2';
  /** The service, with its `Ping` and the method that decides. */
  readonly service: DescService;
  readonly ping: string;
  readonly call: string;
  /** The request as the server sends it. */
  ask(question: Question): Uint8Array;
  /** The question by itself, without the envelope that some generations put around it. */
  plain(question: Question): Uint8Array;
  /** A request of the bytes of a question. */
  pack(question: Uint8Array): Uint8Array;
  read(bytes: Uint8Array): Reading;
}

/** Nothing but unknown fields is another message: the server would take it for a denial. */
function judge(
  { allow, $unknown = [] }: { allow: boolean; $unknown?: UnknownField[] | undefined },
  breaks: string,
): Reading {
  if (allow || $unknown.length === 0) return { allow };
  const numbers = $unknown.map(({ no }) => no).join(', ');
  return { fault: `a message of field ${numbers} without field 1, \`allow\``, breaks };
}

const typedQuestion = (question: Question): Uint8Array =>
  toBinary(RateLimitRequestSchema, create(RateLimitRequestSchema, question));

const typed: Contract = {
  generation: 'P3',
  service: RateLimiter,
  ping: '/api.RateLimiter/Ping',
  call: '/api.RateLimiter/Allow',
  ask: typedQuestion,
  plain: typedQuestion,
  pack: (question) => question,
  read: (bytes) => {
    try {
      return judge(fromBinary(RateLimitResponseSchema, bytes), 'POL-SVC-001');
    } catch (error) {
      return { fault: `bytes that are no RateLimitResponse: ${errorText(error)}`, breaks: 'POL-SVC-001' };
    }
  },
};

export const payloadUrl = 'type.googleapis.com/proto.RateLimitPluginRequest';
export const replyUrl = 'type.googleapis.com/proto.RateLimitPluginResponse';

/** An envelope with a payload. */
export const wrap = (typeUrl: string, value: Uint8Array): Uint8Array =>
  toBinary(RequestSchema, create(RequestSchema, { payload: { typeUrl, value } }));

export const payloadOf = (question: Question): Uint8Array =>
  toBinary(RateLimitPluginRequestSchema, create(RateLimitPluginRequestSchema, question));

/** Reads an envelope as the server does (codec.go, UnmarshalResponse). */
export function readReply(bytes: Uint8Array, url = replyUrl): Reading {
  try {
    const { reply } = fromBinary(ResponseSchema, bytes);
    if (!reply) return { fault: 'an answer without `reply`', breaks: 'POL-ANY-003', hostSays: 'nil plugin reply' };
    const { typeUrl, value } = reply;
    if (typeUrl !== url)
      return {
        fault: `a reply of the type URL \`${typeUrl}\``,
        breaks: 'POL-ANY-002',
        hostSays: `got wrong reply type url: ${typeUrl}`,
      };
    return judge(fromBinary(RateLimitPluginResponseSchema, value), 'POL-ANY-002');
  } catch (error) {
    return { fault: `bytes that do not decode: ${errorText(error)}`, breaks: 'POL-ANY-002' };
  }
}

const wrapped: Contract = {
  generation: 'P2',
  service: Plugin,
  ping: '/api.components.Plugin/Ping',
  call: '/api.components.Plugin/Call',
  ask: (question) => wrap(payloadUrl, payloadOf(question)),
  plain: payloadOf,
  pack: (question) => wrap(payloadUrl, question),
  read: readReply,
};

/** Newest first. */
export const contracts: readonly Contract[] = [typed, wrapped];
