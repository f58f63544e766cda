/** The form of the line: how many fields, what stands before and around them. */
import { blocked, failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { trimSpace } from '../go-text.ts';
import type { Shape } from '../handshake-line.ts';
import { ignoredCertificateLength } from '../tls/certificate-field.ts';
import { fault, type Rule, type RuleInput, show } from './rule.ts';

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

export const fewFields: Rule = (input) => {
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

export const prefix: Rule = (input) => {
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

export const decoration: Rule = (input) => {
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

export const tooManyFields: Rule = (input) =>
  input.line.count <= 7 || input.line.shape === 'separator-in-address'
    ? passed()
    : failed({ expected: 'seven fields at most', observed: `${input.line.count} fields`, evidence: input.evidence });

export const ascii: Rule = (input) => {
  if (input.line.prefix !== undefined) return blocked('GRPC-HS-015', 'other bytes stand before the line');
  return /^[ -~]*$/.test(trimSpace(input.line.text))
    ? passed()
    : failed({ expected: 'printable ASCII', observed: 'the line holds other characters', evidence: input.evidence });
};
