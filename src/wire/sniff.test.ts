import http from 'node:http';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { certificate, key } from '../../test/support/certificate.ts';
import { frame, rawServer, settings, types, u32 } from '../../test/support/raw-http2.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { type Speech, sniff } from './sniff.ts';

const yamux = (type: number, flag: number, length: number): Buffer =>
  Buffer.concat([Buffer.from([0, type, 0, flag]), u32(0), u32(length)]);

test.each<[string, Speech, (socket: Socket) => void]>([
  ['SETTINGS', 'http2', (socket) => void socket.write(settings())],
  [
    'SETTINGS with values',
    'http2',
    (socket) => void socket.write(frame(types.settings, 0, 0, Buffer.concat([Buffer.from([0, 3]), u32(100)]))),
  ],
  ['GOAWAY', 'http2', (socket) => socket.end(frame(types.goaway, 0, 0, Buffer.concat([u32(0), u32(1)])))],
  ['HTTP/1.1', 'http1', (socket) => socket.end('HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n')],
  ['a GoAway of yamux', 'yamux', (socket) => socket.end(yamux(3, 0, 1))],
  ['a ping of yamux', 'yamux', (socket) => void socket.write(yamux(2, 1, 0))],
  ['nothing at all', 'silent', () => undefined],
  ['a closed connection', 'closes', (socket) => socket.end()],
  ['a reset connection', 'closes', (socket) => socket.destroy()],
  ['text', 'other', (socket) => socket.end('hello\n')],
  ['text without end', 'other', (socket) => void setInterval(() => socket.write('y\n'.repeat(1000)), 1).unref()],
  ['zeros', 'other', (socket) => void socket.write(Buffer.alloc(5))],
  ['an alert of TLS', 'tls', (socket) => socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70]))],
])('%s is %s', async (_, speech, behave) => {
  const { address } = await rawServer((socket) => {
    socket.resume();
    behave(socket);
  });
  const began = performance.now();
  const sniffed = await sniff(address, 300);
  expect(sniffed.speech).toBe(speech);
  expect(sniffed.bytes.byteLength).toBeLessThanOrEqual(256);
  expect(performance.now() - began).toBeLessThan(5000);
});

test('what is certain is not waited for', async () => {
  const { address } = await rawServer((socket) => void socket.write(settings()));
  const began = performance.now();
  expect(await sniff(address, 20_000)).toEqual({ speech: 'http2', bytes: settings() });
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('nobody refuses', async () => {
  const path = join(temporaryFolder(), 'none');
  expect(await sniff({ network: 'unix', path }, 300)).toEqual({ speech: 'refuses', bytes: Buffer.alloc(0) });
});

async function listening(server: {
  listen(path: string, then: () => void): unknown;
  close(): unknown;
}): Promise<string> {
  const path = join(temporaryFolder(), 's');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

const tlsServer = (options: TlsOptions) =>
  createTlsServer({ cert: certificate, key, ...options }, (socket) => socket.on('error', () => undefined)).on(
    'tlsClientError',
    () => undefined,
  );

test.each<[string, Speech, () => Promise<string>]>([
  ['a TLS server', 'tls', () => listening(tlsServer({}))],
  [
    'a TLS server that wants a certificate',
    'tls',
    () => listening(tlsServer({ requestCert: true, rejectUnauthorized: true })),
  ],
  ['a TLS server with other protocols', 'tls', () => listening(tlsServer({ ALPNProtocols: ['http/1.1'] }))],
  ['a TLS server with versions of old', 'tls', () => listening(tlsServer({ maxVersion: 'TLSv1.2' }))],
  ['an HTTPS server', 'tls', () => listening(http2.createSecureServer({ cert: certificate, key }))],
  ['an HTTP/2 server', 'http2', () => listening(http2.createServer())],
  ['an HTTP/1.1 server', 'http1', () => listening(http.createServer())],
])('%s is %s', async (_, speech, serve) => {
  expect(await sniff({ network: 'unix', path: await serve() }, 2000)).toMatchObject({ speech });
});
