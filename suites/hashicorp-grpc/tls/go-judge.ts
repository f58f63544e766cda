/**
 * Judges a plugin's certificate as a Go host does under AutoMTLS (crypto/x509 Verify and crypto/tls), in Go's order,
 * from facts alone. The only root is the certificate of field 6; the name is `localhost`. OpenSSL would refuse some of
 * what Go takes and take some of what Go refuses.
 */
import type { CertificateFacts } from './certificate-facts.ts';
import { type Chain, criticalError, findChains, timeError } from './go-chain.ts';
import { constraintsError } from './go-constraints.ts';
import { extensionsError } from './go-extensions.ts';

/** One fault, with the requirement it breaks. */
export interface TlsFault {
  readonly requirement: string;
  readonly variant: string;
  readonly expected: string;
  readonly observed: string;
  /** What a Go host shows, word for word; absent where it does not mind. */
  readonly hostSays?: string;
  /** Where the requirement's own words are too general. */
  readonly fix?: string;
}

export interface JudgeInput {
  /** The certificate of field 6, which is the only root; undefined when the host got none. */
  readonly announced: CertificateFacts | undefined;
  /** What the server showed, its own certificate first. */
  readonly served: readonly CertificateFacts[];
  readonly now: Date;
}

const serverAuth = '1.3.6.1.5.5.7.3.1';
const anyUsage = '2.5.29.37.0';
const localhost = 'localhost';

const unavailable = (error: string): string =>
  `rpc error: code = Unavailable desc = connection error: desc = "${error}"`;

/** What a host shows when the TLS handshake comes to nothing; grpc-go quotes the error, quotes and all. */
export const handshakeFailed = (error: string): string =>
  unavailable(`transport: authentication handshake failed: ${error.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}`);

const unverified = (error: string): string => handshakeFailed(`tls: failed to verify certificate: ${error}`);
const unreadable = (error: string): string => `error parsing server cert: ${error}`;

function serialFault({ serial }: CertificateFacts): TlsFault | undefined {
  const base = {
    requirement: 'GRPC-TLS-022',
    variant: 'serial',
    expected: 'a positive serial number of at most 20 bytes',
  };
  if (Number.parseInt(serial.slice(0, 2), 16) >= 0x80)
    return {
      ...base,
      observed: `a negative serial number, ${serial}`,
      hostSays: unreadable('x509: negative serial number'),
    };
  const bytes = serial.replace(/^00/, '').length / 2;
  if (/^0*$/.test(serial)) return { ...base, observed: 'the serial number is zero' };
  return bytes > 20 ? { ...base, observed: `a serial number of ${bytes} bytes` } : undefined;
}

const rsaBits = (key: string): number | undefined => (key.startsWith('RSA ') ? Number(key.slice(4)) : undefined);
const leastBits = 1024;
const goodBits = 2048;
const mostBits = 8192;

/** What a host makes of a kind of key that it does not take. */
function keyRefusal(key: string): string | undefined {
  const bits = rsaBits(key);
  if (bits !== undefined && bits > mostBits)
    return handshakeFailed(`tls: server sent certificate containing RSA key larger than ${mostBits} bits`);
  if (bits !== undefined && bits < leastBits)
    return handshakeFailed(
      `tls: invalid signature by the server certificate: crypto/rsa: ${bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)`,
    );
  if (bits !== undefined || /^(?:P-256|P-384|P-521|Ed25519)$/.test(key)) return undefined;
  if (key.startsWith('curve ')) return unreadable('x509: unsupported elliptic curve');
  // The alert comes from the plugin's own library, which finds no signature that the host would read.
  return handshakeFailed('remote error: tls: handshake failure');
}

function keyFault({ key }: CertificateFacts): TlsFault | undefined {
  const hostSays = keyRefusal(key);
  const isShort = (rsaBits(key) ?? goodBits) < goodBits;
  if (hostSays === undefined && !isShort) return undefined;
  return {
    requirement: 'GRPC-TLS-010',
    variant: isShort ? 'short-key' : 'key-type',
    expected: 'ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519',
    observed: `the key is ${key}`,
    ...(hostSays !== undefined && { hostSays }),
  };
}

