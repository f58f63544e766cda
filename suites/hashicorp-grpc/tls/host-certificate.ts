/**
 * The host's certificate under AutoMTLS, made anew for every start as go-plugin's mtls.go makes it, and the deviations
 * that probes hand out to see what a plugin does about them.
 */
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from './x509.ts';

export interface HostCertificate {
  /** What PLUGIN_CLIENT_CERT holds. */
  readonly pem: string;
  /** PKCS#8. */
  readonly keyPem: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly curve: Curve;
}

/** The reference host uses P-521; P-256 serves diagnosis only. */
type Curve = 'P-521' | 'P-256';

export interface CertificateRecipe {
  readonly curve?: Curve;
  readonly expired?: boolean;
  /** The keys of another certificate, to make a copy of it. */
  readonly keys?: webcrypto.CryptoKeyPair;
}

const hour = 3_600_000;
const validFor = 262_980 * hour;

const usages =
  KeyUsageFlags.digitalSignature |
  KeyUsageFlags.keyEncipherment |
  KeyUsageFlags.keyAgreement |
  KeyUsageFlags.keyCertSign;

function randomSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  // Positive in DER whatever the bits, and never zero.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return Buffer.from(bytes).toString('hex');
}

const pemOf = (der: ArrayBuffer, label: string): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
};

/** Makes a self-signed certificate with a new key. */
export async function makeHostCertificate(recipe: CertificateRecipe = {}): Promise<HostCertificate> {
  const { curve = 'P-521', expired = false } = recipe;
  const keys =
    recipe.keys ?? (await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, true, ['sign', 'verify']));
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomSerial(),
      name: 'O=HashiCorp, CN=localhost',
      notBefore: new Date(now - (expired ? 48 * hour : 30_000)),
      notAfter: new Date(now + (expired ? -24 * hour : validFor)),
      signingAlgorithm: { name: 'ECDSA', hash: curve === 'P-521' ? 'SHA-512' : 'SHA-256' },
      keys,
      extensions: [
        new KeyUsagesExtension(usages, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth]),
        new BasicConstraintsExtension(true, undefined, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { pem: pemOf(certificate.rawData, 'CERTIFICATE'), keyPem: pemOf(key, 'PRIVATE KEY'), keys, curve };
}

const made = new Map<string, HostCertificate>();

/** Makes a certificate and keeps its key at hand for the session whose environment carries it. */
export async function handOut(recipe: CertificateRecipe = {}): Promise<HostCertificate> {
  const certificate = await makeHostCertificate(recipe);
  made.set(certificate.pem, certificate);
  return certificate;
}

/** The certificate that was handed out as this PEM text. */
export const handedOut = (pem: string): HostCertificate | undefined => made.get(pem);

/** Forgets a certificate whose launch is over. */
export const takeBack = (pem: string): boolean => made.delete(pem);
