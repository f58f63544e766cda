/**
 * One HTTP/1.1 exchange on a Unix socket, as a Go host makes it, with everything that can go wrong told apart. The
 * parser is as lenient as Go's: what a real host takes for an answer must not fail here.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAnswer } from './http-surplus.ts';
import { acceptLenientHeads, longestHead } from './lenient-head.ts';

/** The headers of Go's client in its order; `Content-Length` is added where there is a body. */
export const goHeaders: Readonly<Record<string, string>> = {
  Host: 'plugin',
  'User-Agent': 'Go-http-client/1.1',
  'Content-Type': 'application/json',
  'Accept-Encoding': 'gzip',
};

export interface ExchangeRequest {
  readonly path: string;
  /** `POST` unless said otherwise. */
  readonly verb?: string;
  readonly body?: Uint8Array | string;
  /** All headers but `Content-Length`; those of Go's client unless said otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the whole answer is there, in milliseconds. */
  readonly limitMs: number;
  /** Keeps the connection for the next exchange; without one every exchange has a connection of its own. */
  readonly agent?: Agent;
  /** Ends the exchange in its middle, as a host does that goes away. */
  readonly signal?: AbortSignal;
}

/** How an exchange ended. */
export type ExchangeEnd =
  | 'complete'
  /** The connection could not be made. */
  | 'refused'
  /** The connection was closed before any byte of an answer. */
  | 'closed'
  /** The answer broke off in its middle. */
  | 'truncated'
  /** What came is not HTTP. */
  | 'malformed'
  /** The time was over. */
  | 'timeout'
  /** The answer is longer than anybody needs. */
  | 'too-large'
  /** We ended it ourselves. */
  | 'aborted';

export interface Exchange {
  readonly verb: string;
  readonly path: string;
  readonly end: ExchangeEnd;
  /** The system's or the parser's word for it, unless complete. */
  readonly error?: string;
  readonly status?: number;
  /** Such as `1.1`. */
  readonly httpVersion?: string;
  /** Names in lower case; values of repeated headers joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as far as it came, decompressed where Go's client would. */
  readonly body: Buffer;
  /** Why the body cannot be unpacked, in the words of Go's client; the body is then as it came. */
  readonly unpackError?: string;
  readonly durationMs: number;
  /** Made on a connection that an earlier exchange had left open. */
  readonly reused: boolean;
  /** What has come behind the end of the answer until now, as latin1; on a kept connection more can follow. */
  readonly surplus: () => string;
}

/** More than this is not kept of an answer, in bytes. */
const longestBody = 64 * 1024 * 1024;
/** In longer answers nobody looks for bytes behind their end, in bytes. */
const longestHeard = 1024 * 1024;

/** Says that the next bytes of a connection begin an answer. */
const heads = new WeakMap<Socket, () => void>();

/**
 * Go's client keeps a connection whatever a header called Keep-Alive says, which Node's own agent heeds, and takes heads
 * of answers that Node's parser does not.
 */
class LastingAgent extends Agent {
  override createConnection(...given: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(...given);
    if (socket instanceof Socket) heads.set(socket, acceptLenientHeads(socket));
    return socket;
  }

  override keepSocketAlive(socket: Socket): boolean {
    socket.unref();
    return true;
  }
}

/** An agent that keeps one connection, for exchanges that follow one another on it. */
export const oneConnection = (): Agent => new LastingAgent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });

/** Who listens to a connection: the last exchange that was made on it. */
const listeners = new WeakMap<Socket, (chunk: Buffer) => void>();

/** Hears everything that comes on a connection, until the next exchange on it. */
function hear(socket: Socket, listener: (chunk: Buffer) => void): void {
  const last = listeners.get(socket);
  if (last) socket.off('data', last);
  listeners.set(socket, listener);
  // Before the parser, which may end everything over what it sees.
  socket.prependListener('data', listener);
}