function timeFault(certificate: CertificateFacts, now: Date): TlsFault | undefined {
  const error = timeError(certificate, now);
  if (error === undefined) return undefined;
  const { notBefore, notAfter } = certificate;
  const isEarly = now < notBefore;
  return {
    requirement: 'GRPC-TLS-007',
    variant: isEarly ? 'not-yet-valid' : 'expired',
    expected: 'a certificate that is valid now',
    observed: isEarly ? `valid from ${notBefore.toISOString()}` : `expired ${notAfter.toISOString()}`,
    hostSays: unverified(error),
  };
}

/** Wildcards stand for a label before a dot, which this name has not. */
const isLocalhost = (name: string): boolean => name.toLowerCase() === localhost;

function nameFault({ names, commonName }: CertificateFacts): TlsFault | undefined {
  const base = { requirement: 'GRPC-TLS-006', expected: 'the DNS name localhost among the subject alternative names' };
  if (!names) {
    const isCommon = isLocalhost(commonName ?? '');
    return {
      ...base,
      variant: 'no-san',
      observed: `no subject alternative names, only the common name ${commonName ?? '(none)'}`,
      hostSays: unverified(
        isCommon
          ? 'x509: certificate relies on legacy Common Name field, use SANs instead'
          : 'x509: certificate is not valid for any names, but wanted to match localhost',
      ),
    };
  }
  if (names.dns.some(isLocalhost)) return undefined;
  if (names.dns.length === 0)
    return {
      ...base,
      variant: 'no-dns-name',
      observed: `no DNS name among the ${names.others} alternative names`,
      hostSays: unverified('x509: certificate is not valid for any names, but wanted to match localhost'),
    };
  const list = names.dns.join(', ');
  return {
    ...base,
    variant: 'other-name',
    observed: `the names are ${list}`,
    hostSays: unverified(`x509: certificate is valid for ${list}, not localhost`),
  };
}

const isForServers = ({ usages }: CertificateFacts): boolean =>
  usages === undefined || usages.includes(serverAuth) || usages.includes(anyUsage);

function usageFault(leaf: CertificateFacts, chains: readonly Chain[]): TlsFault | undefined {
  if (chains.some((chain) => chain.every(isForServers))) return undefined;
  const unfit = [leaf, ...chains.flat()].find((certificate) => !isForServers(certificate));
  return {
    requirement: 'GRPC-TLS-008',
    variant: 'usage',
    expected: 'no extended key usage, or serverAuth among them',
    observed: `the extended key usages${unfit === leaf ? '' : ' of its issuer'} are ${unfit?.usages?.join(', ')}`,
    hostSays: unverified('x509: certificate specifies an incompatible key usage'),
  };
}

/** An authority that may sign, but not for these names. */
function constraintsFault(chains: readonly Chain[]): TlsFault | undefined {
  const errors = chains.filter((chain) => chain.every(isForServers)).map(constraintsError);
  const [error] = errors;
  if (error === undefined || errors.includes(undefined)) return undefined;
  return {
    requirement: 'GRPC-TLS-005',
    variant: 'name-constraints',
    expected: 'an issuer whose name constraints allow every name of the certificate',
    observed: error.replace('x509: ', ''),
    hostSays: unverified(error),
    fix: 'Issue the certificate with an authority without name constraints, or leave out the names that they forbid.',
  };
}

function trustFaults({ announced, served: [leaf, ...intermediates], now }: JudgeInput): readonly TlsFault[] {
  const base = {
    requirement: 'GRPC-TLS-005',
    expected: 'the served certificate is the one of field 6, or issued by it',
  };
  const unknown = unverified('x509: certificate signed by unknown authority');
  if (!leaf) return [{ ...base, variant: 'none-served', observed: 'no certificate was served', hostSays: unknown }];
  if (!announced)
    return [{ ...base, variant: 'none-announced', observed: 'field 6 names no certificate', hostSays: unknown }];
  const found = findChains(leaf, { roots: [announced], intermediates, now });
  if ('chains' in found) return [usageFault(leaf, found.chains) ?? constraintsFault(found.chains) ?? []].flat();
  const isIssued = leaf.issuer.equals(announced.subject) && !leaf.subject.equals(announced.subject);
  return [
    {
      ...base,
      variant: isIssued ? 'unfit-issuer' : 'another-certificate',
      observed: isIssued
        ? 'the certificate of field 6 is named as the issuer of the one that was served, and does not vouch for it'
        : 'another certificate was served than the one of field 6',
      hostSays: unverified(found.error),
    },
    ...[usageFault(leaf, [[leaf]]) ?? []].flat(),
  ];
}

