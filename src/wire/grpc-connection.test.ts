import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  callServer,
  flags,
  frame,
  headers,
  rawServer,
  response,
  settings,
  types,
  u32,
} from '../../test/support/raw-http2.ts';
import { until } from '../../test/support/until.ts';
import { type Address, connectSocket } from './address.ts';
import { GrpcConnection } from './grpc-connection.ts';

async function socketTo(address: Address): Promise<Socket> {
  const result = await connectSocket(address, 5000);
  if (!result.connected) throw new Error(result.message);
  return result.socket;
}

async function connectTo(address: Address): Promise<GrpcConnection> {
  const connection = new GrpcConnection(await socketTo(address), { authority: 'unused', scheme: 'http' });
  onTestFinished(() => connection.close());
  return connection;
}

const settle = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve('never'), 5000))]);

describe('what goes over the wire', () => {
  test('is the greeting of grpc-go: a preface and an empty SETTINGS frame, no WINDOW_UPDATE', async () => {
    const chunks: Buffer[] = [];
    const { address } = await rawServer((socket) => {
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    });
    await connectTo(address);
    const all = () => Buffer.concat(chunks);
    await until('the greeting is there', () => all().byteLength >= 33);
    expect(all().toString('latin1')).toBe('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  });

  test('is exactly what a Go host sends with a call, in its order', async () => {
    const requests: string[][] = [];
    const bodies: Buffer[] = [];
    const server = http2.createServer();
    server.on('stream', (stream, _headers, _flags, raw?: string[]) => {
      requests.push(raw ?? []);
      stream.on('data', (chunk: Buffer) => bodies.push(chunk));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end();
    });
    const path = `/tmp/pt-${process.pid}-h2`;
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    const connection = await connectTo({ network: 'unix', path });
    const health = Buffer.from([0x0a, 0x06, ...Buffer.from('plugin')]);
    const result = await connection.unary('/grpc.health.v1.Health/Check', health, { limitMs: 5000 });
    expect(result).toMatchObject({ end: 'trailers', status: 0 });
    await connection.unary('/a.B/C', Buffer.alloc(0), {
      limitMs: 5000,
      metadata: { 'x-id': '7', 'grpc-timeout': '1S' },
    });
    const pairs = requests.map((raw) => raw.flatMap((name, n) => (n % 2 === 0 ? [`${name}: ${raw[n + 1]}`] : [])));
    const common = (at: string) => [
      ':method: POST',
      ':scheme: http',
      `:path: ${at}`,
      ':authority: unused',
      'content-type: application/grpc',
      'user-agent: grpc-go/1.83.0',
      'te: trailers',
    ];
    expect(pairs).toEqual([
      common('/grpc.health.v1.Health/Check'),
      [...common('/a.B/C'), 'x-id: 7', 'grpc-timeout: 1S'],
    ]);
    expect(Buffer.concat(bodies).toString('hex')).toBe('00000000080a06706c7567696e0000000000');
    connection.close();
  });
});

describe('settings', () => {
  test('are those of the plugin, with the time they took', async () => {
    const { address } = await rawServer((socket) => {
      // SETTINGS_MAX_CONCURRENT_STREAMS.
      socket.write(frame(types.settings, 0, 0, Buffer.concat([Buffer.from([0, 3]), u32(7)])));
    });
    const connection = await connectTo(address);
    expect(connection.settingsAfterMs).toBeUndefined();
    expect(await connection.settings).toMatchObject({ maxConcurrentStreams: 7 });
    expect(connection.settingsAfterMs).toBeGreaterThan(0);
    expect(connection.isClosed).toBe(false);
  });

  test('that came before anybody asked are not lost', async () => {
    const { address } = await rawServer((socket) => void socket.write(settings()));
    const socket = await socketTo(address);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const connection = new GrpcConnection(socket, { authority: 'unused', scheme: 'http' });
    onTestFinished(() => connection.close());
    expect(await settle(connection.settings)).toBeTypeOf('object');
  });

  test('without end are not read for ever', async () => {
    const before = process.memoryUsage().rss;
    const flood = Buffer.concat(
      Array.from({ length: 2000 }, () =>
        frame(types.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(65_535)])),
      ),
    );
    const { address } = await rawServer((socket) => {
      // The answers pile up, because nobody reads them.
      const pump = (): void => {
        while (!socket.destroyed && socket.write(flood));
        socket.once('drain', pump);
      };
      pump();
    });
    const connection = await connectTo(address);
    const result = await connection.unary('/a.B/C', Buffer.alloc(0), { limitMs: 1000 });
    expect(['lost', 'cancelled', 'reset']).toContain(result.end);
    connection.close();
    expect(await settle(connection.closed)).toBeTypeOf('object');
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });
});

describe('the end of a connection', () => {
  test.each<[string, (socket: Socket) => void, object]>([
    ['closed without a word', (socket) => socket.end(), {}],
    ['reset', (socket) => socket.destroy(), {}],
    [
      'closed with GOAWAY',
      (socket) => {
        socket.write(settings());
        socket.end(frame(types.goaway, 0, 0, Buffer.concat([u32(0), u32(11), Buffer.from('too_many_pings')])));
      },
      { goaway: { code: 11, text: 'too_many_pings' }, error: 'Session closed with error code 11' },
    ],
    [
      'closed with GOAWAY in peace',
      (socket) => {
        socket.write(settings());
        socket.end(frame(types.goaway, 0, 0, Buffer.concat([u32(0), u32(0), Buffer.from('max_age')])));
      },
      { goaway: { code: 0, text: 'max_age' } },
    ],
    ['answered in HTTP/1.1', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), { error: 'Protocol error' }],
  ])('%s', async (_, behave, end) => {
    const { address } = await rawServer(behave);
    const connection = await connectTo(address);
    expect(await settle(connection.closed)).toEqual(end);
    expect(connection.isClosed).toBe(true);
    expect(connection.goaway).toEqual('goaway' in end ? end.goaway : undefined);
    if (!('goaway' in end)) expect(await connection.settings).toBeUndefined();
    expect(await connection.ping(1000)).toBeUndefined();
  });

  test.each<[string, (socket: Socket) => void]>([
    ['half closed', (socket) => socket.end()],
    ['half closed after its settings', (socket) => socket.end(settings())],
    ['closed', (socket) => socket.destroy()],
  ])('%s before anybody spoke on it is noticed all the same', async (_, behave) => {
    const { address } = await rawServer(behave);
    const socket = await socketTo(address);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const connection = new GrpcConnection(socket, { authority: 'unused', scheme: 'http' });
    onTestFinished(() => connection.close());
    expect(await settle(connection.closed)).toBeTypeOf('object');
    expect(await settle(connection.settings)).not.toBe('never');
    expect(await connection.unary('/a.B/C', Buffer.alloc(0), { limitMs: 1000 })).toMatchObject({ end: 'lost' });
  });

  test('by us is quick, and seen by the other side', async () => {
    const ends: string[] = [];
    const { address } = await rawServer((socket) => {
      socket.write(settings());
      socket.on('end', () => ends.push('end'));
      socket.on('close', () => ends.push('close'));
      socket.resume();
    });
    const connection = await connectTo(address);
    await connection.settings;
    connection.close();
    connection.close();
    expect(await settle(connection.closed)).toEqual({});
    await until('the server has noticed', () => ends.includes('end'));
  });

  test('calls that were under way are lost', async () => {
    const { address, sockets } = await callServer((socket, id) => socket.write(headers(id, response)));
    const connection = await connectTo(address);
    const calls = [connection.call('/a.B/One'), connection.call('/a.B/Two')];
    await Promise.all(calls.map((call) => call.answered));
    sockets[0]?.destroy();
    const results = await Promise.all(calls.map((call) => call.result));
    expect(results.map(({ end, path }) => [end, path])).toEqual([
      ['lost', '/a.B/One'],
      ['lost', '/a.B/Two'],
    ]);
  });
});

describe('ping', () => {
  test('takes the time of an answer', async () => {
    const { address } = await callServer(() => undefined);
    const connection = await connectTo(address);
    await connection.settings;
    expect(await connection.ping(5000)).toBeGreaterThan(0);
  });

  test('that is not answered ends at its limit', async () => {
    const { address } = await rawServer((socket) => {
      socket.write(settings());
      socket.write(frame(types.settings, flags.ack, 0));
      socket.resume();
    });
    const connection = await connectTo(address);
    const began = performance.now();
    expect(await connection.ping(100)).toBeUndefined();
    expect(performance.now() - began).toBeGreaterThanOrEqual(99);
  });
});
