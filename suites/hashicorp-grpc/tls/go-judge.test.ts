/**
 * What we say of certificates against what a real host on go-plugin does: each row is served by a TLS server, to us and
 * to the host, and both must come to the same end in the same words.
 */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, describe, type TestContext, test } from 'vitest';
import { field, makeCertificate } from '../../../fixtures/mutants/hashicorp-grpc/core/certificates.ts';
import type { HostReport } from '../../../scripts/fixtures/hosts.mjs';
import { realHosts } from '../../../scripts/fixtures/hosts.mjs';
import { Pool } from '../../../src/run/pool.ts';
import { connectSocket } from '../../../src/wire/address.ts';
import { readCertificateRequest } from '../../../src/wire/certificate-request.ts';
import { certificateRows } from '../../../test/support/certificate-rows.ts';
import { isRequired } from '../../../test/support/required.ts';
import { readCertificate } from './certificate-facts.ts';
import { judgeAnnounced, judgeCertificate, judgeReading, judgeRequest } from './go-judge.ts';
import { makeHostCertificate } from './host-certificate.ts';
import { Security } from './security.ts';

const run = promisify(execFile);
const host = realHosts().find(({ name }) => name === 'go-host');

/** Listens until the test ends. */
async function listen(options: TlsOptions, { onTestFinished }: TestContext): Promise<{ server: Server; port: number }> {
  // Small keys and old hashes are what this is about.
  const server = createServer({ ALPNProtocols: ['h2'], ciphers: 'DEFAULT:@SECLEVEL=0', ...options });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('secureConnection', (socket) => socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
}

async function connect(port: number): Promise<Socket> {
  const connected = await connectSocket({ network: 'tcp', host: '127.0.0.1', port }, 5000);
  if (!connected.connected) throw new Error(connected.message);
  return connected.socket;
}

/** What we expect of a host, in its words. */
async function ours(port: number, printed: string): Promise<string> {
  const security = new Security('', printed);
  if (security.field.hostError !== undefined) return security.field.hostError;
  const result = await security.secure(await connect(port), { limitMs: 10_000 });
  const { announced } = security;
  if (!result.connected) {
    // The server has no signature that we would read either: field 6 has to say it all.
    const [fault] = announced ? judgeAnnounced(announced) : [];
    return fault?.hostSays ?? `no handshake: ${result.message}`;
  }
  security.facts = result.facts;
  result.socket.destroy();
  const unread = judgeReading(result.facts.served);
  if (unread?.hostSays !== undefined) return unread.hostSays;
  const faults = judgeCertificate({ announced, served: security.served, now: new Date() });
  return faults.find(({ hostSays }) => hostSays !== undefined)?.hostSays ?? 'ok';
}

// Without a certificate in field 6 a host asks the authorities of its machine: here there are none.
const noAuthorities = mkdtempSync('/tmp/pt-');
afterAll(() => rmSync(noAuthorities, { recursive: true }));

async function askHost(port: number, field: string): Promise<HostReport> {
  const env = { ...process.env, SSL_CERT_FILE: '/dev/null', SSL_CERT_DIR: noAuthorities };
  const { stdout } = await run(host?.program ?? '', ['--tls-server', `127.0.0.1:${port}`, '--server-cert', field], {
    env,
  });
  return JSON.parse(stdout) as HostReport;
}

async function theirs(port: number, field: string): Promise<string> {
  const { phases } = await askHost(port, field);
  const last = phases.start === 'ok' ? (phases.ping ?? phases.handshake) : phases.start;
  return last ?? JSON.stringify(phases);
}

const unforeseeable: readonly (readonly [RegExp, string])[] = [
  [/current time [\dTZ:.-]+/, 'current time …'],
  // Which part of something that is no certificate Go finds malformed first.
  [/x509: malformed .*/, 'x509: malformed …'],
];

const shown = (text: string): string =>
  unforeseeable.reduce((changed, [pattern, instead]) => changed.replace(pattern, instead), text);

const room = new Pool(4);
const limitMs = 240_000;

const isGap = !host?.available && !isRequired('go');

describe.concurrent('a Go host and we agree on', () => {
  test.skipIf(isGap).for(Object.entries(certificateRows))('%s', { timeout: limitMs }, async ([, make], context) => {
    const leave = await room.enter();
    try {
      const row = make();
      const cert = [row.served, ...(row.chain ?? [])].map(({ pem }) => pem).join('');
      const { port } = await listen({ key: row.served.keyPem, cert }, context);
      const we = await ours(port, row.field);
      const they = await theirs(port, row.field);
      context
        .expect(shown(we))
        .toBe(row.withoutHint ? shown(they).replace(/ \(possibly because of .*\)/, '') : shown(they));
    } finally {
      leave();
    }
  });
});

/** Each asks for a client certificate in another way. */
const requests: Readonly<Record<string, () => Promise<TlsOptions> | TlsOptions>> = {
  anything: () => ({}),
  'TLS 1.2': () => ({ maxVersion: 'TLSv1.2' }),
  'signatures on P-256': () => ({ sigalgs: 'ECDSA+SHA256' }),
  'signatures on P-521': () => ({ sigalgs: 'ECDSA+SHA512:ECDSA+SHA256' }),
  'the signatures that BoringSSL offers': () => ({ sigalgs: 'ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256' }),
  'the same in TLS 1.2': () => ({
    sigalgs: 'ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256',
    maxVersion: 'TLSv1.2',
  }),
  'an authority of its own': () => ({ ca: makeCertificate({ name: 'authority' }).pem }),
  'an authority of its own, in TLS 1.2': () => ({
    ca: makeCertificate({ name: 'authority' }).pem,
    maxVersion: 'TLSv1.2',
  }),
  // Every host's certificate has the same name.
  "the host's own certificate": async () => ({ ca: (await makeHostCertificate()).pem }),
  "the host's own certificate among others": async () => ({
    ca: [makeCertificate({ name: 'authority' }).pem, (await makeHostCertificate()).pem],
  }),
};

/** Why a Go host would show nothing. */
async function unanswered(port: number): Promise<readonly string[]> {
  const result = await new Security('', '').secure(await connect(port), { limitMs: 10_000 });
  if (!result.connected) throw new Error(result.message);
  result.socket.destroy();
  const request = await readCertificateRequest({ network: 'tcp', host: '127.0.0.1', port }, 5000);
  const { pem } = await makeHostCertificate();
  const faults = judgeRequest({
    version: result.facts.version,
    algorithms: result.facts.requestAlgorithms,
    authorities: request === undefined || request === 'none' ? undefined : request.authorities,
    hostIssuer: readCertificate(new X509Certificate(pem).raw).issuer,
  });
  return faults.map(({ requirement }) => requirement);
}

describe.concurrent('a Go host and we agree on whether it shows its certificate to who asks for', () => {
  test.skipIf(isGap).for(Object.entries(requests))('%s', { timeout: limitMs }, async ([, make], context) => {
    const leave = await room.enter();
    try {
      const own = makeCertificate();
      const options = { key: own.keyPem, cert: own.pem, requestCert: true, rejectUnauthorized: false };
      const { server, port } = await listen({ ...options, ...(await make()) }, context);
      const faults = await unanswered(port);
      const shows: boolean[] = [];
      server.on('secureConnection', (socket) => shows.push(Object.keys(socket.getPeerCertificate()).length > 0));
      await askHost(port, field(own));
      context.expect(shows[0]).toBe(faults.length === 0);
    } finally {
      leave();
    }
  });
});
