/** One live plugin with what the host has seen of it, and what a probe may do with it. */

import type { Stats } from 'node:fs';
import type { Profile } from '../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import type { Exit } from '../../src/launch/exit.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import type { Evidence, Transcript } from '../../src/launch/transcript.ts';
import { Blocked, PluginExited } from '../../src/run/plugin-fact.ts';
import type { Broken, Session, StartBeside } from '../../src/run/suite.ts';
import { hasExited } from '../../src/run/within.ts';
import type { ConnectResult } from '../../src/wire/address.ts';
import { type Exchange, type ExchangeRequest, exchange } from '../../src/wire/http-exchange.ts';
import { brief, firstValue, goJson } from './json-text.ts';
import type { Occupant } from './occupant.ts';
import type { Settings } from './profile-block.ts';
import type { Ready } from './ready-line.ts';

/** What was found when the host first reached for the socket. */
export interface Reach {
  /** The attempt made in the very moment the ready line arrived. */
  readonly first: ConnectResult;
  /** How long after the line somebody listened, when it was not at once. */
  readonly lateByMs: number | undefined;
  /** What the file system said of the path when the line had come. */
  readonly stat: Stats | undefined;
}

/** An exchange with what it was for. */
export interface Noted extends Exchange {
  /** A request no host of ours would send: rules about the host's own requests do not look at it. */
  readonly odd: boolean;
  /** The process ended over it. */
  readonly died: boolean;
  readonly evidence: Evidence;
}

/** A request; the verb is POST and the headers are the host's unless said otherwise. */
export type SessionRequest = Omit<ExchangeRequest, 'limitMs'> & { readonly limitMs?: number; readonly odd?: true };

export interface TiloSessionParts {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly environment: EnvironmentChanges;
  readonly profile: Profile;
  readonly settings: Settings;
  readonly ready: Ready;
  readonly startBeside: StartBeside<TiloSession>;
}

/** A path that no plugin serves. */
export const unknownPath = '/__conformance_unknown__';

/** A request body as the host writes it. `deadline` is an RFC 3339 time, or null when the caller has none. */
export const requestBody = (payload: unknown, deadline: string | null = null): string =>
  goJson({ Context: { Deadline: deadline }, Payload: payload });

export class TiloSession implements Session {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly transcript: Transcript;
  readonly environment: EnvironmentChanges;
  readonly profile: Profile;
  readonly settings: Settings;
  readonly ready: Ready;
  /** Starts the plugin once more, with other variables; it ends with this session. */
  readonly startBeside: StartBeside<TiloSession>;
  /** How the plugin had ended by the time the wait for its ready line was over; absent when it still ran. */
  readonly earlyExit: Exit | undefined;
  readonly exchanges: Noted[] = [];
  reach: Reach | undefined;
  /** The first request, to a path nobody serves. */
  greeting: Noted | undefined;
  /** A request that is known to be answered. */
  signOfLife: SessionRequest = { path: unknownPath };
  /** Who is at the path, where we had listened there ourselves before the start. */
  occupant: Occupant | undefined;
  broken: Broken | undefined;
  leaving = false;

  constructor(parts: TiloSessionParts) {
    this.launch = parts.launch;
    this.plugin = parts.plugin;
    this.transcript = parts.plugin.transcript;
    this.environment = parts.environment;
    this.profile = parts.profile;
    this.settings = parts.settings;
    this.ready = parts.ready;
    this.startBeside = parts.startBeside;
    this.earlyExit = parts.plugin.exited;
  }

  /** Where the plugin was told to listen; empty when it was not. */
  get socketPath(): string {
    return this.environment['PLUGIN_SOCKET'] ?? '';
  }

  get readyAtMs(): number | undefined {
    return this.ready.arrival === 'ready' ? Math.round(this.ready.atMs) : undefined;
  }

  /** @throws Blocked when the plugin cannot be used */
  assertUsable(): void {
    if (this.broken) throw new Blocked(this.broken.by, this.broken.outcome.observed);
  }

