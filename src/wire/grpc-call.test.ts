import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { certificate, key } from '../../test/support/certificate.ts';
import {
  block,
  callServer,
  data,
  type Frame,
  flags,
  frame,
  headers,
  message,
  rawServer,
  readFrames,
  response,
  settings,
  types,
  u32,
} from '../../test/support/raw-http2.ts';
import { until } from '../../test/support/until.ts';
import { type Address, connectSocket } from './address.ts';
import type { CallResult } from './grpc-call.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { connectTls } from './tls-connection.ts';

async function connectTo(address: Address): Promise<GrpcConnection> {
  const result = await connectSocket(address, 5000);
  if (!result.connected) throw new Error(result.message);
  const connection = new GrpcConnection(result.socket, { authority: 'unused', scheme: 'http' });
  onTestFinished(() => connection.close());
  return connection;
}

/** Calls a server that answers in its own way, and returns what came of it. */
async function callOnce(answer: (socket: Socket, stream: number) => void, limitMs = 5000): Promise<CallResult> {
  const { address } = await callServer(answer);
  const connection = await connectTo(address);
  return connection.unary('/a.B/C', Buffer.from('hello'), { limitMs });
}

const ok = { 'grpc-status': '0' };
const { endStream } = flags;

type Expected = Partial<Omit<CallResult, 'messages' | 'isUnary'>> & { readonly texts?: readonly string[] };

const shown = ({
  messages,
  durationMs: _,
  headers: __,
  trailers: ___,
  path: ____,
  isUnary: _____,
  ...rest
}: CallResult) => ({
  ...rest,
  texts: messages.map(({ bytes }) => bytes.toString()),
});

const none = { status: undefined, message: '', texts: [], resetCode: undefined, malformed: undefined };

/** Ends in one chunk with the bytes that make it end: Node would abort the whole process if it were reset at once. */
const allAtOnce = (content: Buffer) => (socket: Socket, id: number) =>
  socket.write(Buffer.concat([headers(id, response), data(id, content), headers(id, ok, endStream)]));

test.each<[string, Buffer]>([
  ['a flag that does not exist', message('odd', { compressed: 7 })],
  ['a length nobody reads', message('odd', { length: 0x7fffffff })],
])('%s in the same chunk as the end of the call', async (_, content) => {
  for (let round = 0; round < 20; round += 1) {
    const result = await callOnce(allAtOnce(content));
    expect(result.malformed).toBeDefined();
  }
});

test('a call that is cancelled within its own message, in the chunk that ends it', async () => {
  const { address } = await callServer(allAtOnce(message('one')));
  const connection = await connectTo(address);
  for (let round = 0; round < 20; round += 1) {
    const call = connection.call('/a.B/C', { onMessage: () => call.cancel() });
    expect((await call.result).messages).toHaveLength(1);
  }
});

test('a connection that is closed within a message', async () => {
  const { address } = await callServer(allAtOnce(message('one')));
  for (let round = 0; round < 20; round += 1) {
    const connection = await connectTo(address);
    const call = connection.call('/a.B/C', { onMessage: () => connection.close() });
    await call.result;
    expect((await connection.closed).error).toBeUndefined();
  }
});