function criticalFault(certificate: CertificateFacts): TlsFault | undefined {
  const error = criticalError(certificate);
  if (error === undefined) return undefined;
  return {
    requirement: 'GRPC-TLS-005',
    variant: 'critical-extension',
    expected: 'no critical extension that Go does not know',
    observed: `the critical extension ${certificate.unknownCritical[0]}`,
    hostSays: unverified(error),
  };
}

/** A fault that keeps a Go host from reading what was served, each as DER. */
export function judgeReading(served: readonly Buffer[]): TlsFault | undefined {
  const error = served.map(extensionsError).find((found) => found !== undefined);
  if (error === undefined) return undefined;
  return {
    requirement: 'GRPC-TLS-005',
    variant: 'extension',
    expected: 'a certificate that a host can read',
    observed: `a Go host cannot read what was served: ${error}`,
    hostSays: handshakeFailed(`tls: failed to parse certificate from server: ${error}`),
    fix: 'Let a library make the certificate: each extension once, in its own form, and critical only where allowed.',
  };
}

/** Faults that field 6 alone shows. */
export const judgeAnnounced = (announced: CertificateFacts): readonly TlsFault[] =>
  [serialFault(announced), keyFault(announced)].filter((fault) => fault !== undefined);

/** Every fault, in the order in which a Go host would find them; it stops at the first that has a `hostSays`. */
export function judgeCertificate(input: JudgeInput): readonly TlsFault[] {
  const [leaf] = input.served;
  if (!leaf) return trustFaults(input);
  return [
    serialFault(leaf),
    keyFault(leaf),
    criticalFault(leaf),
    timeFault(leaf, input.now),
    nameFault(leaf),
    ...trustFaults(input),
  ].filter((fault) => fault !== undefined);
}

export interface RequestInput {
  /** The TLS version that was agreed on, such as `TLSv1.3`. */
  readonly version: string;
  /** Signature algorithms of the server's request, in OpenSSL's names. */
  readonly algorithms: readonly string[];
  /** DER names of acceptable authorities, where they could be read. */
  readonly authorities: readonly Buffer[] | undefined;
  /** DER name of the host certificate's issuer. */
  readonly hostIssuer: Buffer;
}

const p521Algorithm = 'ECDSA+SHA512';

/** Why a Go host would send an empty certificate list in answer to a request (crypto/tls, SupportsCertificate). */
export function judgeRequest({ version, algorithms, authorities, hostIssuer }: RequestInput): readonly TlsFault[] {
  const faults: TlsFault[] = [];
  // In TLS 1.2 the curve is not tied to the hash: any ECDSA algorithm will do.
  const fits =
    version === 'TLSv1.3' ? algorithms.includes(p521Algorithm) : algorithms.some((name) => name.startsWith('ECDSA'));
  if (!fits && algorithms.length > 0)
    faults.push({
      requirement: 'GRPC-TLS-012',
      variant: 'no-p521',
      expected:
        version === 'TLSv1.3'
          ? 'ecdsa_secp521r1_sha512 among the algorithms of the request'
          : 'an ECDSA algorithm in the request',
      observed: `the request offers ${algorithms.join(', ')}`,
      fix: 'Offer ecdsa_secp521r1_sha512, or TLS 1.2 only. grpcio can do neither: let another TLS server stand before it, or ask for no certificate.',
      hostSays: unavailable('error reading server preface: EOF'),
    });
  if (authorities && authorities.length > 0 && !authorities.some((name) => name.equals(hostIssuer)))
    faults.push({
      requirement: 'GRPC-TLS-013',
      variant: 'authorities',
      expected: "no list of authorities, or the host certificate's issuer in it",
      observed: `${authorities.length} authorities are acceptable, the issuer of the host certificate is none of them`,
      hostSays: unavailable('error reading server preface: EOF'),
    });
  return faults;
}
