import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksLikeHandshake, readLine } from './handshake-line.ts';
import { lineRules } from './handshake-rules.ts';
import { type HostExpectation, hostError } from './reference-host.ts';
import { requirements } from './requirements.ts';
import { makeHostCertificate } from './tls/host-certificate.ts';

const host: HostExpectation = { versions: [1], tls: false, multiplex: false };

function failures(bytes: string | Buffer, expectation = host): readonly string[] {
  const line = readLine(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));
  if (!looksLikeHandshake(line)) return ['GRPC-HS-001'];
  return Object.entries(lineRules)
    .filter(([, rule]) => rule({ line, host: expectation, evidence: [] }).outcome === 'failed')
    .map(([id]) => id);
}

const gravest = (ids: readonly string[]): readonly string[] =>
  ids.filter((id) => requirements.get(id)?.level === 'MUST');

/** What a plugin that always makes a certificate prints in field 6. */
const certificate = Buffer.from((await makeHostCertificate()).pem.replace(/-----.*-----/g, ''), 'base64')
  .toString('base64')
  .replace(/=+$/, '');
const noCertificate = 'A'.repeat(80);

describe('a line that a host takes', () => {
  test.each([
    ['1|1|unix|/tmp/p|grpc', []],
    ['1|1|unix|/tmp/p|grpc|', []],
    ['1|1|unix|/tmp/p|grpc||', []],
    ['+1|01|unix|/tmp/p|grpc', ['GRPC-HS-005']],
    ['01|1|unix|/tmp/p|grpc', ['GRPC-HS-005']],
    ['1|1|tcp|127.0.0.1:4000|grpc', []],
    ['1|1|tcp|[::1]:4000|grpc', []],
    ['1|1|tcp|:4000|grpc', ['GRPC-HS-010']],
    ['1|1|tcp|localhost:4000|grpc', ['GRPC-HS-010']],
    ['  1|1|unix|/tmp/p|grpc  ', []],
    ['1|1|unix|/tmp/p|grpc|\r', []],
    ['1|1|unix|@abstract|grpc', []],
    ['1|1|unix|relative/p|grpc', ['GRPC-HS-012']],
    ['1|1|unix|/tmp/p|grpc||true', ['GRPC-HS-020']],
    ['1|1|unix|/tmp/p|grpc|||||', ['GRPC-HS-027']],
    ['1|1|unix|/tmp/plügin|grpc', ['GRPC-HS-029']],
    ['1|1|unix|/tmp/p|grpc|short old field', []],
    ['1|1|unix|/tmp/p |grpc', []],
    ['1|1|tcp|127.0.0.1: 4000|grpc', []],
    ['1|1|unix|/tmp/p|grpc| | x', ['GRPC-HS-020']],
  ])('%s breaks %j', (line, ids) => {
    expect(failures(line)).toEqual(ids);
    expect(hostError(line.replace(/\r$/, ''), host)).toBeUndefined();
  });
});