  /** Makes one request and waits for its end, however that looks. @throws Blocked */
  async request(wanted: SessionRequest): Promise<Noted> {
    this.assertUsable();
    return this.send(wanted);
  }

  /** As `request`, for the host side, which does not know yet whether the plugin can be used. */
  async send({ odd, ...wanted }: SessionRequest): Promise<Noted> {
    const limitMs = wanted.limitMs ?? this.settings.deadlines.answerMs;
    const made = await exchange(this.socketPath, { ...wanted, limitMs });
    const evidence = this.transcript.add('call', `${made.verb} ${made.path}: ${describeExchange(made)}`);
    const isCut = made.end === 'closed' || made.end === 'truncated' || made.end === 'refused';
    const died = isCut && (await this.hasExited());
    const noted: Noted = { ...made, odd: odd === true, died, evidence };
    this.exchanges.push(noted);
    return noted;
  }

  /** Says that an exchange was one the host would make after all. */
  countAsOrdinary(made: Noted): void {
    this.exchanges.push({ ...made, odd: false });
  }

  /** Calls a path with a payload, as the host does. @throws Blocked */
  call(path: string, payload: unknown, more: Partial<SessionRequest> & { deadline?: string } = {}): Promise<Noted> {
    const { deadline, ...rest } = more;
    return this.request({ path, body: requestBody(payload, deadline), ...rest });
  }

  /** As `request`, for probes for which only the death of the plugin is no answer. @throws Blocked, PluginExited */
  async outlived(wanted: SessionRequest): Promise<Noted> {
    const made = await this.request(wanted);
    this.assertAlive(made);
    return made;
  }

  /** @throws PluginExited when an exchange was cut short because the plugin has ended */
  assertAlive({ died }: Noted): void {
    if (died) throw new PluginExited(this.plugin.exited ?? { atMs: 0 });
  }

  /**
   * As `assertAlive`, for probes that look at what is in an answer: one that breaks off is a matter of its own.
   * @throws PluginExited, Blocked
   */
  assertAnswered(made: Noted): void {
    this.assertAlive(made);
    if (!made.odd && (made.end === 'closed' || made.end === 'truncated' || made.end === 'malformed'))
      throw new Blocked('TILO-HTTP-005', describeExchange(made));
  }

  /** Whether the process has ended; a death shows on the socket a moment before its exit does. */
  hasExited(): Promise<boolean> {
    return hasExited(this.plugin, 150);
  }

  /** The last entries of the transcript that tell about calls, signals and the end. */
  recent(count = 6): readonly Evidence[] {
    return this.transcript.last(count, 'call', 'connection', 'signal', 'stderr', 'exit', 'census');
  }
}

/** What came of an exchange, in a few words. */
export function describeExchange(made: Exchange): string {
  const took = `after ${Math.round(made.durationMs)} ms`;
  if (made.end !== 'complete') {
    const words = {
      refused: 'the connection is refused',
      closed: 'the connection was closed without an answer',
      truncated: 'the answer broke off',
      malformed: 'what came back is not HTTP',
      timeout: 'no complete answer',
      'too-large': 'the answer has no end',
      aborted: 'the host went away',
    }[made.end];
    const status = made.status === undefined ? '' : `${made.status}, `;
    return `${status}${words} ${took}${made.error === undefined ? '' : ` (${made.error})`}`;
  }
  return `${made.status} ${describeBody(made.body)} ${took}`;
}

/** A body in a few words. */
export function describeBody(body: Buffer): string {
  if (body.byteLength === 0) return 'with an empty body';
  const read = firstValue(body);
  if (read.ok) return brief(read.value);
  const text = body.subarray(0, 160).toString('utf8').replace(/\s+/g, ' ').trim();
  return `${JSON.stringify(text)}${body.byteLength > 160 ? '…' : ''}`;
}
