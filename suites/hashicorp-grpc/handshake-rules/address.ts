/** Fields 3 to 5: network, address and protocol. */
import { blocked, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { unixPathLimit } from '../../../src/wire/address.ts';
import { splitHostPort } from '../go-text.ts';
import { fault, type Rule, type RuleInput, show } from './rule.ts';

export const network: Rule = (input) => {
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

export const tcpForm = onNetwork('tcp', (input, address) => {
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

export const tcpLiteral = onNetwork('tcp', (input, address) => {
  const split = splitHostPort(address);
  if (!split.ok) return blocked('GRPC-HS-009', 'the address is not host:port');
  if (ipLiteral.test(split.host)) return passed();
  return failed({
    expected: 'an IP address, such as 127.0.0.1',
    observed: `the host is ${show(split.host)}`,
    evidence: input.evidence,
  });
});

export const unixPath = onNetwork('unix', (input, address) => {
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

export const unixAbsolute = onNetwork('unix', (input, address) =>
  address.startsWith('/') || address.startsWith('@')
    ? passed()
    : failed({ expected: 'a path from the root', observed: `the path is ${show(address)}`, evidence: input.evidence }),
);

export const protocol: Rule = (input) => {
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