describe('a line that a host refuses', () => {
  test.each([
    ['1|unix|/tmp/p', ['GRPC-HS-003'], 'Unrecognized remote plugin message: 1|unix|/tmp/p'],
    [
      '1|4|unix|/tmp/p',
      ['GRPC-HS-003', 'GRPC-HS-007'],
      'incompatible API version with plugin. Plugin version: 4, Client versions: [1]',
    ],
    ['1|1|unix|/tmp/p', ['GRPC-HS-003'], 'unsupported plugin protocol "netrpc". Supported: [grpc]'],
    [
      '1|unix|/tmp/p|grpc',
      ['GRPC-HS-003'],
      'Error parsing protocol version "unix": strconv.Atoi: parsing "unix": invalid syntax',
    ],
    [
      '5|0|unix|/tmp/p',
      ['GRPC-HS-003'],
      'incompatible core API version with plugin. Plugin version: 5, Core version: 1',
    ],
    [
      '2|1|unix|/tmp/p|grpc',
      ['GRPC-HS-004'],
      'incompatible core API version with plugin. Plugin version: 2, Core version: 1',
    ],
    [
      '1.0|1|unix|/tmp/p|grpc',
      ['GRPC-HS-004'],
      'error parsing core protocol version: strconv.Atoi: parsing "1.0": invalid syntax',
    ],
    [
      '1\u0000|1|unix|/tmp/p|grpc',
      ['GRPC-HS-004'],
      'error parsing core protocol version: strconv.Atoi: parsing "1\\x00": invalid syntax',
    ],
    [
      '1|v1|unix|/tmp/p|grpc',
      ['GRPC-HS-006'],
      'Error parsing protocol version "v1": strconv.Atoi: parsing "v1": invalid syntax',
    ],
    [
      '1||unix|/tmp/p|grpc',
      ['GRPC-HS-006'],
      'Error parsing protocol version "": strconv.Atoi: parsing "": invalid syntax',
    ],
    [
      '1|plugin|unix|/tmp/p|grpc',
      ['GRPC-HS-006'],
      'Error parsing protocol version "plugin": strconv.Atoi: parsing "plugin": invalid syntax',
    ],
    [
      '1|9|unix|/tmp/p|grpc',
      ['GRPC-HS-007'],
      'incompatible API version with plugin. Plugin version: 9, Client versions: [1]',
    ],
    ['1|1|tcp4|127.0.0.1:1|grpc', ['GRPC-HS-008'], 'unknown address type: 127.0.0.1:1'],
    ['1|1|npipe|/tmp/p|grpc', ['GRPC-HS-008'], 'unknown address type: /tmp/p'],
    ['1|1|UNIX|/tmp/p|grpc', ['GRPC-HS-008'], 'unknown address type: /tmp/p'],
    ['1|1|/tmp/p|unix|grpc', ['GRPC-HS-008'], 'unknown address type: unix'],
    ['1|1|tcp|127.0.0.1|grpc', ['GRPC-HS-009'], 'address 127.0.0.1: missing port in address'],
    ['1|1|tcp|http://127.0.0.1:1|grpc', ['GRPC-HS-009'], 'address http://127.0.0.1:1: too many colons in address'],
    ['1|1|tcp|:::4000|grpc', ['GRPC-HS-009'], 'address :::4000: too many colons in address'],
    ['1|1|tcp|127.0.0.1:99999|grpc', ['GRPC-HS-009'], 'address 99999: invalid port'],
    [
      '1 | 1 | unix | /tmp/p | grpc',
      ['GRPC-HS-013'],
      'error parsing core protocol version: strconv.Atoi: parsing "1 ": invalid syntax',
    ],
    ['1|1|unix|/tmp/p|grpc |', ['GRPC-HS-013'], 'unsupported plugin protocol "grpc ". Supported: [grpc]'],
    [
      '"1|1|unix|/tmp/p|grpc"',
      ['GRPC-HS-013'],
      'error parsing core protocol version: strconv.Atoi: parsing "\\"1": invalid syntax',
    ],
    ['1|1|unix|/tmp/a|b|grpc', ['GRPC-HS-013'], 'unsupported plugin protocol "b". Supported: [grpc]'],
    ['1|1|unix|/tmp/p|gRPC', ['GRPC-HS-014'], 'unsupported plugin protocol "gRPC". Supported: [grpc]'],
    ['1|1|unix|/tmp/p||', ['GRPC-HS-014'], 'unsupported plugin protocol "". Supported: [grpc]'],
    ['1|1|unix|/tmp/p|netrpc', ['GRPC-HS-014'], 'unsupported plugin protocol "netrpc". Supported: [grpc]'],
    [
      '\ufeff1|1|unix|/tmp/p|grpc',
      ['GRPC-HS-015'],
      'error parsing core protocol version: strconv.Atoi: parsing "\\ufeff1": invalid syntax',
    ],
    [
      '\u001b[32m1|1|unix|/tmp/p|grpc',
      ['GRPC-HS-015'],
      'error parsing core protocol version: strconv.Atoi: parsing "\\x1b[32m1": invalid syntax',
    ],
    [
      'INFO: 1|1|unix|/tmp/p|grpc',
      ['GRPC-HS-015'],
      'error parsing core protocol version: strconv.Atoi: parsing "INFO: 1": invalid syntax',
    ],
    [
      `1|1|unix|/tmp/p|grpc|${certificate}`,
      ['GRPC-HS-017'],
      'panic: runtime error: invalid memory address or nil pointer dereference',
    ],
    [
      `1|1|unix|/tmp/p|grpc|${noCertificate}`,
      ['GRPC-HS-017'],
      'error parsing server cert: x509: malformed certificate',
    ],
  ])('%j breaks just %j', (line, ids, error) => {
    expect(gravest(failures(line))).toEqual(ids);
    expect(hostError(line, host)).toBe(error);
  });

  test('a path the system cannot take is refused by the first call only', () => {
    expect(gravest(failures(`1|1|unix|/${'p'.repeat(110)}|grpc`))).toEqual(['GRPC-HS-011']);
    expect(gravest(failures('1|1|unix||grpc'))).toEqual(['GRPC-HS-011']);
    expect(gravest(failures('1|1|unix|unix:///tmp/p|grpc'))).toEqual(['GRPC-HS-011']);
  });

  test('UTF-16 is told apart', () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('1|1|unix|/tmp/p|grpc', 'utf16le')]);
    expect(gravest(failures(bytes))).toEqual(['GRPC-HS-015']);
  });
});

