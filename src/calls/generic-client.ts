/**
 * Calls as a user's client makes them: through grpc-js, with a deadline, messages as bytes. Protocol verdicts never
 * rest on this client; see `src/wire/grpc-connection.ts` for the one that speaks as the host does.
 */
import { createRequire } from 'node:module';
import { createSecureContext } from 'node:tls';
import type {
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  ClientWritableStream,
  ServiceError,
  StatusObject,
} from '@grpc/grpc-js';
import type { Address } from '../wire/address.ts';

// Required as the CommonJS module it is: imported by two at once, Node 20 may show it without its exports.
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof import('@grpc/grpc-js');

/** What a client presents under TLS, as PEM; the server's certificate is judged elsewhere. */
export interface ClientIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface GenericRequest {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly kind: 'unary' | 'server_streaming' | 'client_streaming' | 'bidi_streaming';
  readonly messages: readonly Uint8Array[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
}

export interface GenericResult {
  readonly status: number;
  readonly message: string;
  readonly responses: readonly Buffer[];
  readonly trailers: Readonly<Record<string, string>>;
}

const target = (address: Address): string => {
  if (address.network === 'tcp')
    return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  return address.path.startsWith('@') ? `unix-abstract:${address.path.slice(1)}` : `unix:${address.path}`;
};

const mostResponses = 10_000;
const same = (bytes: Buffer): Buffer => bytes;

export class GenericClient {
  readonly #client: Client;

  constructor(address: Address, identity?: ClientIdentity) {
    const secure = identity && createSecureContext({ cert: identity.certificate, key: identity.key });
    const security = secure
      ? grpc.credentials.createFromSecureContext(secure, {
          rejectUnauthorized: false,
          checkServerIdentity: () => undefined,
        })
      : grpc.credentials.createInsecure();
    this.#client = new grpc.Client(target(address), security, {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.enable_retries': 0,
      ...(identity ? { 'grpc.ssl_target_name_override': 'localhost' } : { 'grpc.default_authority': 'localhost' }),
    });
  }

  /** Makes a call and waits for its status. Never throws for what the plugin answers. */
  call(request: GenericRequest): Promise<GenericResult> {
    const metadata = new grpc.Metadata();
    for (const [key, value] of Object.entries(request.metadata)) metadata.set(key, value);
    const options = { deadline: Date.now() + request.deadlineMs };
    const responses: Buffer[] = [];
    return new Promise((resolve) => {
      const finish = ({ code, details, metadata: trailers }: StatusObject): void => {
        const flat = Object.fromEntries(
          Object.entries(trailers.getMap()).map(([key, value]) => [key, value.toString()]),
        );
        resolve({ status: code, message: details, responses, trailers: flat });
      };
      const take = (error: ServiceError | null, response?: Buffer): void => {
        if (response && !error) responses.push(response);
      };
      const messages = request.messages.map((bytes) => Buffer.from(bytes));
      const first = messages[0] ?? Buffer.alloc(0);
      const { path } = request;
      const collect = <C extends ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>>(call: C): C => {
        call.on('data', (response: Buffer) => {
          responses.push(response);
          if (responses.length >= mostResponses) call.cancel();
        });
        return call;
      };
      const write = (call: ClientWritableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>): void => {
        for (const message of messages) call.write(message);
        call.end();
      };
      const watch = (call: ClientUnaryCall): void => {
        call.on('status', finish);
        call.on('error', () => undefined);
      };
      const client = this.#client;
      switch (request.kind) {
        case 'unary':
          return watch(client.makeUnaryRequest(path, same, same, first, metadata, options, take));
        case 'server_streaming':
          return watch(collect(client.makeServerStreamRequest(path, same, same, first, metadata, options)));
        case 'client_streaming': {
          const call = client.makeClientStreamRequest(path, same, same, metadata, options, take);
          watch(call);
          return write(call);
        }
        case 'bidi_streaming': {
          const call = collect(client.makeBidiStreamRequest(path, same, same, metadata, options));
          watch(call);
          return write(call);
        }
      }
    });
  }

  close(): void {
    this.#client.close();
  }
}
