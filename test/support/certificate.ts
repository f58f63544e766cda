/** A key and a certificate that nobody has signed but itself, made anew for every run. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
const now = Date.now();

const made = await X509CertificateGenerator.createSelfSigned({
  name: 'CN=localhost',
  notBefore: new Date(now - 60_000),
  notAfter: new Date(now + 3_600_000),
  signingAlgorithm: algorithm,
  keys,
});

const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');

export const certificate = made.toString('pem');
export const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
