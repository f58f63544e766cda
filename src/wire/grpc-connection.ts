/**
 * A gRPC client that sends exactly what a Go host sends and shows exactly what came back: no `grpc-accept-encoding`,
 * no `grpc-timeout`, cancellation instead of a deadline, raw headers, trailers and resets. grpc-js always adds the
 * former and hides the latter, so protocol verdicts cannot rest on it.
 */
import { randomBytes } from 'node:crypto';
import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { type CallOptions, type CallResult, GrpcCall } from './grpc-call.ts';

/** The user agent of a Go host, where nothing else is said. */
const defaultUserAgent = 'grpc-go/1.83.0';
/** A Go host counts bytes of headers, up to 16 MiB, and not the headers. */
const maxHeaderListPairs = 10_000;
/** How long a connection that was closed may take to say so. */
const farewellMs = 250;

export interface GrpcConnectionOptions {
  /** `:authority` of every request: a Go host sends `unused` in plain text and `localhost` under TLS. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  /** That of a current grpc-go unless said otherwise. */
  readonly userAgent?: string;
}

/** What ended a connection. */
export interface ConnectionEnd {
  /** Error code and text of a GOAWAY frame, where one came. */
  readonly goaway?: { readonly code: number; readonly text: string };
  readonly error?: string;
}

export class GrpcConnection {
  readonly options: GrpcConnectionOptions;
  /** The settings of the plugin, once its SETTINGS frame came; never rejects. */
  readonly settings: Promise<http2.Settings | undefined>;
  /** Settles when the connection is gone. */
  readonly closed: Promise<ConnectionEnd>;
  /** Settles with the first GOAWAY frame, and never without one. */
  readonly goneAway: Promise<void>;
  readonly #session: http2.ClientHttp2Session;
  readonly #socket: Duplex;
  readonly #openedAt = performance.now();
  #settingsAfterMs: number | undefined;
  #maxStreams: number | undefined;
  #goaway: ConnectionEnd['goaway'];
  #error: string | undefined;
  #isClosed = false;

  /** @param socket a connected socket, plain or TLS */
  constructor(socket: Duplex, options: GrpcConnectionOptions) {
    this.options = options;
    this.#socket = socket;
    this.#session = http2.connect(`${options.scheme}://${options.authority}`, {
      createConnection: () => socket,
      maxHeaderListPairs,
    });
    const session = this.#session;
    this.closed = new Promise((resolve) => {
      session.once('close', () => {
        this.#isClosed = true;
        resolve(this.#end());
      });
    });
    let onGoaway: () => void = () => undefined;
    this.goneAway = new Promise((resolve) => {
      onGoaway = resolve;
    });
    session.on('goaway', (code: number, _last: number, data?: Uint8Array) => {
      this.#goaway = { code, text: Buffer.from(data ?? []).toString('utf8') };
      onGoaway();
    });
    session.on('remoteSettings', ({ maxConcurrentStreams }: http2.Settings) => {
      this.#maxStreams = maxConcurrentStreams;
    });
    session.on('error', (error: Error) => {
      this.#error ??= error.message;
    });
    // What ended before the session was there, the session would wait for in vain.
    if (socket.destroyed) session.destroy();
    else socket.read(0);
    this.settings = new Promise((resolve) => {
      session.once('remoteSettings', (settings) => {
        this.#settingsAfterMs = performance.now() - this.#openedAt;
        resolve(settings);
      });
      void this.closed.then(() => resolve(undefined));
    });
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#session.closed || this.#session.destroyed;
  }

  /** Milliseconds from the client's preface to the plugin's SETTINGS frame. */
  get settingsAfterMs(): number | undefined {
    return this.#settingsAfterMs;
  }

  /** How many streams the plugin allows at once by now: later SETTINGS frames count as well. */
  get maxStreams(): number | undefined {
    return this.#maxStreams;
  }

  /** The GOAWAY frame the plugin sent, if any. */
  get goaway(): ConnectionEnd['goaway'] {
    return this.#goaway;
  }

  /** What a call begins with. */
  headersOf(path: string): Readonly<Record<string, string>> {
    const { authority, scheme, userAgent = defaultUserAgent } = this.options;
    return {
      ':method': 'POST',
      ':scheme': scheme,
      ':path': path,
      ':authority': authority,
      'content-type': 'application/grpc',
      'user-agent': userAgent,
      te: 'trailers',
    };
  }

  /** Begins a call. `path` is `/package.Service/Method`. */
  call(path: string, options: CallOptions = {}): GrpcCall {
    const open = () => this.#session.request({ ...this.headersOf(path), ...options.metadata });
    return new GrpcCall(path, { open, isLost: () => this.#session.destroyed }, options);
  }

  /** One request message, and everything that came back. Cancels after `limitMs`. */
  unary(path: string, message: Uint8Array, options: CallOptions & { readonly limitMs: number }): Promise<CallResult> {
    const call = this.call(path, { ...options, isUnary: true });
    call.send(message);
    call.finish();
    return call.resultWithin(options.limitMs);
  }

  /** Sends a PING; the time to its answer in milliseconds, or `undefined` when none came in time. */
  ping(limitMs: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), limitMs);
      const settle = (value: number | undefined) => {
        clearTimeout(timer);
        resolve(value);
      };
      const payload = randomBytes(8);
      try {
        // Node takes any answer for the right one; the right one holds the same bytes (RFC 9113, 6.7).
        this.#session.ping(payload, (error, duration, answer) =>
          settle(error || !payload.equals(answer) ? undefined : duration),
        );
      } catch {
        settle(undefined);
      }
    });
  }

  /** Closes at once, as a host that is done does. */
  close(): void {
    this.#isClosed = true;
    // Not from within an event of a stream: nghttp2 may still be reading the bytes that it tells of.
    setImmediate(() => this.#session.destroy());
    // The farewell of HTTP/2 must be read to be sent; a plugin that reads nothing would keep the socket open for ever.
    const timer = setTimeout(() => this.#socket.destroy(), farewellMs);
    void this.closed.then(() => clearTimeout(timer));
  }

  #end(): ConnectionEnd {
    return { ...(this.#goaway && { goaway: this.#goaway }), ...(this.#error !== undefined && { error: this.#error }) };
  }
}
