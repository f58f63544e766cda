/** One gRPC call in flight, and the bare facts of how it ended. Never throws for what a plugin does. */

import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { errorText } from './error-text.ts';
import { FrameReader, frameMessage, type GrpcMessage, messagePrefix } from './grpc-frame.ts';

export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly isUnary?: true;
  /** Sees each message as it comes. */
  readonly onMessage?: (message: GrpcMessage) => void;
  /** The longest message that is read, in bytes; 16 MiB unless said otherwise. */
  readonly messageLimit?: number;
}

/** How a call ended. */
export interface CallResult {
  readonly path: string;
  /** One message was sent, and one must come back with OK. */
  readonly isUnary: boolean;
  readonly durationMs: number;
  /**
   * `trailers`: in order. `unfinished`: in order, but without a status. `reset`: RST_STREAM. `lost`: with the
   * connection. `cancelled`: by us, at its limit or because more came than is kept. `malformed`: by us, because what
   * came cannot be read.
   */
  readonly end: 'trailers' | 'reset' | 'lost' | 'cancelled' | 'malformed' | 'unfinished';
  readonly httpStatus: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  /** `grpc-status` of the headers that ended the call; `undefined` when it was missing or no number. */
  readonly status: number | undefined;
  /** `grpc-message`, decoded. */
  readonly message: string;
  readonly messages: readonly GrpcMessage[];
  readonly resetCode: number | undefined;
  /** A fault in the framing of messages. */
  readonly malformed: string | undefined;
}

const mostMessages = 10_000;
const mostBytes = 64 * 1024 * 1024;
/** The first DATA frame of a Go host holds the prefix and what comes after it; a copy of more than this costs too much. */
const copiedBytes = 64 * 1024;
const noError = 0;
const cancelCode = 8;
/** How long a cancelled call may take to close: a plugin that reads nothing keeps even a RST_STREAM from being sent. */
const farewellMs = 250;

const isGrpc = (headers: IncomingHttpHeaders): boolean =>
  /^application\/grpc(?:[+;]|$)/.test(headers['content-type'] ?? '') && Number(headers[':status']) === 200;

const flatten = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
  );

/** grpc-go reads a number of 32 bits; anything else is no status. */
const readStatus = (text: string | undefined): number | undefined =>
  text !== undefined && /^\+?\d{1,10}$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : undefined;

