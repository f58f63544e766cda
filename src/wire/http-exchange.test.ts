import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { type Exchange, exchange, oneConnection } from './http-exchange.ts';

/** Serves bytes as they are; `answer` gets what was asked on a connection so far. */
async function server(answer: (socket: Socket, asked: string) => void): Promise<string> {
  const path = join(temporaryFolder(), 's');
  const listener: Server = createServer((socket) => {
    let asked = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      asked += chunk;
      answer(socket, asked);
    });
  });
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  onTestFinished(() => void listener.close());
  return path;
}

const ask = async (answer: string | Buffer, limitMs = 5000): Promise<Exchange> =>
  exchange(await server((socket) => socket.end(answer)), { path: '/x', body: '{}', limitMs });

describe('an exchange', () => {
  test('sends what the Go client sends, byte for byte', async () => {
    let seen = '';
    const path = await server((socket, asked) => {
      seen = asked;
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull');
    });
    await exchange(path, { path: '/modify', body: '{"a":1}', limitMs: 5000 });
    expect(seen).toBe(
      'POST /modify HTTP/1.1\r\nHost: plugin\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 7\r\n' +
        'Content-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n{"a":1}',
    );
  });

  const complete: readonly (readonly [string, string | Buffer, Partial<Record<'status' | 'body', unknown>>])[] = [
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull', { status: 200, body: 'null' }],
    [
      'in chunks',
      'HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n"a\r\n1\r\n"\r\n0\r\n\r\n',
      { body: '"a"' },
    ],
    ['up to the end', 'HTTP/1.1 404 X\r\nConnection: close\r\n\r\n"x"', { status: 404, body: '"x"' }],
    ['of HTTP/1.0', 'HTTP/1.0 404 X\r\n\r\n"x"', { status: 404, body: '"x"' }],
    ['with bare line feeds, which Go takes', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nnull', { body: 'null' }],
    [
      'with a long header',
      `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}\r\nContent-Length: 2\r\n\r\n{}`,
      { body: '{}' },
    ],
    ['with a length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}', { body: '{}' }],
    ['with blanks in names', 'HTTP/1.1 200 OK\r\nX Y: z\r\nX-Y : z\r\nContent-Length: 2\r\n\r\n{}', { body: '{}' }],
    [
      'with blanks in names after 100 Continue',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX Y: z\r\nContent-Length: 2\r\n\r\n{}',
      { body: '{}' },
    ],
    ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}', { status: 200 }],
    [
      'after 100 Continue',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
      { body: '{}' },
    ],
    [
      'in gzip',
      Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n'), gzipSync('"zip"')]),
      { body: '"zip"' },
    ],
  ];

  test.each(complete)('is complete %s', async (_, bytes, wanted) => {
    const made = await ask(bytes);
    expect({ ...made, body: made.body.toString() }).toMatchObject({ end: 'complete', ...wanted });
    expect(made.error).toBeUndefined();
  });

  const cut: readonly (readonly [Exchange['end'], string, string])[] = [
    ['closed', 'without an answer', ''],
    ['truncated', 'in the middle of the headers', 'HTTP/1.1 200 OK\r\nConte'],
    ['truncated', 'before its length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nnull'],
    ['truncated', 'before its last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnull\r\n'],
    ['malformed', 'with another protocol', '220 ready\r\n'],
    ['malformed', 'with a change of protocol', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ];

  test.each(cut)('is %s %s', async (end, _, bytes) => {
    expect((await ask(bytes)).end).toBe(end);
  });

  test('is refused where nobody listens', async () => {
    const made = await exchange(join(temporaryFolder(), 'none'), { path: '/x', limitMs: 5000 });
    expect(made).toMatchObject({ end: 'refused', error: 'ENOENT' });
  });

  test('ends at its limit, also in the middle of a body', async () => {
    const silent = await server(() => undefined);
    expect((await exchange(silent, { path: '/x', limitMs: 50 })).end).toBe('timeout');
    const endless = await server((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"'));
    expect(await exchange(endless, { path: '/x', limitMs: 200 })).toMatchObject({ end: 'timeout', status: 200 });
  });

  test('ends when it is told to', async () => {
    const path = await server(() => undefined);
    const made = await exchange(path, { path: '/x', limitMs: 5000, signal: AbortSignal.timeout(30) });
    expect(made.end).toBe('aborted');
  });

  test('uses a connection again where there is an agent', async () => {
    const path = await server((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 4\r\n\r\nnull'),
    );
    const agent = oneConnection();
    onTestFinished(() => agent.destroy());
    const first = await exchange(path, { path: '/x', body: '{}', limitMs: 5000, agent });
    const second = await exchange(path, { path: '/x', body: '{}', limitMs: 5000, agent });
    expect([first.reused, second.reused, second.end]).toEqual([false, true, 'complete']);
  });

  test('is closed when a kept connection ends over the next request', async () => {
    const path = await server((socket, asked) => {
      if (asked.split('POST').length > 2) socket.destroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull');
    });
    const agent = oneConnection();
    onTestFinished(() => agent.destroy());
    await exchange(path, { path: '/x', body: '{}', limitMs: 5000, agent });
    expect(await exchange(path, { path: '/x', body: '{}', limitMs: 5000, agent })).toMatchObject({
      end: 'closed',
      reused: true,
    });
  });
});

describe('bytes behind the answer', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull';

  test.each([['"}'], [answer], ['\n\n']])('%j do not spoil it, and are told', async (more) => {
    const made = await ask(answer + more);
    expect([made.end, made.body.toString(), made.surplus()]).toEqual(['complete', 'null', more]);
  });

  test('are heard on an idle connection too', async () => {
    const path = await server((socket) => {
      socket.write(answer);
      setTimeout(() => socket.write(answer), 20);
    });
    const agent = oneConnection();
    onTestFinished(() => agent.destroy());
    const made = await exchange(path, { path: '/x', body: '{}', limitMs: 5000, agent });
    await vi.waitFor(() => expect(made.surplus()).toBe(answer));
  });
});

test.each([
  ['null', 'unexpected EOF'],
  ['{"a":"b","c":1}', 'gzip: invalid header'],
])('%s is not gzip', async (body, words) => {
  const made = await ask(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  expect([made.end, made.body.toString(), made.unpackError]).toEqual(['complete', body, words]);
});
