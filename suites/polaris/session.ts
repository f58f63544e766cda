/** One live plugin with the server's part of the protocol played through, and what a probe may do with it. */
import type { Answered, CallSession, KnownTypes } from '../../src/calls/call-session.ts';
import type { Profile } from '../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import type { Exit } from '../../src/launch/exit.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import type { Evidence, Transcript } from '../../src/launch/transcript.ts';
import { Blocked, ConnectionClosed, DeadlinePassed, NotOffered } from '../../src/run/plugin-fact.ts';
import type { Broken, StartBeside } from '../../src/run/suite.ts';
import { assertAlive, hasExited, whileAlive } from '../../src/run/within.ts';
import { connectSocket } from '../../src/wire/address.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import type { CallOptions, CallResult } from '../../src/wire/grpc-call.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import type { Contract, Question } from './contract.ts';
import { blockedBy, type Fault, refuseOthers } from './fault.ts';
import type { Entry } from './folder.ts';
import type { Settings } from './settings.ts';
import { showBytes } from './show-bytes.ts';

/** What the scan of one socket came to. */
export interface Scanned {
  readonly entry: Entry;
  /** Full names, as listed; none when there is a fault. */
  readonly services: readonly string[];
  /** Milliseconds until the connection was ready. */
  readonly readyAfterMs?: number | undefined;
  readonly fault?: Fault | undefined;
}

export interface PolarisSessionParts {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly environment: EnvironmentChanges;
  readonly profile: Profile;
  readonly settings: Settings;
  readonly folder: string;
  readonly startBeside: StartBeside<PolarisSession>;
}

export type AskOptions = CallOptions & { readonly connection?: GrpcConnection; readonly limitMs?: number };

/** RFC 9113, 7: the plugin has not looked at the call, so that it may be sent again. */
const refusedStream = 7;
const mostRetries = 3;

/** Whether nothing says that the plugin has looked at the call. */
const mayBeSentAgain = ({ end, httpStatus, resetCode }: CallResult): boolean =>
  httpStatus === undefined && (end === 'lost' || (end === 'reset' && resetCode === refusedStream));

/** How long a probe that is not about time waits for a call. */
const patientMs = 5000;

/** What a Go host sends for every Unix socket, and how it calls itself there. */
export const hostConnection = {
  authority: 'localhost',
  scheme: 'http',
  userAgent: 'grpc-go/1.52.0',
} as const;

export class PolarisSession implements CallSession {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly transcript: Transcript;
  readonly environment: EnvironmentChanges;
  readonly profile: Profile;
  readonly settings: Settings;
  /** The folder the server looks into. */
  readonly folder: string;
  readonly startBeside: StartBeside<PolarisSession>;
  readyAtMs: number | undefined;
  /** The socket the plugin was reached at first. */
  path: string | undefined;
  /** The name of the socket that another start of the plugin had bound. */
  knownName: string | undefined;
  /** Where the plugin settled, in launches that ask for no more. */
  place: string | undefined;
  /** How the plugin had ended by the time it was known where it settles; absent when it still ran. */
  earlyExit: Exit | undefined;
  /** Why the first start of the plugin came to nothing; what holds for it holds for later ones. */
  gateBroken: Broken | undefined;
  /** Where the plugin listened instead, each place in a few words. */
  elsewhere: readonly string[] = [];
  scanned: readonly Scanned[] = [];
  /** The contracts the plugin's socket offers and that are checked; newest first. */
  contracts: readonly Contract[] = [];
  /** The first Ping of the session, for each contract. */
  readonly pings = new Map<Contract, CallResult>();
  broken: Broken | undefined;
  leaving = false;
  #main: GrpcConnection | undefined;
  #types: Promise<KnownTypes> | undefined;
  #reconnecting: Promise<GrpcConnection> | undefined;

