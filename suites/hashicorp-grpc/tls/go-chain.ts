/**
 * Whether a chain of signatures leads from a certificate to a root, as Go sees it (crypto/x509, Verify): which parents
 * it tries, which of them may sign, and what it says when none will do.
 */
import type { CertificateFacts } from './certificate-facts.ts';

export type Chain = readonly CertificateFacts[];

export type Chained = { readonly chains: readonly Chain[] } | { readonly error: string };

interface Verification {
  readonly roots: Chain;
  readonly intermediates: Chain;
  readonly now: Date;
}

const certSign = 0x20;

const inSeconds = (date: Date): string => date.toISOString().replace(/\.\d+/, '');

/** What is wrong with the time of a certificate, in Go's words. */
export function timeError({ notBefore, notAfter }: CertificateFacts, now: Date): string | undefined {
  const error = `x509: certificate has expired or is not yet valid: current time ${inSeconds(now)}`;
  if (now < notBefore) return `${error} is before ${inSeconds(notBefore)}`;
  return now > notAfter ? `${error} is after ${inSeconds(notAfter)}` : undefined;
}

export const criticalError = ({ unknownCritical }: CertificateFacts): string | undefined =>
  unknownCritical.length > 0 ? 'x509: unhandled critical extension' : undefined;

/** Whether one certificate could have signed the other, and did. */
function signatureError(child: CertificateFacts, parent: CertificateFacts): string | undefined {
  const mayIssue = parent.isAuthority ?? parent.version < 3;
  const mayCertify = parent.keyUsage === undefined || (parent.keyUsage & certSign) !== 0;
  if (!mayIssue || !mayCertify)
    return 'x509: invalid signature: parent certificate cannot sign this kind of certificate';
  const { family, hash } = child.signature;
  if (hash === 'SHA-1') {
    const name = family === 'ECDSA' ? 'ECDSA-SHA1' : 'SHA1-RSA';
    return `x509: cannot verify signature: insecure algorithm ${name}`;
  }
  if (parent.signed(child)) return undefined;
  return family === 'RSA' ? 'crypto/rsa: verification error' : `x509: ${family} verification failure`;
}

/** The same subject, key and names: it would only repeat what is in the chain already. */
const isSame = (one: CertificateFacts, other: CertificateFacts): boolean =>
  one.subject.equals(other.subject) &&
  one.publicKey.equals(other.publicKey) &&
  JSON.stringify(one.names) === JSON.stringify(other.names);

function parentError(parent: CertificateFacts, chain: Chain, isRoot: boolean, now: Date): string | undefined {
  const error = criticalError(parent) ?? timeError(parent, now);
  if (error !== undefined) return error;
  if (!isRoot && parent.isAuthority !== true) return 'x509: certificate is not authorized to sign other certificates';
  const between = chain.length - 1;
  return parent.pathLength !== undefined && between > parent.pathLength
    ? 'x509: too many intermediates for path length constraint'
    : undefined;
}

const nameOf = ({ commonName, organization, serial }: CertificateFacts): string =>
  commonName || organization || `serial:${BigInt(`0x${serial}`)}`;

/** Goes on from the last certificate of a chain to its possible parents. */
function extend(chain: Chain, { roots, intermediates, now }: Verification): Chained {
  const child = chain.at(-1);
  if (!child) throw new RangeError('a chain begins with a certificate');
  const found: Chain[] = [];
  let error: string | undefined;
  let hint: string | undefined;
  const candidates = [
    ...roots.map((parent) => ({ parent, isRoot: true })),
    ...intermediates.map((parent) => ({ parent, isRoot: false })),
  ].filter(({ parent }) => parent.subject.equals(child.issuer) && !chain.some((one) => isSame(one, parent)));
  for (const { parent, isRoot } of candidates) {
    const unsigned = signatureError(child, parent);
    const unfit = unsigned === undefined ? parentError(parent, chain, isRoot, now) : undefined;
    const reason = unsigned ?? unfit;
    if (reason !== undefined)
      hint ??= `${JSON.stringify(reason)} while trying to verify candidate authority certificate ${JSON.stringify(nameOf(parent))}`;
    if (unsigned !== undefined) continue;
    error = unfit;
    if (unfit !== undefined) continue;
    if (isRoot) {
      found.push([...chain, parent]);
      continue;
    }
    const further = extend([...chain, parent], { roots, intermediates, now });
    if ('chains' in further) found.push(...further.chains);
    else error = further.error;
  }
  if (found.length > 0) return { chains: found };
  const unknown = 'x509: certificate signed by unknown authority';
  return { error: error ?? (hint === undefined ? unknown : `${unknown} (possibly because of ${hint})`) };
}

/** Every way from a certificate to the roots; a certificate that is a root itself needs none. */
export function findChains(leaf: CertificateFacts, verification: Verification): Chained {
  if (verification.roots.some((root) => root.der.equals(leaf.der))) return { chains: [[leaf]] };
  return extend([leaf], verification);
}
