/**
 * The X.509 library, required as the CommonJS module it is. Imported, Node 20 now and then shows it without its
 * exports, when two launches ask for it at the same time on a machine that is busy.
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
load('reflect-metadata');

export const {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} = load('@peculiar/x509') as typeof import('@peculiar/x509');

export type { X509Certificate as Certificate } from '@peculiar/x509';
