/**
 * Judges a plugin's certificate as a Go host does under AutoMTLS (crypto/x509 Verify and crypto/tls), in Go's order,
 * from facts alone. The only root is the certificate of field 6; the name is `localhost`. OpenSSL would refuse some of
 * what Go takes and take some of what Go refuses.
 */
import type { CertificateFacts } from './certificate-facts.ts';

/** One fault, with the requirement it breaks and the words a Go host would show. */
export interface TlsFault {
  readonly requirement: string;
  readonly variant: string;
  readonly expected: string;
  readonly observed: string;
  /** As it stands inside `Unavailable … authentication handshake failed: …`. */
  readonly goError: string;
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
const certSign = 0x20;
const localhost = 'localhost';

const supportedKey =
  /^(?:P-256|P-384|P-521|Ed25519|RSA (?:102[4-9]|10[3-9]\d|1[1-9]\d\d|[2-7]\d{3}|80\d\d|81[0-8]\d|819[0-2]))$/;

/** Whether Go's TLS can use a key of this kind. */
export const isSupportedKey = (key: string): boolean => supportedKey.test(key);

const isNegative = (serial: string): boolean => Number.parseInt(serial.slice(0, 2), 16) >= 0x80;

function serialFault({ serial }: CertificateFacts): TlsFault | undefined {
  const base = {
    requirement: 'GRPC-TLS-022',
    variant: 'serial',
    expected: 'a positive serial number of at most 20 bytes',
  };
  if (isNegative(serial))
    return {
      ...base,
      observed: `a negative serial number, ${serial}`,
      goError: 'tls: failed to parse certificate from server: x509: negative serial number',
    };
  const bytes = serial.replace(/^00/, '').length / 2;
  if (/^0*$/.test(serial)) return { ...base, observed: 'the serial number is zero', goError: '' };
  return bytes > 20 ? { ...base, observed: `a serial number of ${bytes} bytes`, goError: '' } : undefined;
}

function keyFault({ key }: CertificateFacts): TlsFault | undefined {
  if (isSupportedKey(key)) return undefined;
  return {
    requirement: 'GRPC-TLS-010',
    variant: 'key-type',
    expected: 'ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519',
    observed: `the key is ${key}`,
    goError: 'tls: handshake failure',
  };
}

const day = (date: Date): string => date.toISOString().replace('.000', '');

function timeFault({ notBefore, notAfter }: CertificateFacts, now: Date): TlsFault | undefined {
  const base = { requirement: 'GRPC-TLS-007', expected: 'a certificate that is valid now' };
  const error = 'x509: certificate has expired or is not yet valid: current time';
  if (now < notBefore)
    return {
      ...base,
      variant: 'not-yet-valid',
      observed: `valid from ${day(notBefore)}`,
      goError: `${error} ${day(now)} is before ${day(notBefore)}`,
    };
  if (now > notAfter)
    return {
      ...base,
      variant: 'expired',
      observed: `expired ${day(notAfter)}`,
      goError: `${error} ${day(now)} is after ${day(notAfter)}`,
    };
  return undefined;
}

/** Go's matchHostnames for one label: a lone `*` matches, other wildcards do not. */
const matchesLocalhost = (pattern: string): boolean => {
  const name = pattern.toLowerCase().replace(/\.$/, '');
  return name === localhost || name === '*';
};

function nameFault({ names, commonName }: CertificateFacts): TlsFault | undefined {
  const base = { requirement: 'GRPC-TLS-006', expected: 'the DNS name localhost among the subject alternative names' };
  if (!names)
    return {
      ...base,
      variant: 'no-san',
      observed: `no subject alternative names, only the common name ${commonName ?? '(none)'}`,
      goError: 'x509: certificate relies on legacy Common Name field, use SANs instead',
    };
  if (names.dns.some(matchesLocalhost)) return undefined;
  if (names.dns.length === 0)
    return {
      ...base,
      variant: 'no-dns-name',
      observed: `no DNS name among the ${names.others} alternative names`,
      goError: 'x509: certificate is not valid for any names, but wanted to match localhost',
    };
  const list = names.dns.join(', ');
  return {
    ...base,
    variant: 'other-name',
    observed: `the names are ${list}`,
    goError: `x509: certificate is valid for ${list}, not localhost`,
  };
}

function signs(root: CertificateFacts, leaf: CertificateFacts): boolean {
  const mayIssue = root.version < 3 || root.isAuthority === true;
  const mayCertify = root.keyUsage === undefined || (root.keyUsage & certSign) !== 0;
  return mayIssue && mayCertify && root.subject.equals(leaf.issuer) && root.signed(leaf);
}

/** Whether a chain leads from the leaf to the root, through what else was served. */
function chains(leaf: CertificateFacts, others: readonly CertificateFacts[], root: CertificateFacts): boolean {
  if (signs(root, leaf)) return true;
  return others.some(
    (issuer) =>
      signs(issuer, leaf) &&
      chains(
        issuer,
        others.filter((other) => other !== issuer),
        root,
      ),
  );
}

function trustFault({ announced, served }: JudgeInput): TlsFault | undefined {
  const [leaf, ...others] = served;
  const base = {
    requirement: 'GRPC-TLS-005',
    expected: 'the served certificate is the one of field 6, or issued by it',
  };
  const goError = 'x509: certificate signed by unknown authority';
  if (!leaf) return { ...base, variant: 'none-served', observed: 'no certificate was served', goError };
  if (!announced) return { ...base, variant: 'none-announced', observed: 'field 6 names no certificate', goError };
  if (announced.der.equals(leaf.der) || chains(leaf, others, announced)) return undefined;
  const looksRelated = announced.subject.equals(leaf.issuer);
  return {
    ...base,
    variant: 'another-certificate',
    observed: 'another certificate was served than the one of field 6',
    goError: looksRelated
      ? `${goError} (possibly because of "x509: … verification failure" while trying to verify candidate authority certificate "${announced.commonName ?? ''}")`
      : goError,
  };
}

function usageFault({ usages }: CertificateFacts): TlsFault | undefined {
  if (!usages || usages.includes(serverAuth) || usages.includes(anyUsage)) return undefined;
  return {
    requirement: 'GRPC-TLS-008',
    variant: 'usage',
    expected: 'no extended key usage, or serverAuth among them',
    observed: `the extended key usages are ${usages.join(', ')}`,
    goError: 'x509: certificate specifies an incompatible key usage',
  };
}

function criticalFault({ unknownCritical }: CertificateFacts): TlsFault | undefined {
  const [oid] = unknownCritical;
  if (oid === undefined) return undefined;
  return {
    requirement: 'GRPC-TLS-005',
    variant: 'critical-extension',
    expected: 'no critical extension that Go does not know',
    observed: `the critical extension ${oid}`,
    goError: 'x509: unhandled critical extension',
  };
}

/** Every fault, in the order in which a Go host would find them; it stops at the first with a `goError`. */
export function judgeCertificate(input: JudgeInput): readonly TlsFault[] {
  const [leaf] = input.served;
  if (!leaf) return [trustFault(input)].filter((fault) => fault !== undefined);
  return [
    serialFault(leaf),
    keyFault(leaf),
    criticalFault(leaf),
    timeFault(leaf, input.now),
    nameFault(leaf),
    trustFault(input),
    usageFault(leaf),
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
      goError: 'error reading server preface: EOF',
    });
  if (authorities && authorities.length > 0 && !authorities.some((name) => name.equals(hostIssuer)))
    faults.push({
      requirement: 'GRPC-TLS-013',
      variant: 'authorities',
      expected: "no list of authorities, or the host certificate's issuer in it",
      observed: `${authorities.length} authorities are acceptable, the issuer of the host certificate is none of them`,
      goError: 'error reading server preface: EOF',
    });
  return faults;
}