const decodeMessage = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export class GrpcCall {
  /** Settles when the call is over, however it ended. */
  readonly result: Promise<CallResult>;
  readonly #path: string;
  readonly #isUnary: boolean;
  readonly #stream: ClientHttp2Stream | undefined;
  readonly #isLost: () => boolean;
  readonly #startedAt = performance.now();
  readonly #reader: FrameReader;
  readonly #messages: GrpcMessage[] = [];
  #headers: IncomingHttpHeaders = {};
  #trailers: IncomingHttpHeaders = {};
  /** The answer is one block of headers; only then does a status in them count. */
  #isTrailersOnly = false;
  #ended = false;
  #finished = false;
  #cancelled = false;
  #farewell: NodeJS.Timeout | undefined;
  #bytes = 0;
  #malformed: string | undefined;
  #isUnreadable = false;
  #settle: (result: CallResult) => void = () => undefined;
  #answer: () => void = () => undefined;
  /** Settles with the first sign of an answer: headers, or the end of the call. */
  readonly answered: Promise<void>;

  /**
   * @param open begins the stream; may throw when the connection has gone
   * @param isLost whether the connection has gone
   */
  constructor(
    path: string,
    { open, isLost }: { open: () => ClientHttp2Stream; isLost: () => boolean },
    options: CallOptions,
  ) {
    this.#path = path;
    this.#isUnary = options.isUnary ?? false;
    this.#isLost = isLost;
    this.#reader = new FrameReader(options.messageLimit ?? 16 * 1024 * 1024);
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.answered = new Promise((resolve) => {
      this.#answer = resolve;
    });
    void this.result.then(() => this.#answer());
    try {
      this.#stream = open();
    } catch {
      // The session is closed already.
      this.#finish('lost');
      return;
    }
    this.#listen(this.#stream, options);
  }

  /** True while the call has not ended. */
  get isOpen(): boolean {
    return !this.#finished;
  }

  get messages(): readonly GrpcMessage[] {
    return this.#messages;
  }

  send(message: Uint8Array): void {
    if (!this.#stream?.writable) return;
    if (message.byteLength <= copiedBytes) {
      this.#stream.write(frameMessage(message));
      return;
    }
    this.#stream.write(messagePrefix(message.byteLength));
    this.#stream.write(message);
  }

  /** Sends bytes as they are, framed or not. */
  sendRaw(bytes: Uint8Array): void {
    if (this.#stream?.writable) this.#stream.write(bytes);
  }

  /** Closes our side of the call. */
  finish(): void {
    if (this.#stream?.writable) this.#stream.end();
  }

  /** Ends the call as a client does that has lost interest: RST_STREAM with CANCEL. */
  cancel(): void {
    if (this.#finished) return;
    this.#cancelled = true;
    this.#reset(cancelCode);
    this.#farewell ??= setTimeout(() => this.#finish(this.#cause()), farewellMs);
  }

  /** The result; a call that is not over after `limitMs` is cancelled and says so. */
  async resultWithin(limitMs: number): Promise<CallResult> {
    const timer = setTimeout(() => this.cancel(), limitMs);
    try {
      return await this.result;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Resets the stream, but never from within its own events: Node would write while nghttp2 still reads the bytes these
   * events tell of, free the stream under it and end the whole process with an assertion (node_http2.cc).
   */
  #reset(code: number): void {
    setImmediate(() => this.#stream?.close(code));
  }

  #listen(stream: ClientHttp2Stream, options: CallOptions): void {
    stream.once('response', (headers, flags) => {
      this.#headers = headers;
      this.#isTrailersOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      this.#answer();
      // Not before: where frames share a TLS record, Node.js hands out data while the event for the headers still waits.
      stream.on('data', (chunk: Buffer) => this.#take(chunk, options));
    });
    stream.on('trailers', (trailers) => {
      this.#trailers = trailers;
    });
    stream.on('end', () => {
      this.#ended = true;
      // The call is over, whatever we still had to say: a Go host resets what it had not finished.
      if (!stream.writableEnded) this.#reset(noError);
    });
    stream.on('error', () => undefined);
    stream.on('close', () => this.#finish(this.#cause()));
  }

  #take(chunk: Buffer, options: CallOptions): void {
    // What a web server says in HTML is no message, and tells nothing that its status does not.
    if (this.#malformed !== undefined || this.#finished || !isGrpc(this.#headers)) return;
    this.#bytes += chunk.byteLength;
    try {
      for (const message of this.#reader.push(chunk)) {
        if (this.#messages.length >= mostMessages || this.#bytes > mostBytes) {
          this.#malformed = 'more messages than are read';
          this.cancel();
          return;
        }
        this.#messages.push(message);
        options.onMessage?.(message);
      }
    } catch (error) {
      this.#isUnreadable = true;
      this.#malformed = errorText(error);
      this.cancel();
    }
  }

  #finish(end: CallResult['end']): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#farewell);
    this.#settle(this.#report(end));
    setImmediate(() => this.#stream?.destroy());
  }

  #cause(): CallResult['end'] {
    if (this.#ending['grpc-status'] !== undefined) return 'trailers';
    if (this.#isUnreadable) return 'malformed';
    if (this.#cancelled) return 'cancelled';
    if (this.#ended && this.#headers[':status'] !== undefined && this.#stream?.rstCode === 0) return 'unfinished';
    return this.#isLost() ? 'lost' : 'reset';
  }

  /** The headers that end the call. */
  get #ending(): IncomingHttpHeaders {
    return this.#isTrailersOnly ? { ...this.#headers, ...this.#trailers } : this.#trailers;
  }

  #report(end: CallResult['end']): CallResult {
    const headers = flatten(this.#headers);
    const trailers = flatten(this.#trailers);
    const { 'grpc-status': status, 'grpc-message': text = '' } = flatten(this.#ending);
    const tail = this.#reader.held > 0 ? `${this.#reader.held} bytes that make no whole message` : undefined;
    return {
      path: this.#path,
      isUnary: this.#isUnary,
      durationMs: performance.now() - this.#startedAt,
      end,
      httpStatus: headers[':status'] === undefined ? undefined : Number(headers[':status']),
      headers,
      trailers,
      status: readStatus(status),
      message: decodeMessage(text),
      messages: this.#messages,
      resetCode: end === 'reset' ? this.#stream?.rstCode : undefined,
      malformed: this.#malformed ?? (end === 'trailers' ? tail : undefined),
    };
  }
}
