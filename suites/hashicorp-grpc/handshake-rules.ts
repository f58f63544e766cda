/**
 * Judges a handshake line, every rule for itself. One fault never shows as several: what a fault makes unreadable is
 * blocked by it, and what can still be read is judged as it was meant.
 */

import type { Evidence } from '../../src/launch/transcript.ts';
import { blocked, type Cause, failed, type ProbeOutcome, passed, skipped } from '../../src/run/outcome.ts';
import { unixPathLimit } from '../../src/wire/address.ts';
import { atoi, parseBool, splitHostPort } from './go-text.ts';
import type { HandshakeLine, Shape } from './handshake-line.ts';
import type { HostExpectation } from './reference-host.ts';
import { type FieldFault, ignoredCertificateLength, readCertificateField } from './tls/certificate-field.ts';

export interface RuleInput {
  readonly line: HandshakeLine;
  readonly host: HostExpectation;
  readonly evidence: readonly Evidence[];
}

type Rule = (input: RuleInput) => ProbeOutcome;

interface Break {
  readonly expected: string;
  readonly observed: string;
  readonly title?: string;
  readonly variant?: string;
  readonly class?: string;
  readonly fix?: string;
}

const show = (value: string | undefined): string => (value === undefined ? 'missing' : `\`${value}\``);

function fault({ evidence }: RuleInput, { expected, observed, title, variant, fix, ...rest }: Break): ProbeOutcome {
  const cause: Cause = {
    class: rest.class ?? 'handshake-malformed',
    title: title ?? `The handshake is wrong: ${observed}`,
    ...(variant !== undefined && { variant }),
    ...(fix !== undefined && { fix }),
  };
  return failed({ expected, observed, evidence, cause });
}

const shapes: Readonly<Partial<Record<Shape, { title: string; class?: string; variant: string; fix: string }>>> = {
  'three-fields': {
    title: 'Three fields are the protocol of go-plugin before 2016: this host only takes gRPC',
    class: 'old-handshake-shape',
    variant: 'three-fields',
    fix: 'Upgrade the plugin library to one that prints core|app|network|address|grpc.',
  },
  'four-fields': {
    title: 'Four fields mean net/rpc: this host only takes gRPC',
    class: 'old-handshake-shape',
    variant: 'four-fields',
    fix: 'Upgrade the SDK, or set GRPCServer so that the library serves gRPC and prints the fifth field.',
  },
  packer: {
    title: "This is the handshake of Packer's own fork, which speaks net/rpc: a go-plugin host cannot use it",
    class: 'old-handshake-shape',
    variant: 'packer',
    fix: 'Packer plugins run under Packer only; for a go-plugin host, serve with github.com/hashicorp/go-plugin.',
  },
  'no-app-version': {
    title: 'The application protocol version (field 2) is missing',
    variant: 'no-app-version',
    fix: 'Print core version, application version, network, address, protocol: 1|1|unix|/path|grpc.',
  },
};

const separatorNames: Readonly<Record<string, string>> = {
  '\t': 'a tab',
  ' ': 'a blank',
  ',': 'a comma',
  ':': 'a colon',
};

function wrongSeparator(input: RuleInput, separator: string): ProbeOutcome {
  const name = separatorNames[separator] ?? show(separator);
  return fault(input, {
    expected: 'fields separated by `|`',
    observed: `${name} between the fields`,
    variant: 'separator',
    title: `The fields are separated by ${name}: the host wants \`|\``,
  });
}

const fewFields: Rule = (input) => {
  const { count, shape, separator } = input.line;
  if (count >= 5) return passed();
  if (separator !== undefined) return wrongSeparator(input, separator);
  const known = shapes[shape];
  return fault(input, { expected: 'at least five fields for gRPC', observed: `${count} fields`, ...known });
};

const prefixes = {
  bom: ['The line begins with a byte order mark', 'bom'],
  'utf-16': ['The line is written in UTF-16', 'utf-16'],
  ansi: ['The line begins with a terminal colour code', 'ansi'],
  text: ['Text stands before the handshake on its line: it was printed through a logger', 'text-before'],
  control: ['The line begins with invisible bytes', 'control'],
} as const;

const prefix: Rule = (input) => {
  const { prefix: found, prefixText } = input.line;
  if (found === undefined) return passed();
  const [title, variant] = prefixes[found];
  return fault(input, {
    expected: 'the line begins with field 1',
    observed: `it begins with ${show(prefixText)}`,
    title,
    variant,
  });
};