describe('how a call ends', () => {
  test.each<[string, (socket: Socket, stream: number) => void, Expected]>([
    [
      'in order',
      (socket, id) => {
        socket.write(headers(id, response));
        socket.write(data(id, message('one')));
        socket.write(headers(id, { ...ok, 'grpc-message': 'fine' }, endStream));
      },
      { end: 'trailers', httpStatus: 200, status: 0, message: 'fine', texts: ['one'] },
    ],
    [
      'in order, in a single write with several messages',
      (socket, id) =>
        socket.write(
          Buffer.concat([
            headers(id, response),
            data(id, Buffer.concat([message('one'), message(''), message('three').subarray(0, 7)])),
            data(id, message('three').subarray(7)),
            headers(id, ok, endStream),
          ]),
        ),
      { end: 'trailers', httpStatus: 200, status: 0, texts: ['one', '', 'three'] },
    ],
    [
      'with trailers only',
      (socket, id) =>
        socket.write(headers(id, { ...response, 'grpc-status': '12', 'grpc-message': 'unknown service' }, endStream)),
      { end: 'trailers', httpStatus: 200, status: 12, message: 'unknown service' },
    ],
    [
      'with a message in percent-encoding',
      (socket, id) =>
        socket.write(headers(id, { ...response, 'grpc-status': '3', 'grpc-message': '5 %E2%82%AC%0A' }, endStream)),
      { end: 'trailers', httpStatus: 200, status: 3, message: '5 €\n' },
    ],
    [
      'with a message in broken percent-encoding',
      (socket, id) => socket.write(headers(id, { ...response, 'grpc-status': '3', 'grpc-message': '100%' }, endStream)),
      { end: 'trailers', httpStatus: 200, status: 3, message: '100%' },
    ],
    [
      'with a status that is no number',
      (socket, id) => socket.write(headers(id, { ...response, 'grpc-status': 'OK' }, endStream)),
      { end: 'trailers', httpStatus: 200 },
    ],
    [
      'without trailers',
      (socket, id) => {
        socket.write(headers(id, response));
        socket.write(data(id, message('one'), endStream));
      },
      { end: 'unfinished', httpStatus: 200, texts: ['one'] },
    ],
    [
      'with headers alone',
      (socket, id) => socket.write(headers(id, response, endStream)),
      { end: 'unfinished', httpStatus: 200 },
    ],
    [
      'by a reset',
      (socket, id) => socket.write(frame(types.rst, 0, id, u32(2))),
      { end: 'reset', httpStatus: undefined, resetCode: 2 },
    ],
    [
      'by a reset after the headers',
      (socket, id) => {
        socket.write(headers(id, response));
        socket.write(data(id, message('one')));
        socket.write(frame(types.rst, 0, id, u32(11)));
      },
      { end: 'reset', httpStatus: 200, resetCode: 11, texts: ['one'] },
    ],
    [
      'by a reset without an error',
      (socket, id) => socket.write(frame(types.rst, 0, id, u32(0))),
      { end: 'reset', httpStatus: undefined, resetCode: 0 },
    ],
    ['with the connection', (socket) => socket.destroy(), { end: 'lost', httpStatus: undefined }],
    [
      'with the connection, in the middle of a message',
      (socket, id) => {
        socket.write(headers(id, response));
        socket.end(data(id, message('one').subarray(0, 6)));
      },
      { end: 'lost', httpStatus: 200 },
    ],
    [
      'with the connection, told why',
      (socket) =>
        socket.end(frame(types.goaway, 0, 0, Buffer.concat([u32(0), u32(11), Buffer.from('too_many_pings')]))),
      { end: 'lost', httpStatus: undefined },
    ],
    [
      'with a message cut off before the trailers',
      (socket, id) => {
        socket.write(headers(id, response));
        socket.write(data(id, message('one', { length: 9 })));
        socket.write(headers(id, ok, endStream));
      },
      { end: 'trailers', httpStatus: 200, status: 0, malformed: '8 bytes that make no whole message' },
    ],
    [
      'with a flag that does not exist',
      (socket, id) => {
        socket.write(headers(id, response));
        socket.write(data(id, message('one', { compressed: 7 })));
      },
      { end: 'malformed', httpStatus: 200, malformed: 'a message begins with flag 7; only 0 and 1 exist' },
    ],
    [
      'with two gigabytes announced',
      (socket, id) => {
        socket.write(headers(id, response));
        socket.write(data(id, message('x', { length: 0x80000000 })));
      },
      { end: 'malformed', httpStatus: 200, malformed: 'a message of 2147483648 bytes; at most 16777216 are read' },
    ],
    [
      'as a web server without such a page ends it',
      (socket, id) => {
        socket.write(headers(id, { ':status': '404', 'content-type': 'text/plain' }));
        socket.write(data(id, Buffer.from('404 page not found\n'), endStream));
      },
      { end: 'unfinished', httpStatus: 404 },
    ],
    [
      'as a proxy without a server behind it ends it',
      (socket, id) => {
        socket.write(headers(id, { ':status': '503', 'content-type': 'text/html' }));
        socket.write(data(id, Buffer.from('<html>'), endStream));
      },
      { end: 'unfinished', httpStatus: 503 },
    ],
    [
      'with another content type',
      (socket, id) => {
        socket.write(headers(id, { ':status': '200', 'content-type': 'application/json' }));
        socket.write(data(id, Buffer.from('{}')));
        socket.write(headers(id, ok, endStream));
      },
      { end: 'trailers', httpStatus: 200, status: 0 },
    ],
  ])('%s', async (_, answer, expected) => {
    expect(shown(await callOnce(answer))).toEqual({ ...none, ...expected });
  });

  test('with headers and trailers as they came', async () => {
    const result = await callOnce((socket, id) => {
      socket.write(headers(id, { ...response, 'x-bin-bin': 'AQI', 'x-twice': 'a' }));
      socket.write(
        frame(
          types.headers,
          flags.endHeaders | endStream,
          id,
          Buffer.concat([block(ok), block({ a: '1' }), block({ a: '2' })]),
        ),
      );
    });
    expect(result.headers).toEqual({ ...response, 'x-bin-bin': 'AQI', 'x-twice': 'a' });
    expect(result.trailers).toEqual({ 'grpc-status': '0', a: '1, 2' });
    expect(result.path).toBe('/a.B/C');
  });

  test('at its limit: the plugin is told with a CANCEL', async () => {
    const seen: Frame[] = [];
    const { address } = await callServer((socket, id) => socket.write(headers(id, response)), seen);
    const connection = await connectTo(address);
    const began = performance.now();
    const result = await connection.unary('/a.B/C', Buffer.alloc(0), { limitMs: 100 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(99);
    expect(shown(result)).toEqual({ ...none, end: 'cancelled', httpStatus: 200 });
    expect(result.durationMs).toBeGreaterThanOrEqual(99);
    await until('it was told', () => seen.some(({ type }) => type === types.rst));
    expect(seen.filter(({ type }) => type === types.rst).map(({ payload }) => payload)).toEqual([u32(8)]);
  });

  test('at its limit, when the answer begins without headers', async () => {
    const result = await callOnce((socket, id) => socket.write(data(id, message('one'), endStream)), 300);
    expect(shown(result)).toEqual({ ...none, end: 'cancelled', httpStatus: undefined });
  });

  test.each<[string, Readonly<Record<string, string>>, Partial<CallResult>]>([
    ['with trailers', { ...response, 'grpc-status': '12' }, { end: 'trailers', status: 12 }],
    ['with a signed status', { ...response, 'grpc-status': '+12' }, { end: 'trailers', status: 12 }],
    ['without a status', response, { end: 'unfinished', status: undefined }],
  ])('%s, although our side was still open', async (_, fields, ended) => {
    const seen: Frame[] = [];
    const { address } = await callServer((socket, id) => socket.write(headers(id, fields, endStream)), seen);
    const connection = await connectTo(address);
    expect(await connection.call('/a.B/Stream').result).toMatchObject(ended);
    // Node says so with an empty frame that ends our side, and sometimes with RST_STREAM as well.
    const isEnd = (one: Frame): boolean => one.type === types.data && one.flags === endStream;
    await until('it was told', () => seen.some(isEnd));
    for (const { payload } of seen.filter(({ type }) => type === types.rst)) expect(payload).toEqual(u32(0));
  });

  test('when it was cancelled, which is no matter for the others', async () => {
    const { address } = await callServer((socket, id) => {
      if (id > 1) socket.write(headers(id, { ...response, ...ok }, endStream));
    });
    const connection = await connectTo(address);
    const call = connection.call('/a.B/Stream');
    expect(call.isOpen).toBe(true);
    expect((await connection.unary('/a.B/C', Buffer.alloc(0), { limitMs: 5000 })).status).toBe(0);
    call.cancel();
    expect(await call.result).toMatchObject({ end: 'cancelled', status: undefined });
    expect(call.isOpen).toBe(false);
    call.cancel();
    call.send(Buffer.from('late'));
    call.sendRaw(Buffer.from('late'));
    call.finish();
    expect((await connection.unary('/a.B/C', Buffer.alloc(0), { limitMs: 5000 })).status).toBe(0);
  });

  test('before it began, on a connection that is closed', async () => {
    const { address, sockets } = await callServer(() => undefined);
    const connection = await connectTo(address);
    await connection.settings;
    sockets[0]?.destroy();
    await connection.closed;
    expect(await connection.unary('/a.B/C', Buffer.alloc(0), { limitMs: 5000 })).toMatchObject({
      end: 'lost',
      httpStatus: undefined,
    });
  });
});

describe('what a call tells on the way', () => {
  test('messages as they come, and the first sign of an answer', async () => {
    let serve: Socket | undefined;
    const { address } = await callServer((socket) => {
      serve = socket;
    });
    const connection = await connectTo(address);
    await connection.settings;
    const heard: string[] = [];
    const call = connection.call('/a.B/Stream', { onMessage: ({ bytes }) => heard.push(bytes.toString()) });
    let answered = false;
    void call.answered.then(() => {
      answered = true;
    });
    await until('the call has begun', () => serve !== undefined);
    expect(answered).toBe(false);
    serve?.write(headers(1, response));
    await call.answered;
    serve?.write(data(1, message('a')));
    await until('a message has come', () => heard.length > 0);
    expect(heard).toEqual(['a']);
    serve?.write(Buffer.concat([data(1, message('b')), headers(1, ok, endStream)]));
    expect(await call.result).toMatchObject({ end: 'trailers', status: 0 });
    expect(heard).toEqual(['a', 'b']);
  });

  test('that an answer is compressed', async () => {
    const result = await callOnce((socket, id) => {
      socket.write(headers(id, { ...response, 'grpc-encoding': 'gzip' }));
      socket.write(data(id, message('zzz', { compressed: 1 })));
      socket.write(headers(id, ok, endStream));
    });
    expect(result.messages).toEqual([{ compressed: true, bytes: Buffer.from('zzz') }]);
    expect(result.headers['grpc-encoding']).toBe('gzip');
  });

  test('what was sent: framed, raw, and the end of it', async () => {
    const seen: Frame[] = [];
    const { address } = await callServer(() => undefined, seen);
    const connection = await connectTo(address);
    const call = connection.call('/a.B/C');
    call.send(Buffer.from('abc'));
    call.sendRaw(Buffer.from([0, 0]));
    call.finish();
    await until('all has come', () => seen.some((one) => one.type === types.data && one.flags === endStream));
    const sent = seen.filter(({ type }) => type === types.data);
    expect(Buffer.concat(sent.map(({ payload }) => payload))).toEqual(Buffer.from('\0\0\0\0\x03abc\0\0', 'latin1'));
    expect(sent.map((one) => one.flags)).toEqual([...sent.slice(1).map(() => 0), endStream]);
  });
});

describe('bounds', () => {
  const endless =
    (chunk: Buffer, first: Readonly<Record<string, string>> = response) =>
    (socket: Socket, id: number) => {
      socket.write(headers(id, first));
      const pump = (): void => {
        while (!socket.destroyed && socket.write(data(id, chunk)));
        socket.once('drain', pump);
      };
      // Flow control is the client's affair; a server that ignores it floods.
      pump();
    };

  test('more messages than anybody reads end the call', async () => {
    const many = Buffer.concat(Array.from({ length: 1000 }, () => message('')));
    const result = await callOnce((socket, id) => {
      socket.write(headers(id, response));
      for (let n = 0; n < 11; n += 1) socket.write(data(id, many));
    });
    expect(result.messages).toHaveLength(10_000);
    expect(result).toMatchObject({ end: 'cancelled', malformed: 'more messages than are read' });
  });

  test('messages without end, sent against all flow control, end the call', async () => {
    const before = process.memoryUsage().rss;
    const result = await callOnce(
      endless(Buffer.concat(Array.from({ length: 100 }, () => message('x'.repeat(100))))),
      2000,
    );
    expect(['cancelled', 'reset', 'lost']).toContain(result.end);
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });

  test('a page without end is not kept', async () => {
    const before = process.memoryUsage().rss;
    const result = await callOnce(
      endless(Buffer.alloc(16_000), { ':status': '200', 'content-type': 'text/html' }),
      1000,
    );
    expect(result.messages.length).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });

  test.each([
    ['one header of a megabyte', 1, 1_000_000],
    ['a hundred thousand headers', 100_000, 20],
  ])('%s', async (_, count, size) => {
    const result = await callOnce((socket, id) => {
      const fields = Buffer.concat([
        block(response),
        ...Array.from({ length: count }, (__, n) => block({ [`x-${n}`]: 'y'.repeat(size) })),
      ]);
      socket.write(frame(types.headers, 0, id, fields.subarray(0, 16_000)));
      for (let at = 16_000; at < fields.byteLength; at += 16_000)
        socket.write(
          frame(
            types.continuation,
            at + 16_000 >= fields.byteLength ? flags.endHeaders : 0,
            id,
            fields.subarray(at, at + 16_000),
          ),
        );
    }, 2000);
    expect(['cancelled', 'reset', 'lost']).toContain(result.end);
    expect(result.status).toBeUndefined();
  });

  test('a server that reads nothing cannot hold a call for longer than its limit', async () => {
    const { address } = await rawServer((socket) => {
      socket.pause();
      socket.write(settings());
      // Room for everything, and then nobody takes it.
      socket.write(frame(types.windowUpdate, 0, 0, u32(0x7f000000 - 65_535)));
      socket.write(frame(types.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(0x7f000000)])));
    });
    const connection = await connectTo(address);
    await connection.settings;
    const began = performance.now();
    const result = await connection.unary('/a.B/C', Buffer.alloc(8_000_000), { limitMs: 200 });
    expect(shown(result)).toEqual({ ...none, end: 'cancelled', httpStatus: undefined });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(await connection.ping(100)).toBeUndefined();
    connection.close();
    await connection.closed;
  });
});

