/** Finds out what a server speaks that does not answer as HTTP/2 does. */
import { connect as tlsConnect } from 'node:tls';
import { type Address, connectSocket } from './address.ts';

export type Speech = 'http1' | 'tls' | 'yamux' | 'http2' | 'silent' | 'closes' | 'refuses' | 'other';

export interface Sniffed {
  readonly speech: Speech;
  /** The first bytes that came back. */
  readonly bytes: Buffer;
}

const prefaceWithSettings = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

function classify(bytes: Buffer, closed: boolean): Speech {
  const text = bytes.toString('latin1', 0, 16);
  if (bytes.byteLength === 0) return closed ? 'closes' : 'silent';
  if (/^HTTP\/1/.test(text)) return 'http1';
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3) return 'tls';
  if (bytes.byteLength >= 9 && isFrame(bytes)) return 'http2';
  if (bytes.byteLength >= 12 && isYamux(bytes)) return 'yamux';
  return 'other';
}

/** A server begins with SETTINGS; one that is offended may begin with GOAWAY. Both concern the whole connection. */
const isFrame = (bytes: Buffer): boolean =>
  (bytes[3] === 4 || (bytes[3] === 7 && bytes.readUIntBE(0, 3) >= 8)) && bytes.readUInt32BE(5) === 0;

/** Version 0, one of four types, and flags of which only the lower four exist. */
const isYamux = (bytes: Buffer): boolean =>
  bytes[0] === 0 && (bytes[1] ?? 9) <= 3 && bytes[2] === 0 && (bytes[3] ?? 99) <= 0x0f;

const keptBytes = 256;

/** Whether no further byte would tell more. */
function isCertain(bytes: Buffer): boolean {
  const speech = classify(bytes, false);
  return speech === 'http2' || speech === 'yamux' || (speech === 'http1' && bytes.includes('\n'));
}

/** Sends an HTTP/2 preface on a fresh connection and looks at what comes back; then tries TLS. Waits for each 500 ms unless said otherwise. Never throws. */
export async function sniff(address: Address, limitMs = 500): Promise<Sniffed> {
  const result = await connectSocket(address, limitMs);
  if (!result.connected) return { speech: 'refuses', bytes: Buffer.alloc(0) };
  const { socket } = result;
  let bytes = Buffer.alloc(0);
  const closed = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => settle(false), limitMs);
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk.subarray(0, keptBytes - bytes.byteLength)]);
      if (isCertain(bytes) || bytes.byteLength === keptBytes) settle(false);
    });
    socket.once('end', () => settle(true));
    socket.once('close', () => settle(true));
    socket.write(prefaceWithSettings);
  });
  socket.destroy();
  const speech = classify(bytes, closed);
  const maybeTls = speech === 'closes' || speech === 'silent' || speech === 'other' || speech === 'http1';
  return { speech: maybeTls && (await answersTls(address, limitMs)) ? 'tls' : speech, bytes };
}

async function answersTls(address: Address, limitMs: number): Promise<boolean> {
  const result = await connectSocket(address, limitMs);
  if (!result.connected) return false;
  return new Promise((resolve) => {
    const settle = (answer: boolean) => {
      clearTimeout(timer);
      tls.destroy();
      result.socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(false), limitMs);
    const tls = tlsConnect({
      socket: result.socket,
      rejectUnauthorized: false,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
    });
    tls.on('secureConnect', () => settle(true));
    // An alert is an answer in TLS as well.
    tls.on('error', (error: NodeJS.ErrnoException) => settle(/alert/i.test(error.message)));
    tls.on('close', () => settle(false));
  });
}