describe('a line that was never meant as a handshake', () => {
  test.each([
    'Starting plugin v1.2.3',
    '2024-05-01|INFO|main|starting',
    '2024|05|01|INFO|starting',
    '{"core":1,"app":1,"network":"unix","addr":"/tmp/p","protocol":"grpc"}',
    'Usage: plugin <command>',
    '',
    '| a | b | c |',
  ])('%j', (line) => {
    expect(failures(line)).toEqual(['GRPC-HS-001']);
    expect(hostError(line, host)).toBeDefined();
  });
});

test.each(['1|1|unix|/tmp/p|grpc|""', "1|1|unix|/tmp/p|grpc|''|false"])(
  'a short sixth field is ignored, whatever it holds: %s',
  (line) => {
    expect(gravest(failures(line))).toEqual([]);
    expect(hostError(line, host)).toBeUndefined();
  },
);

test('whatever the line, the rules and the reference host agree on whether it is accepted', () => {
  const field = fc.oneof(
    fc.constantFrom(
      '1',
      '01',
      '+1',
      '2',
      '',
      'v1',
      'unix',
      'tcp',
      'tcp4',
      'grpc',
      'gRPC',
      'netrpc',
      '/tmp/p',
      '127.0.0.1:40',
      ' 1',
      'true',
    ),
    fc.string({ maxLength: 6 }),
  );
  const good = fc.constantFrom<string[]>(
    ['1', '1', 'unix', '/tmp/p', 'grpc'],
    ['1', '1', 'tcp', '127.0.0.1:40', 'grpc', ''],
  );
  const mutated = fc
    .tuple(good, fc.nat(5), field)
    .map(([parts, at, value]) => parts.with(Math.min(at, parts.length - 1), value));
  const anyLine = fc
    .oneof(mutated, fc.array(field, { maxLength: 9 }))
    .map((parts) => parts.join('|').replace(/[\r\n]/g, ''));
  fc.assert(
    fc.property(anyLine, (line) => {
      const broken = gravest(failures(line)).length > 0;
      const refused = hostError(line, host) !== undefined;
      // A host finds out about an address only when it dials: rules may be stricter there, never laxer anywhere.
      if (refused) expect({ line, broken }).toEqual({ line, broken: true });
      const addressOnly = gravest(failures(line)).every((id) => ['GRPC-HS-009', 'GRPC-HS-011'].includes(id));
      if (broken && !addressOnly) expect({ line, refused }).toEqual({ line, refused: true });
    }),
    { numRuns: 3000 },
  );
});
