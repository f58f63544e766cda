/** One live plugin with the host connected to it, and what a probe may do with it. */

import type { Stats } from 'node:fs';
import type { Socket } from 'node:net';
import type { CallSession, KnownTypes } from '../../src/calls/call-session.ts';
import type { Profile } from '../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import type { Exit } from '../../src/launch/exit.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import type { Evidence, Transcript } from '../../src/launch/transcript.ts';
import { Blocked, CannotTell, ConnectionClosed, DeadlinePassed, NotOffered } from '../../src/run/plugin-fact.ts';
import type { Broken, StartBeside } from '../../src/run/suite.ts';
import { assertAlive, hasExited, whileAlive } from '../../src/run/within.ts';
import { type ConnectResult, connectSocket, showAddress } from '../../src/wire/address.ts';
import { describeCall, describeGoaway } from '../../src/wire/describe-call.ts';
import type { CallOptions, CallResult, GrpcCall } from '../../src/wire/grpc-call.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import type { Deadlines } from './deadlines.ts';
import type { Handshake } from './handshake.ts';
import type { LogFacts } from './logs.ts';
import { statOf } from './socket-file.ts';
import type { Security } from './tls/security.ts';

/** The one connection a host opens, with the two streams it opens at once. */
export interface HostConnection {
  readonly connection: GrpcConnection;
  readonly stdio: GrpcCall | undefined;
  readonly broker: GrpcCall | undefined;
}

/** What was found when the host first reached for the printed address. */
export interface Reach {
  /** The attempt made in the very moment the line arrived. */
  readonly first: ConnectResult;
  /** How long after the line somebody listened, when it was not at once. */
  readonly lateByMs: number | undefined;
  readonly settingsAfterMs: number | undefined;
  readonly maxStreams: number | undefined;
}

export interface GrpcSessionParts {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly environment: EnvironmentChanges;
  readonly profile: Profile;
  readonly deadlines: Deadlines;
  readonly handshake: Handshake;
  readonly startBeside: StartBeside<GrpcSession>;
  readonly logs: LogFacts;
}

export class GrpcSession implements CallSession {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly transcript: Transcript;
  readonly environment: EnvironmentChanges;
  readonly profile: Profile;
  readonly deadlines: Deadlines;
  readonly handshake: Handshake;
  /** Starts the plugin once more, with other variables; it ends with this session. */
  readonly startBeside: StartBeside<GrpcSession>;
  /** What the file system said of the printed socket when the line had come. */
  readonly socketStat: Stats | undefined;
  /** How the plugin had ended by the time the wait for its line was over; absent when it still ran. */
  readonly earlyExit: Exit | undefined;
  /** What stderr was, read as the host reads it. */
  readonly logs: LogFacts;
  /** Whether the plugin took a line that was offered on stdin; known once the session is over. */
  readStdin: boolean | undefined;
  /** What reflection said, once somebody has asked. */
  listed: readonly string[] | undefined;
  /** Every call that was made, for the rules that hold for all of them. */
  readonly calls: CallResult[] = [];
  reach: Reach | undefined;
  /** The host's half of AutoMTLS, where it handed out a certificate. */
  security: Security | undefined;
  /** Why the launch's way of connecting is not for this plugin; its probes are skipped. */
  notOffered: string | undefined;
  /** Why this machine's Node.js cannot reach the address, which a Go host can; nothing can be said then. */
  unreachable: string | undefined;
  /** Set when the host could not use the plugin after all. */
  connectBroken: Broken | undefined;
  leaving = false;
  /** Set when the plugin sent GOAWAY on the host's connection although nobody had asked it to end. */
  wentAway: string | undefined;
  #main: HostConnection | undefined;
  #types: Promise<KnownTypes> | undefined;

  constructor(parts: GrpcSessionParts) {
    this.launch = parts.launch;
    this.plugin = parts.plugin;
    this.transcript = parts.plugin.transcript;
    this.environment = parts.environment;
    this.profile = parts.profile;
    this.deadlines = parts.deadlines;
    this.handshake = parts.handshake;
    this.startBeside = parts.startBeside;
    this.logs = parts.logs;
    this.earlyExit = parts.plugin.exited;
    const { address } = parts.handshake;
    this.socketStat = address?.network === 'unix' ? statOf(address.path) : undefined;
  }

  get broken(): Broken | undefined {
    return this.handshake.broken ?? this.connectBroken;
  }

  get readyAtMs(): number | undefined {
    return this.handshake.first.arrival === 'line' ? Math.round(this.handshake.first.atMs) : undefined;
  }

