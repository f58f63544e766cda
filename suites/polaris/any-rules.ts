/** The rules of an Any-typed call, for every generation that makes one: P2 over sockets, P1 and P0 over go-plugin. */
import { createRegistry, type DescMethod } from '@bufbuild/protobuf';
import { AnyCall, showStatus } from '../../src/calls/any-call.ts';
import { bearsMissing, refusesUndecodable } from '../../src/calls/any-probes.ts';
import type { Answered, CallSession } from '../../src/calls/call-session.ts';
import { anyField } from '../../src/calls/discover.ts';
import { pathOf as pathOfMethod } from '../../src/calls/method-name.ts';
import { type Cause, failed, type ProbeOutcome, passed } from '../../src/run/outcome.ts';
import { Blocked } from '../../src/run/plugin-fact.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import { payloadOf, readReply } from './contract.ts';
import { all, showQuestion } from './questions.ts';

const prefix = 'type.googleapis.com/';

/** What a generation calls its messages and its method. */
export interface AnyContract {
  readonly method: DescMethod;
  /** Full names of the messages that travel inside. */
  readonly payload: string;
  readonly reply: string;
}

/** `/package.Service/Method`. */
export const pathOf = ({ method }: AnyContract): string => pathOfMethod(method);

export class AnyRules {
  readonly #session: CallSession;
  readonly #call: AnyCall;
  readonly #payloadUrl: string;
  readonly #replyUrl: string;

  constructor(session: CallSession, { method, payload, reply }: AnyContract) {
    const fields = { payload: anyField(method.input), reply: anyField(method.output) };
    if (!fields.payload || !fields.reply) throw new Error(`${method.name} is not Any-typed`);
    this.#session = session;
    this.#payloadUrl = `${prefix}${payload}`;
    this.#replyUrl = `${prefix}${reply}`;
    const example = { typeUrl: this.#payloadUrl, value: payloadOf({ type: 1, key: 'GET:/x' }) };
    const offered = { method, payload: fields.payload, reply: fields.reply };
    this.#call = new AnyCall(session, offered, createRegistry(method.parent.file), [{ payload: example }]);
  }

  /** POL-ANY-001 @throws PluginFact */
  async accepts(): Promise<ProbeOutcome> {
    const answer = await this.#call.send(this.#call.example.payload);
    if (answer.status === Status.OK) return passed();
    return this.#failed(`OK for a payload of the type ${this.#payloadUrl}`, showStatus(answer), {
      class: 'wrong-contract',
      variant: 'payload',
      title: `Call refuses the payload of the server with ${showStatus(answer)}: every request is denied`,
      fix: `Compile rate-limit-plugin.proto with its package \`proto\`, and accept ${this.#payloadUrl}.`,
    });
  }

  /** POL-ANY-002 @throws PluginFact */
  namesReply(): Promise<ProbeOutcome> {
    return this.#readAll('POL-ANY-002', `a reply of the type ${this.#replyUrl}`, (fault) => ({
      class: 'wrong-contract',
      variant: 'reply-type',
      title: `Call answers with ${fault}, and the server compares the whole type URL: every request is denied`,
      fix: `Let the library pack a ${this.#replyUrl.slice(prefix.length)}; the prefix is ${prefix}.`,
    }));
  }

  /** POL-ANY-003 @throws PluginFact */
  replies(): Promise<ProbeOutcome> {
    return this.#readAll('POL-ANY-003', 'an answer with `reply`', (fault, what) => ({
      class: 'wrong-contract',
      variant: 'no-reply',
      title: `Call gives ${fault} to ${what}: the server has no decision and denies the request`,
      fix: 'Pack the response also when it denies, that is when all its fields have default values.',
    }));
  }

  /** POL-ANY-004 @throws PluginFact */
  async refusesForeign(): Promise<ProbeOutcome> {
    const { value } = this.#call.example.payload;
    const name = this.#payloadUrl.slice(prefix.length);
    for (const typeUrl of [`${prefix}plugfest.NoSuchType`, `plugfest.example/${name}`]) {
      const answer = await this.#call.send({ typeUrl, value });
      if (answer.status !== Status.OK && answer.message.includes(typeUrl)) continue;
      return failed({
        expected: `an error with \`got wrong payload type url: ${typeUrl}\``,
        observed: showStatus(answer),
        evidence: this.#session.evidence(1),
      });
    }
    return passed();
  }

  /** POL-ANY-005 @throws PluginFact */
  bearsMissing(): Promise<ProbeOutcome> {
    return bearsMissing(this.#call);
  }

  /** POL-ANY-006 @throws PluginFact */
  refusesUndecodable(): Promise<ProbeOutcome> {
    return refusesUndecodable(this.#call);
  }

  async #readAll(id: string, expected: string, causeOf: (fault: string, what: string) => Cause): Promise<ProbeOutcome> {
    for (const question of all) {
      const answer = await this.#call.send({ typeUrl: this.#payloadUrl, value: payloadOf(question) });
      if (answer.status !== Status.OK) throw new Blocked('POL-ANY-001', showStatus(answer));
      const reading = readReply(bytesOf(answer), this.#replyUrl);
      if ('allow' in reading) continue;
      if (reading.breaks !== id) throw new Blocked(reading.breaks, reading.fault);
      const cause = causeOf(reading.fault, showQuestion(question));
      return this.#failed(expected, reading.fault, cause, reading.hostSays);
    }
    return passed();
  }

  #failed(expected: string, observed: string, cause: Cause, hostSays?: string): ProbeOutcome {
    return failed({
      expected,
      observed,
      evidence: this.#session.evidence(2),
      cause,
      ...(hostSays !== undefined && { hostSays }),
    });
  }
}

const bytesOf = ({ messages }: Answered): Uint8Array => messages[0]?.bytes ?? new Uint8Array();
