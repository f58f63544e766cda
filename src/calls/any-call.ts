/** An Any-typed call of a plugin, with the payloads it is known to accept. */

import { create, type DescMessage, type JsonValue, type Registry, toBinary } from '@bufbuild/protobuf';
import { CannotTell, NotOffered } from '../run/plugin-fact.ts';
import { errorText } from '../wire/error-text.ts';
import type { CallOptions } from '../wire/grpc-call.ts';
import { Status, statusName } from '../wire/grpc-status.ts';
import { type AnyValue, anyOfJson, decodeAny, typeName, unwrapAny, wrapAny } from './any-payload.ts';
import type { Answered, CallSession, KnownTypes } from './call-session.ts';
import { type AnyMethod, findAnyCall } from './discover.ts';
import { pathOf } from './method-name.ts';
import type { TrialBlock } from './trial-block.ts';

export interface AnyExample {
  readonly payload: AnyValue;
  /** Nobody has named it: the plugin took it when it was tried. */
  readonly guessed?: true;
  /** The whole reply, where the profile states one. */
  readonly reply?: AnyValue;
  /** The type URL the reply must have, where it is known. */
  readonly replyUrl?: string;
}

/** How a host and a plugin that share their types by convention name them. */
export interface KnownPair {
  readonly payload: string;
  readonly reply: string;
}

/** `INVALID_ARGUMENT (got wrong payload type url: x)`. */
export const showStatus = ({ status, message }: Answered): string =>
  `${statusName(status)}${message === '' ? '' : ` (${message.slice(0, 300)})`}`;

const prefix = 'type.googleapis.com/';

export class AnyCall {
  readonly session: CallSession;
  readonly offered: AnyMethod;
  readonly registry: Registry;
  /** Empty when nobody knows what the plugin accepts. */
  readonly examples: readonly AnyExample[];

  constructor(session: CallSession, offered: AnyMethod, registry: Registry, examples: readonly AnyExample[]) {
    this.session = session;
    this.offered = offered;
    this.registry = registry;
    this.examples = examples;
  }

  get path(): string {
    return pathOf(this.offered.method);
  }

  /** A payload the plugin accepts. @throws NotOffered when nobody knows one */
  get example(): AnyExample {
    const [first] = this.examples;
    if (first) return first;
    throw new NotOffered('nobody knows what it accepts: give a payload under `any.examples` in the profile');
  }

  /** Makes the call and waits for its status. @throws PluginFact */
  send(payload: AnyValue | undefined, options: CallOptions & { limitMs?: number } = {}): Promise<Answered> {
    return this.session.answered(this.path, wrapAny(this.offered.payload, payload), options);
  }

  /** The Any in an answer. @throws Error when the response is no message */
  replyOf({ messages }: Answered): AnyValue | undefined {
    return unwrapAny(this.offered.reply, messages[0]?.bytes ?? Buffer.alloc(0));
  }

  /** What a reply says, as text to compare; its bytes where nobody knows its type. */
  meaningOf(reply: AnyValue | undefined): string {
    if (!reply) return 'no reply';
    const type = this.registry.getMessage(typeName(reply.typeUrl));
    try {
      if (type) return `${reply.typeUrl} ${JSON.stringify(decodeAny(reply, type, this.registry))}`;
    } catch {
      // What does not decode is compared, and shown, as it is.
    }
    return `${reply.typeUrl} ${Buffer.from(reply.value).toString('hex')}`;
  }

  /** What an answer says, as text to compare: its status, or the meaning of its reply. */
  meaningOfAnswer(answer: Answered): string {
    if (answer.status !== Status.OK) return showStatus(answer);
    try {
      return this.meaningOf(this.replyOf(answer));
    } catch (error) {
      return `a response that is no ${this.offered.method.output.typeName}: ${errorText(error)}`;
    }
  }
}

/** Messages that no method names as its own: what travels inside an Any. */
function looseMessages({ learnt }: KnownTypes): readonly DescMessage[] {
  const files = [...(learnt.types?.registry.files ?? [])].filter(
    ({ proto }) => !/^(?:google|grpc|plugin)(?:\.|$)/.test(proto.package),
  );
  const used = new Set(
    files.flatMap(({ services }) =>
      services.flatMap(({ methods }) => methods.flatMap((one) => [one.input, one.output])),
    ),
  );
  return files.flatMap(({ messages }) => messages.filter((message) => !used.has(message)));
}

const mostGuesses = 20;

/** A message of this type with nothing set. */
const emptyOf = (type: DescMessage): AnyValue => ({
  typeUrl: `${prefix}${type.typeName}`,
  value: toBinary(type, create(type)),
});

/** Tries the messages that the plugin describes and no method uses: the first that it accepts is one it expects. */
async function guess(call: AnyCall, types: KnownTypes): Promise<readonly AnyExample[]> {
  const foreign = await call.send({ typeUrl: `${prefix}plugfest.NoSuchType`, value: new Uint8Array() });
  // What accepts everything tells nothing by accepting something.
  if (foreign.status === Status.OK) return [];
  for (const type of looseMessages(types).slice(0, mostGuesses)) {
    const payload = emptyOf(type);
    if ((await call.send(payload)).status === Status.OK) return [{ payload, guessed: true }];
  }
  return [];
}

function ofProfile(json: { payload: unknown; reply?: unknown }, registry: Registry): AnyExample {
  try {
    const payload = anyOfJson(json.payload as JsonValue, registry);
    if (json.reply === undefined) return { payload };
    const reply = anyOfJson(json.reply as JsonValue, registry);
    return { payload, reply, replyUrl: reply.typeUrl };
  } catch (error) {
    throw new CannotTell(
      `an example of \`any\` in the profile does not fit the types that are known: ${errorText(error)}`,
    );
  }
}

async function find(session: CallSession, block: TrialBlock, pairs: readonly KnownPair[]): Promise<AnyCall> {
  const types = await session.types();
  const { registry } = types;
  const offered = findAnyCall(types, block.any?.method);
  const withExamples = (examples: readonly AnyExample[]) => new AnyCall(session, offered, registry, examples);
  const given = block.any?.examples ?? [];
  if (given.length > 0) return withExamples(given.map((one) => ofProfile(one, registry)));
  for (const pair of pairs) {
    const type = types.learnt.types?.registry.getMessage(pair.payload);
    if (type) return withExamples([{ payload: emptyOf(type), replyUrl: `${prefix}${pair.reply}` }]);
  }
  return withExamples(await guess(withExamples([]), types));
}

const found = new WeakMap<CallSession, Promise<AnyCall>>();

/**
 * The plugin's Any-typed call, found once for each session. Payloads come from the profile, else from a pair of types
 * that the plugin describes, else from a trial of what it describes.
 * @throws NotOffered, CannotTell, and whatever a call may throw
 */
export function anyCallOf(session: CallSession, block: TrialBlock, pairs: readonly KnownPair[]): Promise<AnyCall> {
  const before = found.get(session);
  if (before) return before;
  const call = find(session, block, pairs);
  found.set(session, call);
  call.catch(() => found.delete(session));
  return call;
}