  /** The host's own connection. @throws Blocked when the plugin cannot be used */
  get main(): HostConnection {
    this.assertConnected();
    if (this.wentAway !== undefined) throw new Blocked('GRPC-TR-007', this.wentAway);
    if (!this.#main) throw new Error(`launch ${this.launch} does not connect`);
    return this.#main;
  }

  /** @throws Blocked, NotOffered, CannotTell when the host never got through to the plugin */
  assertConnected(): void {
    if (this.broken) throw new Blocked(this.broken.by, this.broken.outcome.observed);
    if (this.notOffered !== undefined) throw new NotOffered(this.notOffered);
    if (this.unreachable !== undefined) throw new CannotTell(this.unreachable);
  }

  /** Whether the host ever got through. */
  get hasMain(): boolean {
    return this.#main !== undefined;
  }

  setMain(main: HostConnection): void {
    this.#main = main;
    void main.connection.goneAway.then(() => {
      if (!this.leaving) this.wentAway = `${describeGoaway(main.connection)} on the host's own connection`;
    });
  }

  /** The host's connection if there is one that still stands. */
  get openMain(): HostConnection | undefined {
    return this.#main && !this.#main.connection.isClosed ? this.#main : undefined;
  }

  /** The application protocol version the plugin chose. */
  get version(): number | undefined {
    return this.handshake.version;
  }

  get endpoint(): CallSession['endpoint'] {
    void this.main;
    const { address } = this.handshake;
    if (!address) throw new Error('a usable handshake has an address');
    const own = this.security?.certificate;
    return { address, identity: own && { certificate: own.pem, key: own.keyPem } };
  }

  types(): Promise<KnownTypes> {
    const { connection } = this.main;
    this.#types ??= import('./session-types.ts').then(({ learnSessionTypes }) => learnSessionTypes(this, connection));
    return this.#types;
  }

  /** Services that answered a call, by full name. */
  get answering(): readonly string[] {
    const answered = this.calls.filter(({ status }) => status !== undefined && status !== Status.UNIMPLEMENTED);
    return [...new Set(answered.map(({ path }) => path.split('/')[1] ?? ''))];
  }

  /** Connects a raw socket to the printed address. @throws Blocked, CannotTell */
  async connectRaw(): Promise<ConnectResult> {
    if (this.broken) throw new Blocked(this.broken.by, this.broken.outcome.observed);
    const { address } = this.handshake;
    if (!address) throw new Error('a usable handshake has an address');
    const result = await connectSocket(address, this.deadlines.callMs);
    if (!result.connected && result.code === 'ENOTSUP') throw new CannotTell(result.message);
    return result;
  }

  /** A fresh connection, as after a reconnect. @throws Blocked, PluginExited, ConnectionClosed, DeadlinePassed */
  async connect(): Promise<GrpcConnection> {
    const result = await whileAlive(this.plugin, this.connectRaw(), {
      limitMs: this.deadlines.callMs + 100,
      what: 'a new connection',
    });
    if (!result.connected) throw this.lost(`a new connection is refused: ${result.message}`);
    const connection = await this.speak(result.socket);
    if (typeof connection === 'string') throw this.lost(`a new connection fails: ${connection}`);
    const settings = await whileAlive(this.plugin, connection.settings, {
      limitMs: this.deadlines.settingsMs,
      what: 'SETTINGS on a new connection',
    });
    if (!settings) throw this.lost('the plugin closed a new connection before its SETTINGS');
    return connection;
  }

  /** Speaks HTTP/2 over a raw connection as the host does, secured under AutoMTLS; a text says why that failed. */
  async speak(socket: Socket): Promise<GrpcConnection | string> {
    if (!this.security) return new GrpcConnection(socket, { authority: 'unused', scheme: 'http' });
    const secured = await this.security.secure(socket, { limitMs: this.deadlines.callMs });
    return secured.connected
      ? new GrpcConnection(secured.socket, { authority: 'localhost', scheme: 'https' })
      : secured.message;
  }

  /**
   * Makes one call and waits for its end, however that looks. Without a connection of its own it uses the host's.
   * @throws Blocked, PluginExited
   */
  async call(
    path: string,
    message: Uint8Array,
    options: CallOptions & { connection?: GrpcConnection; limitMs?: number } = {},
  ): Promise<CallResult> {
    const { connection = this.main.connection, limitMs = this.deadlines.callMs, ...rest } = options;
    const startedAt = this.transcript.now();
    const result = await connection.unary(path, message, { ...rest, limitMs });
    this.note(result, startedAt);
    if (result.status === undefined && this.wentAway !== undefined && connection === this.#main?.connection)
      throw new Blocked('GRPC-TR-007', this.wentAway);
    if (result.end === 'lost') await assertAlive(this.plugin);
    return result;
  }

  /** As `call`, for probes that need an answer. @throws DeadlinePassed, ConnectionClosed, Blocked, PluginExited */
  async answered(
    path: string,
    message: Uint8Array,
    options: CallOptions & { connection?: GrpcConnection; limitMs?: number } = {},
  ): Promise<CallResult & { status: number }> {
    const result = await this.call(path, message, options);
    if (result.end === 'cancelled')
      throw new DeadlinePassed(`an answer to ${path}`, options.limitMs ?? this.deadlines.callMs);
    if (result.end === 'malformed') throw new Blocked('GRPC-TR-012', `${path}: ${describeCall(result)}`);
    if (result.status === undefined) throw this.lost(`${path}: ${describeCall(result)}`);
    return { ...result, status: result.status };
  }

  /** Records a call in the transcript and for the rules that look at all calls. */
  note(result: CallResult, startedAtMs: number): Evidence {
    this.calls.push(result);
    return this.tell(result, startedAtMs);
  }

  /** Records a call that is not as a host makes it in the transcript alone. */
  tell(result: CallResult, startedAtMs: number): Evidence {
    const took = Math.round(result.durationMs);
    return this.transcript.add(
      'call',
      `${result.path} at ${Math.round(startedAtMs)} ms: ${describeCall(result)} after ${took} ms`,
    );
  }

  hasExited(): Promise<boolean> {
    return hasExited(this.plugin);
  }

  lost(what: string): ConnectionClosed {
    this.transcript.add('connection', what);
    return new ConnectionClosed(what);
  }

  /** The last words, calls and connections: what most outcomes rest on. */
  evidence(count = 4): readonly Evidence[] {
    return this.transcript.last(count, 'call', 'connection', 'signal', 'exit', 'stderr');
  }

  /** The printed address, for sentences. */
  get where(): string {
    return this.handshake.address ? showAddress(this.handshake.address) : 'nowhere';
  }
}
