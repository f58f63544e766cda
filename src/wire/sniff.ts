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
  if (bytes.byteLength >= 9 && bytes[3] === 4) return 'http2';
  if (bytes.byteLength >= 12 && bytes[0] === 0 && (bytes[1] ?? 9) <= 3) return 'yamux';
  return 'other';
}

/** Sends an HTTP/2 preface on a fresh connection and looks at what comes back; then tries TLS. Never throws. */
export async function sniff(address: Address, limitMs: number): Promise<Sniffed> {
  const result = await connectSocket(address, limitMs);
  if (!result.connected) return { speech: 'refuses', bytes: Buffer.alloc(0) };
  const { socket } = result;
  const chunks: Buffer[] = [];
  const closed = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), limitMs);
    const done = () => {
      clearTimeout(timer);
      resolve(true);
    };
    socket.on('data', (chunk: Buffer) => {
      if (chunks.length < 16) chunks.push(chunk);
    });
    socket.once('end', done);
    socket.once('close', done);
    socket.write(prefaceWithSettings);
  });
  socket.destroy();
  const bytes = Buffer.concat(chunks).subarray(0, 256);
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
    tls.once('secureConnect', () => settle(true));
    // An alert is an answer in TLS as well.
    tls.once('error', (error: NodeJS.ErrnoException) => settle(/alert/i.test(error.message)));
    tls.once('close', () => settle(false));
  });
}
