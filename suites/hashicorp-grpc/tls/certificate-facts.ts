/** What Go's judgement needs to know of a certificate, read from its DER. */
import { X509Certificate as NodeCertificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  type Certificate,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from './x509.ts';

export interface CertificateFacts {
  readonly der: Buffer;
  /** DER of the names. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly commonName: string | undefined;
  /** The first one. */
  readonly organization: string | undefined;
  /** Undefined when the certificate has no subject alternative names at all. */
  readonly names: { readonly dns: readonly string[]; readonly others: number } | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Extended key usages by OID; undefined when there are none. */
  readonly usages: readonly string[] | undefined;
  /** Key usage bits; undefined when there are none. */
  readonly keyUsage: number | undefined;
  /** Undefined when nothing is said of it. */
  readonly isAuthority: boolean | undefined;
  /** How many certificates may stand between it and the last one. */
  readonly pathLength: number | undefined;
  /** DER of the public key. */
  readonly publicKey: Buffer;
  /** Such as `RSA 2048`, `P-256`, `Ed25519`. */
  readonly key: string;
  /** Serial number in hexadecimal, as the DER integer stands. */
  readonly serial: string;
  readonly version: number;
  /** The algorithm that it was signed with. */
  readonly signature: { readonly family: 'ECDSA' | 'RSA' | 'Ed25519' | 'unknown'; readonly hash: string };
  readonly unknownCritical: readonly string[];
  /** Whether a certificate bears this one's signature. */
  readonly signed: (other: CertificateFacts) => boolean;
}

const knownCritical = [
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.19',
  '2.5.29.30',
  '2.5.29.31',
  '2.5.29.35',
  '2.5.29.37',
  '2.5.29.14',
];

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  secp224r1: 'P-224',
};

function keyName(certificate: NodeCertificate): string {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'rsa') return `RSA ${details?.modulusLength ?? 0}`;
  if (type === 'ec') return curves[details?.namedCurve ?? ''] ?? `curve ${details?.namedCurve ?? 'unknown'}`;
  return type === 'ed25519' ? 'Ed25519' : type === 'ed448' ? 'Ed448' : type;
}

/** What no library shows as it stands: the version, and the serial number with its sign in the first bit. */
function readHead(der: Buffer): { version: number; serial: string } {
  const element = (at: number): { tag: number; start: number; end: number } => {
    const first = der[at + 1] ?? 0;
    const count = first < 0x80 ? 0 : first & 0x7f;
    const length = count === 0 ? first : der.readUIntBE(at + 2, count);
    const start = at + 2 + count;
    return { tag: der[at] ?? 0, start, end: start + length };
  };
  const first = element(element(element(0).start).start);
  const hasVersion = first.tag === 0xa0;
  const serial = hasVersion ? element(first.end) : first;
  return {
    version: hasVersion ? (der[first.end - 1] ?? 0) + 1 : 1,
    serial: der.subarray(serial.start, serial.end).toString('hex'),
  };
}

function signatureOf({ signatureAlgorithm: given }: Certificate): CertificateFacts['signature'] {
  const { name, hash } = given as { name?: string; hash?: { name?: string } };
  const family = name === 'ECDSA' || name === 'Ed25519' ? name : name?.startsWith('RSA') ? 'RSA' : 'unknown';
  return { family, hash: hash?.name ?? '' };
}

/** Reads a certificate. @throws Error when the bytes are none */
export function readCertificate(der: Buffer): CertificateFacts {
  const certificate = new X509Certificate(der);
  const node = new NodeCertificate(der);
  const alternative = certificate.getExtension(SubjectAlternativeNameExtension);
  const usages = certificate.getExtension(ExtendedKeyUsageExtension);
  const keyUsage = certificate.getExtension(KeyUsagesExtension);
  const constraints = certificate.getExtension(BasicConstraintsExtension);
  const names = alternative?.names.items;
  const self: CertificateFacts = {
    der,
    issuer: Buffer.from(certificate.issuerName.toArrayBuffer()),
    subject: Buffer.from(certificate.subjectName.toArrayBuffer()),
    commonName: certificate.subjectName.getField('CN')[0],
    organization: certificate.subjectName.getField('O')[0],
    names: names && {
      dns: names.filter(({ type }) => type === 'dns').map(({ value }) => value),
      others: names.filter(({ type }) => type !== 'dns').length,
    },
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    usages: usages?.usages.map(String),
    keyUsage: keyUsage?.usages,
    isAuthority: constraints?.ca,
    pathLength: constraints?.pathLength,
    publicKey: node.publicKey.export({ type: 'spki', format: 'der' }),
    key: keyName(node),
    ...readHead(der),
    signature: signatureOf(certificate),
    unknownCritical: certificate.extensions
      .filter(({ critical, type }) => critical && !knownCritical.includes(type))
      .map(({ type }) => type),
    signed: (other) => {
      try {
        return new NodeCertificate(other.der).verify(node.publicKey);
      } catch {
        return false;
      }
    },
  };
  return self;
}
