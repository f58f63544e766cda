/**
 * Why Go refuses to read a certificate for the sake of its extensions (crypto/x509, ParseCertificate), in Go's order and
 * words. OpenSSL reads most of these without a murmur.
 */
import { quote } from '../go-text.ts';
import { childrenOf, type Element, elementAt } from './strict-der.ts';

export interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

const [boolean, integer, bitString, octetString, objectId, sequence] = [0x01, 0x02, 0x03, 0x04, 0x06, 0x30];

interface Tagged {
  readonly tag: number;
  readonly content: Buffer;
}

const contentOf = (bytes: Buffer, { start, end }: Element): Buffer => bytes.subarray(start, end);

/** The content of the one element of a kind at the beginning. */
function contentAt(bytes: Buffer, tag: number): Buffer | undefined {
  const element = elementAt(bytes, 0);
  return element?.tag === tag ? contentOf(bytes, element) : undefined;
}

/** The elements of the sequence at the beginning; undefined when there is none, or not of them alone. */
function sequenceAt(bytes: Buffer): readonly Tagged[] | undefined {
  const content = contentAt(bytes, sequence);
  const children = content && childrenOf(content);
  return content && children?.map((child) => ({ tag: child.tag, content: contentOf(content, child) }));
}

/** The elements that bytes are made up of; none where they are not. */
export const childrenIn = (bytes: Buffer = Buffer.alloc(0)): readonly Tagged[] =>
  (childrenOf(bytes) ?? []).map((child) => ({ tag: child.tag, content: contentOf(bytes, child) }));

function dotted(id: Buffer): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of id) {
    number = number * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0n;
  }
  const [first = 0n, ...rest] = numbers;
  const arc = first < 80n ? first / 40n : 2n;
  return [arc, first - arc * 40n, ...rest].join('.');
}

/** The extensions of a certificate in strict DER; none where it has none. */
export function extensionsOf(der: Buffer): readonly Extension[] {
  const content = contentAt(contentAt(der, sequence) ?? Buffer.alloc(0), sequence) ?? Buffer.alloc(0);
  const holder = childrenOf(content)?.find(({ tag }) => tag === 0xa3);
  const listed = holder && sequenceAt(contentOf(content, holder));
  return (listed ?? []).flatMap(({ content: one }) => {
    const parts = childrenOf(one) ?? [];
    const [id, value] = [parts[0], parts.at(-1)];
    if (id?.tag !== objectId || value?.tag !== octetString) return [];
    const critical = parts.length === 3 && one[parts[1]?.start ?? 0] === 0xff;
    return [{ id: dotted(contentOf(one, id)), critical, value: contentOf(one, value) }];
  });
}

const isAscii = (bytes: Buffer): boolean => bytes.every((byte) => byte < 0x80);

/** Of what Go's net/url refuses, the part that is plain to see. */
function uriError(content: Buffer): string | undefined {
  if (!isAscii(content)) return 'x509: SAN uniformResourceIdentifier is malformed';
  const uri = content.toString('latin1');
  const refused = (why: string): string => {
    const quoted = quote(uri);
    return `x509: cannot parse URI ${quoted}: parse ${quoted}: ${why}`;
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(uri)) return refused('net/url: invalid control character in URL');
  const host = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#@]*@)?([^/?#@]*)/i.exec(uri)?.[1];
  if (host?.includes(' ')) return refused('invalid character " " in host name');
  return undefined;
}

const [email, dnsName, uri, ipAddress] = [0x81, 0x82, 0x86, 0x87];

function nameError(tag: number, content: Buffer): string | undefined {
  if (tag === email && !isAscii(content)) return 'x509: SAN rfc822Name is malformed';
  if (tag === dnsName && !isAscii(content)) return 'x509: SAN dNSName is malformed';
  if (tag === uri) return uriError(content);
  const { byteLength } = content;
  return tag === ipAddress && byteLength !== 4 && byteLength !== 16
    ? `x509: cannot parse IP address of length ${byteLength}`
    : undefined;
}

function alternativeNamesError({ value }: Extension): string | undefined {
  if (contentAt(value, sequence) === undefined) return 'x509: invalid subject alternative names';
  const names = sequenceAt(value);
  if (!names) return 'x509: invalid subject alternative name';
  return names.map(({ tag, content }) => nameError(tag, content)).find((error) => error !== undefined);
}

function isBitString(value: Buffer): boolean {
  const content = contentAt(value, bitString);
  const unused = content?.[0];
  if (!content || unused === undefined || unused > 7) return false;
  if (content.byteLength === 1) return unused === 0;
  return ((content.at(-1) ?? 0) & ((1 << unused) - 1)) === 0;
}

/** Whether it is a BOOLEAN and an INTEGER, either of which may be left out. */
function isBasicConstraints(value: Buffer): boolean {
  const content = contentAt(value, sequence);
  if (!content) return false;
  let rest = content;
  if (rest[0] === boolean) {
    const said = contentAt(rest, boolean);
    if (said?.byteLength !== 1 || (said[0] !== 0 && said[0] !== 0xff)) return false;
    rest = rest.subarray(3);
  }
  if (rest[0] !== integer) return true;
  const number = contentAt(rest, integer);
  const [first = 0x80, second = 0x80] = number ?? [];
  return number !== undefined && first < 0x80 && !(first === 0 && second < 0x80) && number.byteLength <= 8;
}

const isSequence = ({ value }: Extension): boolean => contentAt(value, sequence) !== undefined;

const shaped =
  (name: string, isRight: (extension: Extension) => boolean) =>
  (extension: Extension): string | undefined =>
    isRight(extension) ? undefined : `x509: invalid ${name}`;

const neverCritical =
  (name: string, isRight: (extension: Extension) => boolean) =>
  (extension: Extension): string | undefined =>
    extension.critical ? `x509: ${name} incorrectly marked critical` : shaped(name, isRight)(extension);

const judges: Readonly<Record<string, (extension: Extension) => string | undefined>> = {
  '2.5.29.14': neverCritical('subject key identifier', ({ value }) => contentAt(value, octetString) !== undefined),
  '2.5.29.15': shaped('key usage', ({ value }) => isBitString(value)),
  '2.5.29.17': alternativeNamesError,
  '2.5.29.19': shaped('basic constraints', ({ value }) => isBasicConstraints(value)),
  '2.5.29.31': shaped('CRL distribution points', isSequence),
  '2.5.29.35': neverCritical('authority key identifier', isSequence),
  '2.5.29.37': shaped(
    'extended key usages',
    ({ value }) => sequenceAt(value)?.every(({ tag }) => tag === objectId) === true,
  ),
  '1.3.6.1.5.5.7.1.1': neverCritical('authority info access', isSequence),
};

/** The error of Go for a certificate in strict DER, such as `x509: invalid key usage`; undefined when it reads them. */
export function extensionsError(der: Buffer): string | undefined {
  const extensions = extensionsOf(der);
  const twice = extensions.find(({ id }, index) => extensions.findIndex((other) => other.id === id) < index);
  if (twice) return `x509: certificate contains duplicate extension with OID "${twice.id}"`;
  return extensions.map((extension) => judges[extension.id]?.(extension)).find((error) => error !== undefined);
}
