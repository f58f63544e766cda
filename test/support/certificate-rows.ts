/** Certificates and sixth fields of every kind, right and wrong, for our judgement and for that of real hosts. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  bitString,
  integer,
  numbered,
  numberedText,
  octetString,
  sequence,
  yes,
} from '../../fixtures/good/typescript/der.ts';
import {
  address,
  authority,
  type Certificate,
  certificateSigning,
  daysFromNow,
  digitalSignature,
  emailOnly,
  extension,
  field,
  fromDer,
  good,
  ipv4Only,
  type KeyKind,
  type Keys,
  makeCertificate,
  makeKeys,
  names,
  noAuthority,
  type Recipe,
  unheardOf,
  usage,
  usages,
} from '../../fixtures/mutants/hashicorp-grpc/core/certificates.ts';

/** What a plugin serves and what it prints. */
export interface Row {
  readonly served: Certificate;
  readonly field: string;
  /** Further certificates that are served with it. */
  readonly chain?: readonly Certificate[];
  /** Node.js does not show certificates that its TLS library finds unfit, so we cannot say which one Go tried. */
  readonly withoutHint?: true;
}

const asGood = (recipe: Recipe = {}): Row => {
  const served = makeCertificate(recipe);
  return { served, field: field(served) };
};
const withKey = (kind: KeyKind, recipe: Recipe = {}): Row => asGood({ ...recipe, keys: makeKeys(kind) });
const withParts = (...extensions: readonly Buffer[]): Row => asGood({ extensions });
const nothing = Buffer.from([5, 0]);
const withNames = (...listed: readonly Buffer[]): Row =>
  withParts(extension('2.5.29.17', sequence(numberedText(2, 'localhost'), ...listed)));
const withExtension = (id: string, content: Buffer, critical = false): Row =>
  withParts(names('localhost'), extension(id, content, critical));
const printed = (print: (certificate: Certificate) => string): Row => {
  const served = makeCertificate();
  return { served, field: print(served) };
};
/** A certificate whose length leaves so many bytes over when divided by three, on which padding depends. */
const ofLength = (rest: number): Certificate => {
  for (let length = 8; ; length += 1) {
    const made = makeCertificate({ serial: Buffer.alloc(length, 7) });
    if (made.der.byteLength % 3 === rest) return made;
  }
};
const issued = (root: Certificate, recipe: Recipe = {}): Row => ({
  served: makeCertificate({ name: 'leaf', issuer: root, ...recipe }),
  field: field(root),
});
const root = (recipe: Recipe = {}): Certificate =>
  makeCertificate({ name: 'root', extensions: [certificateSigning(), authority()], ...recipe });
/** A CA that may sign for some names only (0), or for all but some (1). */
const constrained = (side: 0 | 1, name: Buffer): Certificate =>
  root({
    extensions: [
      certificateSigning(),
      authority(),
      extension('2.5.29.30', sequence(numbered(side, sequence(name))), true),
    ],
  });
const issuedForAddress = (ca: Certificate): Row =>
  issued(ca, {
    extensions: [extension('2.5.29.17', sequence(numberedText(2, 'localhost'), address([127, 0, 0, 1])))],
  });
/** A byte of the signature is another one. */
const tampered = (certificate: Certificate): Certificate => {
  const der = Buffer.from(certificate.der);
  der[der.byteLength - 1] = (der[der.byteLength - 1] ?? 0) ^ 0xff;
  return fromDer(der, certificate.keys, certificate.name);
};

const base64url = (value: bigint): string => {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
};

