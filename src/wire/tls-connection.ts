/**
 * TLS as an observer: connects with verification off and reports what was seen. OpenSSL and Go judge certificates
 * differently in both directions, so nothing is judged here.
 */
import type { Socket } from 'node:net';
import { connect, type DetailedPeerCertificate, type SecureVersion, type TLSSocket } from 'node:tls';

/** What a client offers, in OpenSSL's lists; for each, all that OpenSSL knows by default when left out. */
export interface TlsOffer {
  readonly ciphers?: string;
  readonly groups?: string;
  readonly signatures?: string;
}

export interface TlsOptions {
  readonly limitMs: number;
  /** PEM; the client presents none when left out. */
  readonly certificate?: string;
  readonly key?: string;
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  /** `localhost` unless said otherwise; empty for none. */
  readonly serverName?: string;
  /** What ALPN offers: `h2` unless said otherwise; empty for no ALPN. */
  readonly protocols?: readonly string[];
  readonly offer?: TlsOffer;
}

/** What a finished TLS handshake showed. */
export interface TlsFacts {
  /** Such as `TLSv1.3`. */
  readonly version: string;
  /** In OpenSSL's names. */
  readonly cipher: string;
  /** The group of the key exchange in OpenSSL's names; absent where a handshake has none. */
  readonly group: string | undefined;
  /** The protocol chosen by ALPN; absent when none was. */
  readonly alpn: string | undefined;
  /** DER of the certificates that were served, the server's own first. */
  readonly served: readonly Buffer[];
  /** Signature algorithms of the server's request for a client certificate, in OpenSSL's names; empty without one. */
  readonly requestAlgorithms: readonly string[];
}

export type TlsResult =
  | { readonly connected: true; readonly socket: TLSSocket; readonly facts: TlsFacts }
  | { readonly connected: false; readonly code: string; readonly message: string };

function chainOf(socket: TLSSocket): readonly Buffer[] {
  const chain: Buffer[] = [];
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw && chain.length < 10) {
    const { raw } = certificate;
    if (chain.some((known) => known.equals(raw))) break;
    chain.push(raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function groupOf(socket: TLSSocket): string | undefined {
  const key = socket.getEphemeralKeyInfo();
  if (!key || !('type' in key)) return undefined;
  return 'name' in key ? key.name : `${key.type} of ${key.size} bits`;
}

const factsOf = (socket: TLSSocket): TlsFacts => ({
  version: socket.getProtocol() ?? 'unknown',
  cipher: socket.getCipher().name,
  group: groupOf(socket),
  alpn: socket.alpnProtocol === false || socket.alpnProtocol === null ? undefined : socket.alpnProtocol,
  served: chainOf(socket),
  requestAlgorithms: socket.getSharedSigalgs(),
});

/** Speaks TLS over a connected socket. Never throws; the socket is destroyed when it fails. */
export function connectTls(socket: Socket, options: TlsOptions): Promise<TlsResult> {
  const {
    limitMs,
    certificate,
    key,
    minVersion = 'TLSv1.2',
    maxVersion = 'TLSv1.3',
    serverName = 'localhost',
    protocols = ['h2'],
    // Small keys and old hashes are for the judge, not for OpenSSL's own security level.
    offer: { ciphers = 'DEFAULT:@SECLEVEL=0', groups, signatures } = {},
  } = options;
  return new Promise((resolve) => {
    const tls = connect({
      socket,
      servername: serverName,
      ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
      rejectUnauthorized: false,
      minVersion,
      maxVersion,
      ciphers,
      ...(groups !== undefined && { ecdhCurve: groups }),
      ...(signatures !== undefined && { sigalgs: signatures }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
    });
    const fail = (code: string, message: string): void => {
      clearTimeout(timer);
      tls.destroy();
      socket.destroy();
      resolve({ connected: false, code, message });
    };
    const timer = setTimeout(() => fail('ETIMEDOUT', `no TLS handshake within ${limitMs} ms`), limitMs);
    tls.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'EUNKNOWN', error.message));
    tls.once('close', () => fail('ECONNRESET', 'the connection was closed during the TLS handshake'));
    tls.once('secureConnect', () => {
      clearTimeout(timer);
      resolve({ connected: true, socket: tls, facts: factsOf(tls) });
    });
  });
}