  constructor(parts: PolarisSessionParts) {
    this.launch = parts.launch;
    this.plugin = parts.plugin;
    this.transcript = parts.plugin.transcript;
    this.environment = parts.environment;
    this.profile = parts.profile;
    this.settings = parts.settings;
    this.folder = parts.folder;
    this.startBeside = parts.startBeside;
  }

  get deadlines(): Settings['deadlines'] {
    return this.settings.deadlines;
  }

  /** Says that the server cannot use the plugin. The first reason stays: whatever follows, follows from it. */
  breaks({ breaks: by, outcome }: Fault, stage: Broken['stage']): void {
    this.broken ??= { by, outcome, stage };
  }

  /** The path of the socket. @throws Blocked when there is none that can be used */
  get socket(): string {
    if (this.broken) throw blockedBy(this.broken);
    if (this.path === undefined) throw new Error(`launch ${this.launch} found no socket and broke nothing`);
    return this.path;
  }

  /** The system has no versions of an application's protocol. */
  get version(): undefined {
    return undefined;
  }

  /** Where a client of its own may connect. @throws Blocked */
  get endpoint() {
    return { address: { network: 'unix', path: this.socket }, identity: undefined } as const;
  }

  /** What the plugin and the profile say of the messages; asked once. @throws PluginFact, UsageError */
  types(): Promise<KnownTypes> {
    this.#types ??= this.#learnTypes();
    return this.#types;
  }

  /** The server's connection for calls. @throws Blocked when the plugin cannot be used */
  get main(): GrpcConnection {
    void this.socket;
    if (!this.#main) throw new Error(`launch ${this.launch} does not connect`);
    return this.#main;
  }

  setMain(connection: GrpcConnection): void {
    this.#main = connection;
  }

  /** The server's connection, if there is one that still stands. */
  get openMain(): GrpcConnection | undefined {
    return this.#main && !this.#main.isClosed ? this.#main : undefined;
  }

  /** The contract that is checked first. @throws Blocked */
  get contract(): Contract {
    void this.socket;
    const [first] = this.contracts;
    if (!first) throw new Error(`launch ${this.launch} knows no contract`);
    return first;
  }

  /** All contracts that are checked. @throws Blocked when the plugin cannot be used */
  get contractsInUse(): readonly Contract[] {
    void this.socket;
    return this.contracts;
  }

  /** A fresh connection, ready for calls. @throws Blocked, PluginExited, ConnectionClosed, DeadlinePassed */
  async connect(): Promise<GrpcConnection> {
    const limit = { limitMs: this.deadlines.dialMs, what: 'a new connection' };
    const result = await whileAlive(
      this.plugin,
      connectSocket({ network: 'unix', path: this.socket }, limit.limitMs),
      limit,
    );
    if (!result.connected) throw this.lost(`a new connection is refused: ${result.message}`);
    const connection = new GrpcConnection(result.socket, hostConnection);
    const what = 'SETTINGS on a new connection';
    const settings = await whileAlive(this.plugin, connection.settings, { limitMs: limit.limitMs, what });
    if (!settings) throw this.lost('the plugin closed a new connection before its SETTINGS');
    return connection;
  }

  /**
   * Makes one call and waits for its end, however that looks. On the server's own connection it does what grpc-go
   * does: it connects again when the plugin has closed a quiet connection, or has said that it takes no more calls on
   * it, and sends what was lost or refused once more.
   * @throws Blocked, PluginExited, ConnectionClosed, DeadlinePassed
   */
  async call(path: string, message: Uint8Array, options: AskOptions = {}): Promise<CallResult> {
    const { connection, limitMs = patientMs, ...rest } = options;
    const own = { ...rest, limitMs };
    if (connection) return this.#callOn(connection, path, message, own);
    let result = await this.#callOn(await this.#reconnected(), path, message, own);
    for (let again = 0; again < mostRetries && mayBeSentAgain(result); again += 1)
      result = await this.#callOn(await this.#reconnected(), path, message, own);
    return result;
  }

  async #callOn(
    connection: GrpcConnection,
    path: string,
    message: Uint8Array,
    options: CallOptions & { readonly limitMs: number },
  ): Promise<CallResult> {
    const startedAt = this.transcript.now();
    const result = await connection.unary(path, message, options);
    this.note(result, startedAt);
    if (result.end === 'lost') await assertAlive(this.plugin);
    return result;
  }

