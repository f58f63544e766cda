/**
 * What a Go host offers in a TLS handshake: the cipher suites of grpc-go, which leaves out what HTTP/2 forbids (RFC
 * 9113, appendix A), with the curves and signature algorithms of crypto/tls. A plugin that wants anything else is out of
 * reach for it, though not for OpenSSL.
 */
import { createSecureContext } from 'node:tls';
import type { TlsFacts, TlsOffer } from '../../../src/wire/tls-connection.ts';
import { handshakeFailed, type TlsFault } from './go-judge.ts';

const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** OpenSSL has the hybrid of Go 1.24 since 3.5; Node.js refuses a list with a name it does not know. */
function isKnown(group: string): boolean {
  try {
    createSecureContext({ ecdhCurve: group });
    return true;
  } catch {
    return false;
  }
}

const hybrid = 'X25519MLKEM768';

/** In OpenSSL's names, as a finished handshake reports them. */
const groups = [...(isKnown(hybrid) ? [hybrid] : []), 'X25519', 'prime256v1', 'secp384r1', 'secp521r1'];

const signatures = [
  'rsa_pss_rsae_sha256',
  'ecdsa_secp256r1_sha256',
  'ed25519',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'RSA+SHA256',
  'RSA+SHA384',
  'RSA+SHA512',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'RSA+SHA1',
  'ECDSA+SHA1',
];

export const goOffer: TlsOffer = {
  // Small keys and old hashes are for the judge, not for OpenSSL's own security level.
  ciphers: `${suites.join(':')}:@SECLEVEL=0`,
  groups: groups.join(':'),
  signatures: signatures.join(':'),
};

function insistence({ version, cipher, group }: TlsFacts): { readonly variant: string; readonly on: string } {
  if (!suites.includes(cipher)) return { variant: 'cipher-suite', on: `the cipher suite ${cipher} in ${version}` };
  if (group !== undefined && !groups.includes(group)) return { variant: 'curve', on: `the curve ${group}` };
  return { variant: 'signature', on: 'a signature algorithm that Go has not' };
}

const fixes: Readonly<Record<string, string>> = {
  'cipher-suite': 'Leave the cipher suites at the defaults of a current TLS library, or add ECDHE with AES-GCM.',
  curve: 'Leave the curves at the defaults of a current TLS library, or add X25519 or P-256.',
  signature: 'Leave the signature algorithms at the defaults of a current TLS library.',
};

/** The fault of a plugin that takes none of what a Go host offers, from a handshake that offered everything. */
export function judgeInsistence(facts: TlsFacts): TlsFault {
  const { variant, on } = insistence(facts);
  return {
    requirement: 'GRPC-TLS-003',
    variant,
    expected: 'a handshake with a cipher suite, a curve and a signature algorithm that a Go host offers',
    observed: `the plugin insists on ${on}, which a Go host does not offer`,
    hostSays: handshakeFailed('remote error: tls: handshake failure'),
    ...(fixes[variant] !== undefined && { fix: fixes[variant] }),
  };
}
