/** The host's half of AutoMTLS for one session: its certificate, and what was seen of the plugin's. */
import type { Socket } from 'node:net';
import { connectTls, type TlsFacts, type TlsOptions, type TlsResult } from '../../../src/wire/tls-connection.ts';
import { type CertificateFacts, readCertificate } from './certificate-facts.ts';
import { type CertificateField, readCertificateField } from './certificate-field.ts';
import { goOffer } from './go-offer.ts';
import { type HostCertificate, handedOut } from './host-certificate.ts';

/** What a client shows of itself. */
export type Presented = HostCertificate | 'none';

export class Security {
  /** What the host presents; undefined where it handed out something that is no certificate. */
  readonly certificate: HostCertificate | undefined;
  readonly field: CertificateField;
  /** What the first handshake of this session showed. */
  facts: TlsFacts | undefined;

  /**
   * @param given what PLUGIN_CLIENT_CERT held
   * @param field field 6 of the plugin's line
   */
  constructor(given: string, field: string | undefined) {
    this.certificate = handedOut(given);
    this.field = readCertificateField(field);
  }

  /** Speaks TLS as the host does, or with another certificate, with none, with another offer. Never throws. */
  secure(
    socket: Socket,
    options: Omit<TlsOptions, 'certificate' | 'key'>,
    presented: Presented = this.certificate ?? 'none',
  ): Promise<TlsResult> {
    const client = presented === 'none' ? {} : { certificate: presented.pem, key: presented.keyPem };
    return connectTls(socket, { ...client, offer: goOffer, ...options });
  }

  /** The certificate that field 6 announces, if a host can read it. */
  get announced(): CertificateFacts | undefined {
    return this.field.fault === undefined && this.field.der ? parse(this.field.der) : undefined;
  }

  /** The certificates that were served, the plugin's own first. */
  get served(): readonly CertificateFacts[] {
    return (this.facts?.served ?? []).flatMap((der) => parse(der) ?? []);
  }
}

function parse(der: Buffer): CertificateFacts | undefined {
  try {
    return readCertificate(der);
  } catch {
    return undefined;
  }
}