/** Makes one exchange. Never throws for what the other side does. */
export function exchange(socketPath: string, wanted: ExchangeRequest): Promise<Exchange> {
  const { path, verb = 'POST', body, headers = goHeaders, limitMs, agent, signal } = wanted;
  const startedAt = performance.now();
  const own = agent ?? oneConnection();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let response: IncomingMessage | undefined;
    const heard: Buffer[] = [];
    let heardLength = 0;
    let length = 0;
    let reused = false;
    let settled = false;
    const settle = (end: ExchangeEnd, error?: string): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (end !== 'complete') sent.destroy();
      if (!agent) own.destroy();
      const surplus = (): string => (heardLength > longestHeard ? '' : afterAnswer(Buffer.concat(heard)));
      const result = { verb, path, end, reused, surplus, durationMs: performance.now() - startedAt };
      resolve({ ...result, ...(error !== undefined && { error }), ...describe(response, Buffer.concat(chunks)) });
    };
    const sent = request({
      socketPath,
      path,
      method: verb,
      agent: own,
      setHost: false,
      headers: withLength(headers, body),
      insecureHTTPParser: true,
      maxHeaderSize: longestHead,
    });
    // Go's client sends no such header.
    sent.removeHeader('Connection');
    const timer = setTimeout(() => settle('timeout', `nothing more within ${limitMs} ms`), limitMs);
    const abort = (): void => settle('aborted', 'ended by Plugfest');
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    sent.on('socket', (socket) => {
      reused = sent.reusedSocket;
      heads.get(socket)?.();
      hear(socket, (chunk) => {
        heardLength += chunk.byteLength;
        if (heardLength <= longestHeard) heard.push(chunk);
      });
    });
    sent.on('response', (incoming) => {
      response = incoming;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.byteLength;
        if (length > longestBody) settle('too-large', `more than ${longestBody} bytes`);
        else chunks.push(chunk);
      });
      incoming.on('end', () => (incoming.complete ? settle('complete') : settle('truncated', 'the body broke off')));
      incoming.on('error', (error) => settle(isParserError(error) ? 'malformed' : 'truncated', error.message));
      incoming.on('close', () => settle('truncated', 'the body broke off'));
    });
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      settle('malformed', '101 Switching Protocols');
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The parser stumbles over what stands behind the answer; its end is on its way.
      if (response?.complete) return;
      if (isParserError(error)) settle('malformed', error.message);
      else if (error.syscall === 'connect') settle('refused', error.code ?? error.message);
      else settle((sent.socket?.bytesRead ?? 0) > 0 && !reused ? 'truncated' : 'closed', error.code ?? error.message);
    });
    sent.end(body);
  });
}

const isParserError = (error: NodeJS.ErrnoException): boolean => error.code?.startsWith('HPE_') ?? false;

function withLength(headers: Readonly<Record<string, string>>, body: Uint8Array | string | undefined) {
  if (body === undefined) return headers;
  // Where Go's client has it.
  const { Host, 'User-Agent': agent, ...rest } = headers;
  return {
    ...(Host !== undefined && { Host }),
    ...(agent !== undefined && { 'User-Agent': agent }),
    'Content-Length': String(Buffer.byteLength(body)),
    ...rest,
  };
}

function describe(response: IncomingMessage | undefined, body: Buffer) {
  if (!response) return { headers: {}, body };
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  const facts = { status: response.statusCode ?? 0, httpVersion: response.httpVersion, headers };
  if (headers['content-encoding']?.toLowerCase() !== 'gzip' || body.byteLength === 0) return { ...facts, body };
  try {
    return { ...facts, body: gunzipSync(body, { maxOutputLength: longestBody }) };
  } catch (error) {
    return { ...facts, body, unpackError: unpackErrorOf(body, error as NodeJS.ErrnoException) };
  }
}

/** What `compress/gzip` says of bytes that zlib refuses. */
function unpackErrorOf(body: Buffer, { code, message }: NodeJS.ErrnoException): string {
  if (body.byteLength < 10 || code === 'Z_BUF_ERROR') return 'unexpected EOF';
  if (/data check|length check/.test(message)) return 'gzip: invalid checksum';
  return /header/.test(message) ? 'gzip: invalid header' : 'flate: corrupt input';
}