test('answers that share one TLS record are read whole', async () => {
  const count = 20;
  const { address } = await rawServer((socket) => {
    const tls = new TLSSocket(socket, { isServer: true, key, cert: certificate, ALPNProtocols: ['h2'] });
    tls.on('error', () => undefined);
    tls.write(settings());
    const waiting: number[] = [];
    readFrames(tls, ({ type, stream }) => {
      if (type === types.settings) tls.write(frame(types.settings, flags.ack, 0));
      if (type !== types.headers || waiting.push(stream) < count) return;
      const answer = (id: number) => [headers(id, response), data(id, message('one')), headers(id, ok, endStream)];
      tls.write(Buffer.concat(waiting.flatMap(answer)));
    });
  });
  const plain = await connectSocket(address, 5000);
  if (!plain.connected) throw new Error(plain.message);
  const secured = await connectTls(plain.socket, { limitMs: 5000 });
  if (!secured.connected) throw new Error(secured.message);
  const connection = new GrpcConnection(secured.socket, { authority: 'localhost', scheme: 'https' });
  onTestFinished(() => connection.close());
  const results = await Promise.all(
    Array.from({ length: count }, () => connection.unary('/a.B/C', Buffer.from('hello'), { limitMs: 5000 })),
  );
  const whole = { ...none, end: 'trailers', httpStatus: 200, status: 0, texts: ['one'] };
  expect(results.map(shown)).toEqual(results.map(() => whole));
});