  /** The server's connection, made anew where the plugin has closed it. */
  async #reconnected(): Promise<GrpcConnection> {
    if (!this.main.isClosed && this.main.goaway === undefined) return this.main;
    this.#reconnecting ??= this.connect().finally(() => {
      this.#reconnecting = undefined;
    });
    const connection = await this.#reconnecting;
    this.transcript.add(
      'connection',
      'connected again: the plugin had closed the connection, or would take no more calls on it',
    );
    this.#main = connection;
    return connection;
  }

  /**
   * As `call`, for probes that need an answer. A question that is not answered, or only to those who know a token,
   * blocks the probe by the rule about that.
   * @throws DeadlinePassed, ConnectionClosed, Blocked, PluginExited
   */
  async answered(path: string, message: Uint8Array, options: AskOptions = {}): Promise<Answered> {
    const result = await this.call(path, message, options);
    const { limitMs = patientMs } = options;
    if (this.contracts.some(({ call }) => call === path)) refuseOthers(result, limitMs);
    if (result.status !== undefined) return { ...result, status: result.status };
    if (result.end === 'cancelled') throw new DeadlinePassed(`an answer to ${path}`, limitMs);
    throw this.lost(`${path}: ${describeCall(result)}`);
  }

  /**
   * Asks a question as the server does, with time to spare. Where the method is not there at all, the rule about that
   * blocks the probe. @throws as `answered`
   */
  ask(contract: Contract, question: Question, options: AskOptions = {}): Promise<Answered> {
    return this.askRaw(contract, contract.ask(question), options);
  }

  /** As `ask`, with the bytes of the request. */
  async askRaw(contract: Contract, bytes: Uint8Array, options: AskOptions = {}): Promise<Answered> {
    const seconds = Math.ceil((options.limitMs ?? patientMs) / 1000);
    const result = await this.answered(contract.call, bytes, {
      ...options,
      metadata: { 'grpc-timeout': `${seconds}S` },
    });
    if (result.status === Status.UNIMPLEMENTED)
      throw new Blocked(contract.generation === 'P3' ? 'POL-SVC-001' : 'POL-ANY-001', describeCall(result));
    return result;
  }

  /** Records a call in the transcript. */
  note(result: CallResult, startedAtMs: number): Evidence {
    const took = Math.round(result.durationMs);
    const [first] = result.messages;
    const bytes = first && result.status === Status.OK ? ` with ${showBytes(first.bytes)}` : '';
    return this.transcript.add(
      'call',
      `${result.path} at ${Math.round(startedAtMs)} ms: ${describeCall(result)}${bytes} after ${took} ms`,
    );
  }

  hasExited(): Promise<boolean> {
    return hasExited(this.plugin);
  }

  async #learnTypes(): Promise<KnownTypes> {
    const { knownTypes } = await import('../../src/calls/known-types.ts');
    const connection = await this.connect();
    try {
      return await knownTypes(connection, this.profile, { limitMs: this.deadlines.reflectionMs });
    } finally {
      connection.close();
    }
  }

  /** Only what was started here is ended here. @throws NotOffered */
  assertOwn(): void {
    if (this.plugin.isAttached) throw new NotOffered('the plugin was started by somebody else, who may need it');
  }

  /** How the plugin ended, where it has. */
  get exited(): Exit | undefined {
    return this.plugin.exited;
  }

  lost(what: string): ConnectionClosed {
    this.transcript.add('connection', what);
    return new ConnectionClosed(what);
  }

  /** The last words, calls and connections: what most outcomes rest on. */
  evidence(count = 4): readonly Evidence[] {
    return this.transcript.last(count, 'call', 'connection', 'file', 'signal', 'exit', 'stderr');
  }
}
