/** Servers that speak HTTP/2 frame by frame, so that they can speak it wrongly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Address } from '../../src/wire/address.ts';

export const types = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const flags = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const settings = (): Buffer => frame(types.settings, 0, 0);

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  // HPACK's integers with a prefix of seven bits.
  const length: number[] = [];
  let left = bytes.byteLength;
  if (left < 127) length.push(left);
  else {
    length.push(127);
    for (left -= 127; left >= 128; left >>= 7) length.push((left & 127) | 128);
    length.push(left);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** A block of headers as literals, which need no table. */
export const block = (headers: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));

export const headers = (stream: number, fields: Readonly<Record<string, string>>, flag = 0): Buffer =>
  frame(types.headers, flags.endHeaders | flag, stream, block(fields));

export const data = (stream: number, payload: Uint8Array, flag = 0): Buffer => frame(types.data, flag, stream, payload);

/** A gRPC message with its prefix; `length` may lie. */
export function message(content: string, { compressed = 0, length = content.length } = {}): Buffer {
  return Buffer.concat([Buffer.from([compressed]), u32(length), Buffer.from(content)]);
}

export const response = { ':status': '200', 'content-type': 'application/grpc' };

export interface RawServer {
  readonly address: Address;
  readonly sockets: readonly Socket[];
}

/** Starts a server that ends with its test. */
export async function rawServer(onConnection: (socket: Socket) => void): Promise<RawServer> {
  const folder = mkdtempSync('/tmp/pt-');
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const path = `${folder}/s`;
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { address: { network: 'unix', path }, sockets };
}

const preface = 24;

/** Reads a client's frames behind its preface. */
export function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let held = Buffer.alloc(0);
  let skipped = false;
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    if (!skipped && held.byteLength >= preface) {
      held = held.subarray(preface);
      skipped = true;
    }
    while (skipped && held.byteLength >= 9) {
      const length = held.readUIntBE(0, 3);
      if (held.byteLength < 9 + length) return;
      const [type = 0, flag = 0] = [held[3], held[4]];
      onFrame({ type, flags: flag, stream: held.readUInt32BE(5), payload: held.subarray(9, 9 + length) });
      held = held.subarray(9 + length);
    }
  });
}

/** A server that greets as HTTP/2 demands and answers the beginning of every call. */
export function callServer(answer: (socket: Socket, stream: number) => void, seen: Frame[] = []): Promise<RawServer> {
  return rawServer((socket) => {
    socket.write(settings());
    readFrames(socket, (one) => {
      seen.push(one);
      if (one.type === types.settings && (one.flags & flags.ack) === 0)
        socket.write(frame(types.settings, flags.ack, 0));
      if (one.type === types.ping && (one.flags & flags.ack) === 0)
        socket.write(frame(types.ping, flags.ack, 0, one.payload));
      if (one.type === types.headers) answer(socket, one.stream);
    });
  });
}
