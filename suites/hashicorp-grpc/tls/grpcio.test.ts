/** What docs/python-authors.md says of grpcio and the certificate of a go-plugin host, proven on the Python plugin. */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fixtures, fixtureVariants, oddFixtures } from '../../../scripts/fixtures/fixtures.mjs';
import type { HostReport } from '../../../scripts/fixtures/hosts.mjs';
import { realHosts } from '../../../scripts/fixtures/hosts.mjs';
import { check } from '../../../src/index.ts';
import { connectSocket } from '../../../src/wire/address.ts';
import { GrpcConnection } from '../../../src/wire/grpc-connection.ts';
import { connectTls, type TlsOptions } from '../../../src/wire/tls-connection.ts';
import { isRequired } from '../../../test/support/required.ts';
import { until } from '../../../test/support/until.ts';
import { healthCheck, methods } from '../services.ts';
import { type HostCertificate, makeHostCertificate } from './host-certificate.ts';

const run = promisify(execFile);
const plugins = [...fixtures(), ...fixtureVariants(), ...oddFixtures()];
const python = plugins.find(({ name }) => name === 'python');
const commandOf = (name: string): readonly string[] => plugins.find((plugin) => plugin.name === name)?.command ?? [];
const cookie = { key: 'PLUGFEST_FIXTURE_COOKIE', value: 'conformance' };
const demanding = 'python-grpcio-mutual-tls';

const withoutPython = !python?.available && !isRequired('python');
const withoutHosts = withoutPython || (realHosts().some(({ available }) => !available) && !isRequired('go'));
// Python takes its time to start on a loaded machine.
const limitMs = 120_000;

/** What a real host's Ping comes to. */
async function ping(program: string, plugin: string): Promise<string | undefined> {
  const command = JSON.stringify(commandOf(plugin));
  const words = ['--command', command, '--cookie', `${cookie.key}=${cookie.value}`, '--auto-mtls'];
  const { stdout } = await run(program, [...words, '--start-timeout', '60s']);
  return (JSON.parse(stdout) as HostReport).phases.ping;
}

describe.skipIf(withoutHosts).each(realHosts())('$name', ({ program }) => {
  test.each(['python', 'python-one-sided-tls'])(
    '%s works',
    async (plugin) => {
      expect(await ping(program, plugin)).toBe('ok');
    },
    limitMs,
  );

  test(
    'is kept out by grpcio when that demands a certificate',
    async () => {
      expect(await ping(program, demanding)).toMatch(
        /^rpc error: code = Unavailable desc = connection error: desc = ".*(?:EOF|broken pipe|connection reset by peer)"$/,
      );
    },
    limitMs,
  );
});

interface Running {
  readonly path: string;
  readonly stderr: () => string;
}

/** Starts the plugin that lets grpcio demand the certificate; it ends with the test. */
async function start(host: HostCertificate): Promise<Running> {
  const [program = '', ...words] = commandOf(demanding);
  const env = { ...process.env, [cookie.key]: cookie.value, PLUGIN_CLIENT_CERT: host.pem, GRPC_VERBOSITY: 'info' };
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  for await (const line of createInterface({ input: child.stdout }))
    return { path: line.split('|')[3] ?? '', stderr: () => stderr };
  throw new Error(`the plugin printed nothing: ${stderr}`);
}

/** Whether a first call works for who shows this certificate. */
async function answers(
  { path }: Running,
  { pem, keyPem }: HostCertificate,
  options: Pick<TlsOptions, 'minVersion' | 'maxVersion'>,
): Promise<boolean> {
  const plain = await connectSocket({ network: 'unix', path }, 5000);
  if (!plain.connected) throw new Error(plain.message);
  const secured = await connectTls(plain.socket, { limitMs: 10_000, certificate: pem, key: keyPem, ...options });
  if (!secured.connected) return false;
  const connection = new GrpcConnection(secured.socket, { authority: 'localhost', scheme: 'https' });
  const { status } = await connection.unary(methods.check, healthCheck, { limitMs: 10_000 });
  connection.close();
  return status !== undefined;
}

describe.skipIf(withoutPython)('grpcio that demands a certificate', () => {
  test(
    'takes one on P-256, and one on P-521 in TLS 1.2',
    async () => {
      const [small, real] = [await makeHostCertificate({ curve: 'P-256' }), await makeHostCertificate()];
      expect(await answers(await start(small), small, { minVersion: 'TLSv1.3' })).toBe(true);
      expect(await answers(await start(real), real, { maxVersion: 'TLSv1.2' })).toBe(true);
    },
    limitMs,
  );

  test(
    'logs that its client showed none',
    async () => {
      const host = await makeHostCertificate();
      const plugin = await start(host);
      const plain = await connectSocket({ network: 'unix', path: plugin.path }, 5000);
      if (!plain.connected) throw new Error(plain.message);
      const secured = await connectTls(plain.socket, { limitMs: 10_000 });
      await until('the plugin has logged why', () => /PEER_DID_NOT_RETURN_A_CERTIFICATE/.test(plugin.stderr()), 20_000);
      if (secured.connected) secured.socket.destroy();
    },
    limitMs,
  );

  test(
    'is told so, with the words that a host would show',
    async () => {
      const command = commandOf(demanding);
      const { outcomes, diagnoses } = await check({
        system: 'hashicorp-grpc',
        command,
        cookie,
        only: ['GRPC-TLS-012'],
      });
      const [outcome] = outcomes.filter(({ id }) => id === 'GRPC-TLS-012');
      expect(outcome).toMatchObject({
        outcome: 'failed',
        hostSays: 'rpc error: code = Unavailable desc = connection error: desc = "error reading server preface: EOF"',
      });
      expect(outcome?.observed).toMatch(/^the request offers /);
      expect(outcome?.observed).not.toContain('ECDSA+SHA512');
      expect(diagnoses[0]).toMatchObject({ class: 'certificate-rejected', variant: 'no-p521' });
    },
    limitMs,
  );
});