const decoration: Rule = (input) => {
  const { wrapped, parts, shape, escaped } = input.line;
  // Whatever a short sixth field holds, hosts ignore it.
  const matters = (number: number): boolean => number !== 6 || (parts[5]?.length ?? 0) > ignoredCertificateLength;
  const padded = input.line.padded.filter(matters);
  const quoted = input.line.quoted.filter(matters);
  const expected = 'fields separated by `|` and nothing else';
  if (wrapped !== undefined)
    return fault(input, { expected, observed: `the whole line stands in ${wrapped}`, variant: 'quoted' });
  if (escaped)
    return fault(input, {
      expected,
      observed: 'a backslash before every `|`',
      variant: 'escaped',
      title: 'Every `|` has a backslash (`\\`) before it: the host takes it for a part of the field',
    });
  if (padded.length > 0) {
    const observed = `blanks around field ${padded.join(', ')}`;
    return fault(input, {
      expected,
      observed,
      variant: 'padded',
      title: `There are ${observed}: the host trims the line, never a field`,
    });
  }
  if (quoted.length > 0)
    return fault(input, { expected, observed: `quotes around field ${quoted.join(', ')}`, variant: 'quoted' });
  if (shape === 'separator-in-address')
    return fault(input, {
      expected,
      observed: 'a `|` inside the address',
      variant: 'separator-in-address',
      title: 'The socket path holds a `|`, which the host takes for a separator',
    });
  return passed();
};

const core: Rule = (input) => {
  const value = input.line.fields.core;
  if (value === undefined) return blocked('GRPC-HS-003', 'the line is too short to hold it');
  if (atoi(value) === 1) return passed();
  const observed = `field 1 is ${show(value)}`;
  return fault(input, { expected: 'field 1 is the number 1', observed, variant: 'core-version' });
};

const coreLiteral: Rule = (input) => {
  const value = input.line.fields.core;
  if (value === undefined || atoi(value) !== 1) return blocked('GRPC-HS-004', 'field 1 is not the number 1');
  return value === '1'
    ? passed()
    : failed({ expected: 'field 1 is `1`', observed: `field 1 is ${show(value)}`, evidence: input.evidence });
};

const app: Rule = (input) => {
  const value = input.line.fields.app;
  if (value === undefined) return blocked('GRPC-HS-003', 'the line is too short to hold it');
  if (atoi(value) !== undefined) return passed();
  const observed = `field 2 is ${show(value)}`;
  return fault(input, { expected: 'field 2 is an integer', observed, variant: 'app-version' });
};

const appAccepted: Rule = (input) => {
  const version = atoi(input.line.fields.app ?? '');
  if (version === undefined)
    return input.line.fields.app === undefined
      ? blocked('GRPC-HS-003', 'the line is too short to hold a version')
      : blocked('GRPC-HS-006', 'field 2 is no number');
  const { versions } = input.host;
  if (versions.length === 0) return passed('no versions were given, so any is accepted');
  if (versions.includes(version)) return passed();
  return fault(input, {
    expected: `a version the host accepts: {${versions.join(', ')}}`,
    observed: `field 2 is ${version}`,
    class: 'app-version-mismatch',
    title: `The plugin offers version {${version}}, the host accepts {${versions.join(', ')}}`,
    fix: `Rebuild the plugin with an SDK for version ${versions.join(' or ')}, or run a host that accepts ${version}.`,
  });
};

const network: Rule = (input) => {
  const value = input.line.fields.network;
  if (value === 'tcp' || value === 'unix') return passed();
  const expected = 'field 3 is `tcp` or `unix`';
  if (input.line.shape === 'swapped-address')
    return fault(input, { expected, observed: 'network and address are swapped', variant: 'swapped' });
  if (value === undefined) return blocked('GRPC-HS-003', 'the line is too short to hold it');
  return fault(input, { expected, observed: `field 3 is ${show(value)}`, variant: 'network' });
};

/** Rules about the address hold for one network only. */
const onNetwork =
  (wanted: 'tcp' | 'unix', rule: (input: RuleInput, address: string) => ProbeOutcome): Rule =>
  (input) => {
    const { network: value, address } = input.line.fields;
    if (value !== 'tcp' && value !== 'unix') return blocked('GRPC-HS-008', 'field 3 names no network');
    if (value !== wanted) return skipped(`the plugin listens on ${value === 'tcp' ? 'TCP' : 'a Unix socket'}`);
    return address === undefined ? blocked('GRPC-HS-003', 'there is no address') : rule(input, address);
  };

const tcpForm = onNetwork('tcp', (input, address) => {
  const split = splitHostPort(address);
  const expected = 'host:port with a numeric port, IPv6 in brackets';
  if (!split.ok) return fault(input, { expected, observed: split.error, variant: 'tcp-address' });
  if (/\s/.test(split.host))
    return fault(input, { expected, observed: `host ${show(split.host)}`, variant: 'tcp-address' });
  // A blank before the digits is odd, and Go takes it.
  const isPort = /^\s*\d+$/.test(split.port) && Number(split.port) <= 65535;
  return isPort ? passed() : fault(input, { expected, observed: `port ${show(split.port)}`, variant: 'tcp-address' });
});

