/**
 * Reads a server's request for a client certificate from a bare TLS 1.2 handshake, where it travels in the clear. The
 * names of acceptable authorities are needed because Go, unlike OpenSSL, sends no certificate when its issuer is not
 * among them; no TLS library shows that list to a client.
 */
import { type Address, connectSocket } from './address.ts';

export interface CertificateRequest {
  /** DER names of acceptable authorities; any is acceptable when there are none. */
  readonly authorities: readonly Buffer[];
}

const handshakeRecord = 0x16;
const serverHelloDone = 14;
const certificateRequest = 13;

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const withLength16 = (body: Buffer): Buffer => Buffer.concat([u16(body.byteLength), body]);

const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), withLength16(body)]);

/** A ClientHello that any TLS 1.2 server takes, with the extensions of a Go client that matter. */
function clientHello(): Buffer {
  const name = Buffer.from('localhost');
  const suites = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0x009c, 0x002f];
  const groups = [0x001d, 0x0017, 0x0018, 0x0019];
  const algorithms = [0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603, 0x0201, 0x0203];
  const extensions = Buffer.concat([
    extension(0, withLength16(Buffer.concat([Buffer.from([0]), withLength16(name)]))),
    extension(10, withLength16(Buffer.concat(groups.map(u16)))),
    extension(11, Buffer.from([1, 0])),
    extension(13, withLength16(Buffer.concat(algorithms.map(u16)))),
    extension(16, withLength16(Buffer.concat([Buffer.from([2]), Buffer.from('h2')]))),
  ]);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 0x5a),
    Buffer.from([0]),
    withLength16(Buffer.concat(suites.map(u16))),
    Buffer.from([1, 0]),
    withLength16(extensions),
  ]);
  const message = Buffer.concat([Buffer.from([1, 0]), withLength16(body)]);
  return Buffer.concat([Buffer.from([handshakeRecord, 3, 1]), withLength16(message)]);
}

/** Handshake messages in the records read so far; `undefined` in place of a message that is not whole yet. */
function messagesOf(bytes: Buffer): readonly { readonly type: number; readonly body: Buffer }[] {
  const fragments: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.byteLength; ) {
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== handshakeRecord || at + 5 + length > bytes.byteLength) break;
    fragments.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  const stream = Buffer.concat(fragments);
  const messages: { type: number; body: Buffer }[] = [];
  for (let at = 0; at + 4 <= stream.byteLength; ) {
    const length = stream.readUIntBE(at + 1, 3);
    if (at + 4 + length > stream.byteLength) break;
    messages.push({ type: stream[at] ?? 0, body: stream.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return messages;
}

/** Parses the body of a TLS 1.2 CertificateRequest. @throws RangeError when it is cut short */
export function parseCertificateRequest(body: Buffer): CertificateRequest {
  const types = body.readUInt8(0);
  const algorithms = body.readUInt16BE(1 + types);
  let at = 1 + types + 2 + algorithms;
  const end = at + 2 + body.readUInt16BE(at);
  at += 2;
  const authorities: Buffer[] = [];
  while (at + 2 <= end) {
    const length = body.readUInt16BE(at);
    authorities.push(body.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { authorities };
}

/**
 * The server's request, `none` when it makes none, or `undefined` when it does not speak TLS 1.2.
 */
export async function readCertificateRequest(
  address: Address,
  limitMs: number,
): Promise<CertificateRequest | 'none' | undefined> {
  const result = await connectSocket(address, limitMs);
  if (!result.connected) return undefined;
  const { socket } = result;
  let bytes: Buffer = Buffer.alloc(0);
  return new Promise((resolve) => {
    const settle = (value: CertificateRequest | 'none' | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(value);
    };
    const timer = setTimeout(() => settle(undefined), limitMs);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.byteLength > 256 * 1024) return settle(undefined);
      const messages = messagesOf(bytes);
      const request = messages.find(({ type }) => type === certificateRequest);
      try {
        if (request) settle(parseCertificateRequest(request.body));
        else if (messages.some(({ type }) => type === serverHelloDone)) settle('none');
      } catch {
        settle(undefined);
      }
    });
    socket.once('close', () => settle(undefined));
    socket.write(clientHello());
  });
}