/** From two primes that are known: to find such large ones takes a minute. */
function hugeKeys(): Keys {
  const [p, q, e] = [2n ** 4423n - 1n, 2n ** 4253n - 1n, 65537n];
  const inverse = (value: bigint, modulus: bigint): bigint => {
    let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
    while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
    return ((x % modulus) + modulus) % modulus;
  };
  const d = inverse(e, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const parts = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, base64url(value)]));
  const privateKey = createPrivateKey({ key: { kty: 'RSA', ...parts }, format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const keys: Readonly<Record<string, () => Row>> = {
  'a key on P-256': () => withKey('P-256'),
  'a key on P-384': () => withKey('P-384'),
  'a key on P-521': () => withKey('P-521'),
  'an Ed25519 key': () => withKey('Ed25519'),
  'an RSA key of 2048 bits': () => withKey('RSA 2048'),
  'an RSA key of 1024 bits': () => withKey('RSA 1024'),
  'an RSA key of 768 bits': () => withKey('RSA 768'),
  'an RSA key of 8676 bits': () => asGood({ keys: hugeKeys() }),
  'a key on P-224': () => withKey('P-224'),
  'a key on secp256k1': () => withKey('secp256k1'),
  'an Ed448 key': () => withKey('Ed448'),
  'an RSA key for PSS only': () => withKey('RSA-PSS'),
};

const parts: Readonly<Record<string, () => Row>> = {
  'no extended key usage': () => withParts(names('localhost')),
  'usage for servers only': () => withParts(usages(usage.server), names('localhost')),
  'usage for anything': () => withParts(usages(usage.any), names('localhost')),
  'usage for clients only': () => withParts(usages(usage.client), names('localhost')),
  'usage for code and clients': () => withParts(usages(usage.code, usage.client), names('localhost')),
  'a key for signing certificates only': () => withParts(certificateSigning(), names('localhost')),
  'a CA': () => withParts(...good(), authority()),
  'a CA of path length 0': () => withParts(...good(), authority(0)),
  'expressly no CA': () => withParts(...good(), noAuthority()),
  'expired a day ago': () => asGood({ from: daysFromNow(-10), to: daysFromNow(-1) }),
  'valid from tomorrow': () => asGood({ from: daysFromNow(1) }),
  'valid for a thousand years': () => asGood({ to: new Date('3020-01-01T00:00:00Z') }),
  'version 1, so without any names': () => withParts(),
  'a common name only': () => withParts(digitalSignature()),
  'no name and a common name that is another': () => asGood({ name: 'plugin', extensions: [digitalSignature()] }),
  'another common name': () => asGood({ name: 'plugin' }),
  'an IP address only': () => withParts(ipv4Only()),
  'a mail address only': () => withParts(emailOnly()),
  'another name': () => withParts(names('plugin')),
  'two other names': () => withParts(names('plugin', 'plugin.example')),
  'the name among others': () => withParts(names('plugin', 'localhost')),
  'the name in capitals': () => withParts(names('LocalHost')),
  'the name with a dot at its end': () => withParts(names('localhost.')),
  'a star': () => withParts(names('*')),
  'a star before the name': () => withParts(names('*.localhost')),
  'a star inside the name': () => withParts(names('local*')),
  'a name that begins with the name': () => withParts(names('localhost.localdomain')),
  'an empty list of names': () => withParts(names()),
  'an extension nobody knows': () => withParts(...good(), unheardOf(false)),
  'a critical extension nobody knows': () => withParts(...good(), unheardOf(true)),
  'an extension twice': () => withParts(...good(), names('localhost')),
  'an extension nobody knows twice': () => withParts(...good(), unheardOf(false), unheardOf(false)),
  'a name that is not ASCII': () => withNames(numberedText(2, 'bücher.example')),
  'a mail address that is not ASCII': () => withNames(numberedText(1, 'bücher@example')),
  'a URI that is not ASCII': () => withNames(numberedText(6, 'http://bücher.example')),
  'a URI with a blank in its host': () => withNames(numberedText(6, 'http://a b:/')),
  'a URI with a control character': () => withNames(numberedText(6, 'http://a/\u0001')),
  'URIs of many kinds': () =>
    withNames(...['spiffe://x/y', 'urn:a:b', '/a b', 'http://u@[::1]:8/?a b#c d'].map((uri) => numberedText(6, uri))),
  'a name of a directory': () => withNames(numbered(4, sequence())),
  'an IP address of three bytes': () => withNames(address([1, 2, 3])),
  'an IP address of sixteen bytes': () => withNames(address(Array.from({ length: 16 }, () => 1))),
  'names that are no list': () => withParts(extension('2.5.29.17', nothing)),
  'names that are cut short': () => withParts(extension('2.5.29.17', sequence(Buffer.from([0x82, 9, 0x61])))),
  'critical names': () => withParts(extension('2.5.29.17', sequence(numberedText(2, 'localhost')), true)),
  'basic constraints of nothing': () => withExtension('2.5.29.19', nothing),
  'basic constraints with a negative number': () =>
    withExtension('2.5.29.19', sequence(yes, integer(Buffer.from([0x81])))),
  'basic constraints with a large number': () =>
    withExtension('2.5.29.19', sequence(yes, integer(Buffer.alloc(8, 0x7f)))),
  'a key usage of nothing': () => withExtension('2.5.29.15', nothing),
  'a key usage with odd bits': () => withExtension('2.5.29.15', bitString(Buffer.from([0x81]), 7)),
  'an empty key usage': () => withExtension('2.5.29.15', bitString(Buffer.from([]))),
  'an extended key usage of nothing': () => withExtension('2.5.29.37', nothing),
  'an extended key usage of numbers': () => withExtension('2.5.29.37', sequence(integer(Buffer.from([1])))),
  'a subject key identifier of nothing': () => withExtension('2.5.29.14', nothing),
  'a subject key identifier': () => withExtension('2.5.29.14', octetString(Buffer.from([1]))),
  'a critical subject key identifier': () => withExtension('2.5.29.14', octetString(Buffer.from([1])), true),
  'an authority key identifier of nothing': () => withExtension('2.5.29.35', nothing),
  'an authority key identifier': () => withExtension('2.5.29.35', sequence()),
  'a critical authority key identifier': () => withExtension('2.5.29.35', sequence(), true),
  'a critical authority information access': () => withExtension('1.3.6.1.5.5.7.1.1', sequence(), true),
  'distribution points of nothing': () => withExtension('2.5.29.31', nothing),
  'a negative serial number': () => asGood({ serial: Buffer.from([0x81, 2, 3]) }),
  'serial number zero': () => asGood({ serial: Buffer.from([0]) }),
  'a serial number of 21 bytes': () => asGood({ serial: Buffer.alloc(21, 5) }),
  'signed with SHA-1': () => asGood({ digest: 'sha1' }),
  'signed with SHA-512': () => asGood({ digest: 'sha512' }),
  'expired, for another name and for clients': () =>
    asGood({ to: daysFromNow(-1), from: daysFromNow(-2), extensions: [usages(usage.client), names('plugin')] }),
  'for another name and for clients': () => withParts(usages(usage.client), names('plugin')),
};

const trust: Readonly<Record<string, () => Row>> = {
  'a signature that is wrong, on both sides the same': () => {
    const served = tampered(makeCertificate());
    return { served, field: field(served) };
  },
  'a signature that is wrong, on one side only': () => {
    const right = makeCertificate();
    return { served: tampered(right), field: field(right) };
  },
  'another certificate of the same name': () => ({ served: makeCertificate(), field: field(makeCertificate()) }),
  'another certificate of another name': () => ({
    served: makeCertificate(),
    field: field(makeCertificate({ name: 'plugin' })),
  }),
  'another certificate of the same name that is a CA': () => ({
    served: makeCertificate(),
    field: field(makeCertificate({ extensions: [...good(), authority()] })),
  }),
  'another certificate on the same keys': () => {
    const served = makeCertificate();
    return { served, field: field(makeCertificate({ keys: served.keys })) };
  },
  'another certificate on the same keys that is a CA': () => {
    const served = makeCertificate();
    const extensions = [...good(), authority()];
    return { served, field: field(makeCertificate({ keys: served.keys, extensions })) };
  },
  'another certificate that has expired as well': () => ({
    served: makeCertificate({ from: daysFromNow(-3), to: daysFromNow(-2) }),
    field: field(makeCertificate()),
  }),
  'issued by the CA of field 6': () => issued(root()),
  'issued by a CA of field 6 that says nothing of its uses': () => issued(root({ extensions: [authority()] })),
  'issued by a CA of version 1': () => issued(root({ extensions: [] })),
  'issued by what is no CA': () => issued(root({ extensions: good() })),
  'issued by what is expressly no CA': () => issued(root({ extensions: [noAuthority()] })),
  'issued by a CA whose key may not sign certificates': () =>
    issued(root({ extensions: [digitalSignature(), authority()] })),
  'issued by a CA that has expired': () => issued(root({ from: daysFromNow(-3), to: daysFromNow(-2) })),
  'issued by a CA for clients only': () => issued(root({ extensions: [authority(), usages(usage.client)] })),
  'issued by a CA for servers': () => issued(root({ extensions: [authority(), usages(usage.server)] })),
  'issued by a CA on RSA': () => issued(root({ keys: makeKeys('RSA 2048') })),
  'issued by a CA on Ed25519': () => issued(root({ keys: makeKeys('Ed25519') })),
  'issued with SHA-1': () => issued(root(), { digest: 'sha1' }),
  'issued, and for clients only': () => issued(root(), { extensions: [usages(usage.client), names('localhost')] }),
  'issued, with an extension twice': () => issued(root(), { extensions: [...good(), names('localhost')] }),
  'issued, with a key usage of nothing': () =>
    issued(root(), { extensions: [names('localhost'), extension('2.5.29.15', nothing)] }),
  'issued by a CA for the name': () => issued(constrained(0, numberedText(2, 'localhost'))),
  'issued by a CA for every name': () => issued(constrained(0, numberedText(2, ''))),
  'issued by a CA for another name': () => issued(constrained(0, numberedText(2, 'example.com'))),
  'issued by a CA for any name but this': () => issued(constrained(1, numberedText(2, 'LocalHost'))),
  'issued by a CA for any name but another': () => issued(constrained(1, numberedText(2, 'example.com'))),
  'issued by a CA for another network': () => issuedForAddress(constrained(0, address([10, 0, 0, 0, 255, 0, 0, 0]))),
  'issued by a CA for the network': () => issuedForAddress(constrained(0, address([127, 0, 0, 0, 255, 0, 0, 0]))),
  'issued by a CA for any network but this': () =>
    issuedForAddress(constrained(1, address([127, 0, 0, 0, 255, 0, 0, 0]))),
  'issued by a CA for some network, without an address': () =>
    issued(constrained(0, address([10, 0, 0, 0, 255, 0, 0, 0]))),
  'issued in two steps, the first for another name': () =>
    inTwoSteps(constrained(0, numberedText(2, 'example.com')), {}, true),
  'issued, and expired': () => issued(root(), { from: daysFromNow(-3), to: daysFromNow(-2) }),
  'issued, with a signature that is wrong': () => {
    const { served, field: announced } = issued(root());
    return { served: tampered(served), field: announced };
  },
  'issued by another CA of the same name': () => ({ ...issued(root()), field: field(root()) }),
  'issued in two steps, both served': () => inTwoSteps(root(), {}, true),
  'issued in two steps, one kept back': () => inTwoSteps(root(), {}, false),
  'issued in two steps, the middle no CA': () => ({
    ...inTwoSteps(root(), { extensions: good() }, true),
    withoutHint: true,
  }),
  'issued in two steps, the middle expired': () =>
    inTwoSteps(root(), { from: daysFromNow(-3), to: daysFromNow(-2) }, true),
  'issued in two steps where one is allowed': () =>
    inTwoSteps(root({ extensions: [certificateSigning(), authority(0)] }), {}, true),
  'issued by a CA that is served, with the leaf in field 6': () => {
    const ca = root();
    const served = makeCertificate({ name: 'leaf', issuer: ca });
    return { served, field: field(served), chain: [ca] };
  },
};

function inTwoSteps(first: Certificate, second: Recipe, isServed: boolean): Row {
  const middle = makeCertificate({
    name: 'middle',
    issuer: first,
    extensions: [certificateSigning(), authority()],
    ...second,
  });
  const served = makeCertificate({ name: 'leaf', issuer: middle });
  return { served, field: field(first), ...(isServed && { chain: [middle] }) };
}

const inBase64 = (content: string | Buffer): string => Buffer.from(content).toString('base64').replaceAll('=', '');

const fields: Readonly<Record<string, () => Row>> = {
  'nothing in field 6': () => printed(() => ''),
  'a word in field 6': () => printed(() => 'tls'),
  'fifty characters': () => printed((one) => field(one).slice(0, 50)),
  'fifty-one characters': () => printed((one) => field(one).slice(0, 51)),
  'fifty-two characters': () => printed((one) => field(one).slice(0, 52)),
  'base64 that needs no padding': () => ({ served: ofLength(0), field: '' }),
  'base64 with one sign of padding': () => padded(2),
  'base64 with two signs of padding': () => padded(1),
  'base64 for URLs': () => printed((one) => one.der.toString('base64url')),
  'base64 for URLs, with padding': () => {
    const served = ofLength(1);
    return { served, field: `${served.der.toString('base64url')}==` };
  },
  'PEM in base64': () => printed(({ pem }) => inBase64(pem)),
  'PEM on one line': () => printed(({ pem }) => pem.replaceAll('\n', '')),
  'PEM with escaped line feeds': () => printed(({ pem }) => pem.replaceAll('\n', '\\n')),
  'PEM without its first line, escaped': () => printed(({ der }) => der.toString('base64').replace(/.{64}/g, '$&\\n')),
  hexadecimal: () => printed(({ der }) => der.toString('hex')),
  'hexadecimal with colons': () => printed(({ der }) => (der.toString('hex').match(/../g) ?? []).join(':')),
  'without its last character': () => printed((one) => field(one).slice(0, -1)),
  'without its last two characters': () => printed((one) => field(one).slice(0, -2)),
  'the first half': () => printed((one) => field(one).slice(0, field(one).length >> 1)),
  'with a blank inside': () => printed((one) => `${field(one).slice(0, 60)} ${field(one).slice(60)}`),
  'with a star inside': () => printed((one) => `${field(one).slice(0, 60)}*${field(one).slice(60)}`),
  'a carriage return inside': () => printed((one) => `${field(one).slice(0, 64)}\r${field(one).slice(64)}`),
  'a certificate twice': () => printed(({ der }) => inBase64(Buffer.concat([der, der]))),
  'a zero byte after the certificate': () => printed(({ der }) => inBase64(Buffer.concat([der, Buffer.from([0])]))),
  'the public key': () =>
    printed(({ keys: { publicKey } }) => inBase64(publicKey.export({ type: 'spki', format: 'der' }))),
  'words in base64': () => printed(() => inBase64('this is no certificate, but it is long enough to be one')),
  'words that are base64 by chance': () => printed(() => 'thisisnocertificatebutitislongenoughtobetakenforonexxxx'),
  'only padding': () => printed(() => '='.repeat(60)),
};

function padded(rest: number): Row {
  const served = ofLength(rest);
  return { served, field: served.der.toString('base64') };
}

export const certificateRows: Readonly<Record<string, () => Row>> = { ...keys, ...parts, ...trust, ...fields };