const ipLiteral = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.%]*)$/i;

const tcpLiteral = onNetwork('tcp', (input, address) => {
  const split = splitHostPort(address);
  if (!split.ok) return blocked('GRPC-HS-009', 'the address is not host:port');
  if (ipLiteral.test(split.host)) return passed();
  return failed({
    expected: 'an IP address, such as 127.0.0.1',
    observed: `the host is ${show(split.host)}`,
    evidence: input.evidence,
  });
});

const unixPath = onNetwork('unix', (input, address) => {
  const length = Buffer.byteLength(address);
  const expected = `a path of 1 to ${unixPathLimit} bytes`;
  const about = { class: 'bad-socket-path', expected } as const;
  if (length === 0) return fault(input, { ...about, observed: 'an empty path', title: 'The socket path is empty' });
  if (length > unixPathLimit)
    return fault(input, {
      ...about,
      observed: `a path of ${length} bytes`,
      title: `The socket path has ${length} bytes, the limit is ${unixPathLimit}`,
      fix: 'Create the socket under a shorter folder: PLUGIN_UNIX_SOCKET_DIR or the temporary folder, with a short name.',
    });
  const scheme = /^[a-z][a-z0-9+.-]*:\/*/i.exec(address)?.[0];
  if (scheme)
    return fault(input, {
      ...about,
      expected: 'a bare path',
      observed: `it begins with ${show(scheme)}`,
      title: `The address carries a scheme, ${show(scheme)}: the host takes it for part of the path`,
    });
  return passed();
});

const unixAbsolute = onNetwork('unix', (input, address) =>
  address.startsWith('/') || address.startsWith('@')
    ? passed()
    : failed({ expected: 'a path from the root', observed: `the path is ${show(address)}`, evidence: input.evidence }),
);

const protocol: Rule = (input) => {
  const value = input.line.fields.protocol;
  if (value === 'grpc') return passed();
  if (value === undefined) return blocked('GRPC-HS-003', 'the line is too short to hold it');
  const expected = 'field 5 is `grpc`';
  if (value === 'netrpc')
    return fault(input, {
      expected,
      observed: 'field 5 is `netrpc`',
      class: 'old-handshake-shape',
      variant: 'netrpc',
      title: 'The plugin serves net/rpc: this host only takes gRPC',
      fix: 'Serve gRPC (in Go: set GRPCServer in plugin.ServeConfig), or offer the version that does.',
    });
  return fault(input, { expected, observed: `field 5 is ${show(value)}`, variant: 'protocol' });
};

const noCertificate: Rule = (input) => {
  if (input.host.tls) return skipped('the host sent a certificate in this launch');
  const value = input.line.fields.certificate ?? '';
  if (value === '') return passed();
  if (value.length <= ignoredCertificateLength)
    return passed(`field 6 holds ${value.length} characters, which hosts ignore: ${ignoredCertificateLength} or fewer`);
  const isRefused = readCertificateField(value).hostError !== undefined;
  return fault(input, {
    expected: 'field 6 is empty when the host sent no certificate',
    observed: `field 6 holds ${value.length} characters`,
    class: 'unasked-certificate',
    title: isRefused
      ? 'Field 6 is filled although the host asked for no certificate, and the host cannot read it as one'
      : 'The plugin sends a certificate although the host asked for none: the host process crashes',
    fix: 'Print a certificate only when PLUGIN_CLIENT_CERT is set and not empty.',
  });
};

const encodingFaults: readonly FieldFault[] = ['padded', 'url-safe', 'line-break', 'alphabet'];

const fieldTitles: Readonly<Record<Exclude<FieldFault, 'missing'>, readonly [title: string, fix: string]>> = {
  padded: [
    "Base64 has '=' padding; go-plugin wants none. It fails two times out of three",
    "Strip every '=' from the end.",
  ],
  'url-safe': [
    'Field 6 uses the URL alphabet of base64 (- and _); go-plugin wants + and /',
    'Encode with the standard alphabet, without padding.',
  ],
  'line-break': ['Field 6 holds line breaks or blanks', 'Encode on one line.'],
  alphabet: ['Field 6 is no base64', 'Print the DER of the certificate in unpadded standard base64.'],
  'pem-text': ['Field 6 is base64 of the PEM text; go-plugin wants the DER', 'Encode the DER bytes, not the PEM text.'],
  'pem-line': [
    'Field 6 is PEM, of which only the first line arrives',
    'Print the DER in unpadded standard base64 on one line.',
  ],
  hex: ['Field 6 is hexadecimal; go-plugin wants base64', 'Print the DER in unpadded standard base64.'],
  truncated: ['The certificate in field 6 is cut short', 'Print the whole DER; strip nothing but the padding.'],
  chain: ['Field 6 holds more than one certificate', 'Print the leaf certificate only.'],
  ignored: [
    'Field 6 is too short for a certificate, and hosts ignore it',
    'Print the whole DER in unpadded standard base64.',
  ],
  'not-der': [
    'The certificate in field 6 is not strict DER: some lengths or numbers take more bytes than they need',
    'Let a library encode the certificate.',
  ],
  'not-a-certificate': [
    'Field 6 decodes to something that is no certificate',
    'Print the DER of the certificate that is served.',
  ],
};

/** One of the two rules about the certificate field; each leaves the other's faults alone. */
const certificateField =
  (isEncoding: boolean): Rule =>
  (input) => {
    if (!input.host.tls) return skipped('the host sent no certificate in this launch');
    const { fault: found, hostError } = readCertificateField(input.line.fields.certificate);
    if (found === undefined) return passed();
    if (found === 'missing') return skipped('the line holds no certificate');
    const ofEncoding = encodingFaults.includes(found);
    if (ofEncoding !== isEncoding)
      return ofEncoding ? blocked('GRPC-HS-018', 'field 6 is not encoded as it should be') : passed();
    const [title, fix] = fieldTitles[found];
    const expected = isEncoding ? 'unpadded base64 in the standard alphabet' : 'one DER certificate';
    const observed =
      hostError?.replace('error parsing server cert: ', '') ?? 'the host takes it for no certificate at all';
    return fault(input, { expected, observed, class: 'certificate-rejected', variant: found, title, fix });
  };

const unaskedMultiplex: Rule = (input) => {
  const { multiplex } = input.line.fields;
  if (input.host.multiplex) return skipped('the host asked for multiplexing in this launch');
  return multiplex === undefined || multiplex === ''
    ? passed()
    : failed({ expected: 'six fields at most', observed: `field 7 is ${show(multiplex)}`, evidence: input.evidence });
};

const multiplexAnswer: Rule = (input) => {
  const { multiplex } = input.line.fields;
  if (!input.host.multiplex) return skipped('the host did not ask for multiplexing in this launch');
  if (multiplex === undefined)
    return skipped('the plugin does not offer multiplexing; hosts that ask for it refuse the plugin');
  return parseBool(multiplex) === undefined
    ? fault(input, {
        expected: '`true` or `false` in field 7',
        observed: `field 7 is ${show(multiplex)}`,
        variant: 'multiplex',
      })
    : passed();
};

const tooManyFields: Rule = (input) =>
  input.line.count <= 7 || input.line.shape === 'separator-in-address'
    ? passed()
    : failed({ expected: 'seven fields at most', observed: `${input.line.count} fields`, evidence: input.evidence });

const ascii: Rule = (input) => {
  if (input.line.prefix !== undefined) return blocked('GRPC-HS-015', 'other bytes stand before the line');
  return /^[ -~]*$/.test(input.line.text)
    ? passed()
    : failed({ expected: 'printable ASCII', observed: 'the line holds other characters', evidence: input.evidence });
};

/** The rules that can be judged from the line alone, by requirement id. */
export const lineRules: Readonly<Record<string, Rule>> = {
  'GRPC-HS-003': fewFields,
  'GRPC-HS-004': core,
  'GRPC-HS-005': coreLiteral,
  'GRPC-HS-006': app,
  'GRPC-HS-007': appAccepted,
  'GRPC-HS-008': network,
  'GRPC-HS-009': tcpForm,
  'GRPC-HS-010': tcpLiteral,
  'GRPC-HS-011': unixPath,
  'GRPC-HS-012': unixAbsolute,
  'GRPC-HS-013': decoration,
  'GRPC-HS-014': protocol,
  'GRPC-HS-015': prefix,
  'GRPC-HS-017': noCertificate,
  'GRPC-HS-018': certificateField(true),
  'GRPC-HS-019': certificateField(false),
  'GRPC-HS-020': unaskedMultiplex,
  'GRPC-HS-021': multiplexAnswer,
  'GRPC-HS-027': tooManyFields,
  'GRPC-HS-029': ascii,
};

/** The order in which faults of the line keep a host from going on. */
export const stoppingRules = [
  'GRPC-HS-015',
  'GRPC-HS-013',
  'GRPC-HS-003',
  'GRPC-HS-004',
  'GRPC-HS-006',
  'GRPC-HS-007',
  'GRPC-HS-008',
  'GRPC-HS-009',
  'GRPC-HS-011',
  'GRPC-HS-014',
  'GRPC-HS-017',
  'GRPC-HS-018',
  'GRPC-HS-019',
] as const;
