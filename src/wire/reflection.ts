/**
 * Asks a plugin for its descriptors through server reflection, v1 or v1alpha. Gathers bytes only: whether they make
 * sense is judged in `descriptors.ts`. Everything is bounded, because a plugin may name as many files as it likes.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../gen/grpc/reflection/v1/reflection_pb.ts';
import type { GrpcConnection } from './grpc-connection.ts';
import { Status } from './grpc-status.ts';

export type ReflectionVersion = 'v1' | 'v1alpha';

export interface Reflected {
  readonly version: ReflectionVersion;
  /** Full names of services, as listed. */
  readonly services: readonly string[];
  /** Serialised file descriptors by the name each bears. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Questions that were answered with an error, each in a few words. */
  readonly refused: readonly string[];
}

/** Reflection that came to nothing. */
export interface NotReflected {
  readonly version: ReflectionVersion;
  /** True when the service is not there at all. */
  readonly unimplemented: boolean;
  readonly reason: string;
}

const mostFiles = 500;

/** All questions together may take this many times the limit of one. */
const roundsAtMost = 4;

type Question = Exclude<ServerReflectionRequest['messageRequest'], { case: undefined }>;

/** One stream of questions and answers; each question waits for its answer. */
class Conversation {
  readonly #call: ReturnType<GrpcConnection['call']>;
  readonly #limitMs: number;
  readonly #waiting: ((response: ServerReflectionResponse | undefined) => void)[] = [];
  readonly #answers: ServerReflectionResponse[] = [];
  #ended = false;

  constructor(connection: GrpcConnection, version: ReflectionVersion, limitMs: number) {
    this.#limitMs = limitMs;
    this.#call = connection.call(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, {
      onMessage: ({ bytes }) => this.#take(bytes),
    });
    void this.#call.result.then(() => {
      this.#ended = true;
      for (const settle of this.#waiting.splice(0)) settle(undefined);
    });
  }

  /** The answer, or `undefined` when none came. */
  async ask(messageRequest: Question): Promise<ServerReflectionResponse | undefined> {
    if (this.#ended) return undefined;
    this.#call.send(toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, { messageRequest })));
    const early = this.#answers.shift();
    if (early) return early;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#call.cancel(), this.#limitMs);
      this.#waiting.push((response) => {
        clearTimeout(timer);
        resolve(response);
      });
    });
  }

  async end() {
    this.#call.finish();
    return this.#call.resultWithin(this.#limitMs);
  }

  #take(bytes: Uint8Array): void {
    let response: ServerReflectionResponse | undefined;
    try {
      response = fromBinary(ServerReflectionResponseSchema, bytes);
    } catch {
      this.#call.cancel();
      return;
    }
    const settle = this.#waiting.shift();
    if (settle) settle(response);
    else this.#answers.push(response);
  }
}

export interface ReflectOptions {
  /** Until each question must be answered, in milliseconds. */
  readonly limitMs: number;
  /** Messages to ask for besides the services: what travels inside an Any is named by no service. One that is refused is no fault. */
  readonly symbols?: readonly string[];
}

/** Asks for everything the plugin serves. Never throws for what a plugin answers. */
export async function reflect(
  connection: GrpcConnection,
  version: ReflectionVersion,
  { limitMs, symbols = [] }: ReflectOptions,
): Promise<Reflected | NotReflected> {
  const conversation = new Conversation(connection, version, limitMs);
  const listed = await conversation.ask({ case: 'listServices', value: '*' });
  if (listed?.messageResponse.case !== 'listServicesResponse') {
    const result = await conversation.end();
    const error = listed?.messageResponse.case === 'errorResponse' ? listed.messageResponse.value.errorMessage : '';
    const reason = result.message || error || `status ${result.status ?? 'missing'}`;
    return { version, unimplemented: result.status === Status.UNIMPLEMENTED, reason };
  }
  const services = listed.messageResponse.value.service.map(({ name }) => name).slice(0, mostFiles);
  const files = new Map<string, Uint8Array>();
  const refused: string[] = [];
  const wanted: Question[] = [...services, ...symbols].map((value) => ({ case: 'fileContainingSymbol', value }));
  const asked = new Set<string>();
  const until = performance.now() + roundsAtMost * limitMs;
  for (let question = wanted.shift(); question && files.size < mostFiles; question = wanted.shift()) {
    const about = String(question.value);
    if (asked.has(about) || files.has(about)) continue;
    asked.add(about);
    const answer = performance.now() < until ? await conversation.ask(question) : undefined;
    if (!answer) {
      refused.push(`${about}: no answer in time`);
      break;
    }
    if (answer.messageResponse.case !== 'fileDescriptorResponse') {
      if (symbols.includes(about)) continue;
      const { messageResponse } = answer;
      refused.push(
        `${about}: ${messageResponse.case === 'errorResponse' ? messageResponse.value.errorMessage : 'another answer'}`,
      );
      continue;
    }
    for (const dependency of take(answer.messageResponse.value.fileDescriptorProto, files, refused))
      wanted.push({ case: 'fileByFilename', value: dependency });
  }
  await conversation.end();
  return { version, services, files, refused };
}

/** Keeps descriptors by name; returns what they depend on. */
function take(
  descriptors: readonly Uint8Array[],
  files: Map<string, Uint8Array>,
  refused: string[],
): readonly string[] {
  return descriptors.flatMap((bytes) => {
    try {
      const { name, dependency } = fromBinary(FileDescriptorProtoSchema, bytes);
      files.set(name, bytes);
      return dependency;
    } catch {
      refused.push('a descriptor that cannot be decoded');
      return [];
    }
  });
}
