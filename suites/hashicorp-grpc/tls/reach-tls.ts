/**
 * Secures the host's connection under AutoMTLS and says, in a Go host's order, which rule keeps it from working. Where
 * a refusal has no words of its own, it is tried again with less: without a certificate, with a smaller one, in clear.
 */
import type { Socket } from 'node:net';
import { type Cause, type Failed, failed } from '../../../src/run/outcome.ts';
import { readCertificateRequest } from '../../../src/wire/certificate-request.ts';
import { GrpcConnection } from '../../../src/wire/grpc-connection.ts';
import { sniff } from '../../../src/wire/sniff.ts';
import { requirements } from '../requirements.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';
import { readCertificate } from './certificate-facts.ts';
import {
  handshakeFailed,
  judgeAnnounced,
  judgeCertificate,
  judgeReading,
  judgeRequest,
  type TlsFault,
} from './go-judge.ts';
import { judgeInsistence } from './go-offer.ts';
import { handOut, takeBack } from './host-certificate.ts';
import type { Presented, Security } from './security.ts';

type Break = [requirement: string, outcome: Failed];

export type Secured =
  | { readonly connection: GrpcConnection }
  | { readonly broken: Break }
  | { readonly notOffered: string };

function faultOutcome(session: GrpcSession, fault: TlsFault, timing = false): Failed {
  const cause: Cause = {
    class: 'certificate-rejected',
    variant: fault.variant,
    title: `A Go host rejects the plugin's TLS: ${fault.observed}`,
    fix: fault.fix ?? requirements.get(fault.requirement)?.fix.any ?? '',
  };
  session.transcript.add('connection', `TLS: ${fault.observed}`);
  return failed({
    expected: fault.expected,
    observed: fault.observed,
    evidence: session.evidence(),
    cause,
    ...(fault.hostSays !== undefined && { hostSays: fault.hostSays }),
    timing,
    // A key that no host takes is worse than a weak one.
    ...(fault.requirement === 'GRPC-TLS-010' && { condition: 'refused' }),
  });
}

/** Whether this run is for a host that cannot do without AutoMTLS. */
export const isDemanded = ({ profile }: GrpcSession): boolean =>
  profile.tls === 'auto' || profile.requires.includes('auto-mtls');

const noTls =
  'the plugin does not offer AutoMTLS: it answers in clear; hosts that insist, such as Terraform, refuse it';

async function whyNoTls(session: GrpcSession, message: string): Promise<Secured> {
  const { address } = session.handshake;
  const found = address ? await sniff(address, session.deadlines.callMs) : undefined;
  if (found?.speech === 'http2') {
    // Whoever prints a certificate offers TLS.
    if (!isDemanded(session) && session.security?.field.fault === 'missing') return { notOffered: noTls };
    const outcome = failed({
      expected: 'TLS, because PLUGIN_CLIENT_CERT is set',
      observed: 'the plugin speaks HTTP/2 in clear',
      evidence: session.evidence(),
      hostSays: handshakeFailed('tls: first record does not look like a TLS handshake'),
      cause: {
        class: 'certificate-rejected',
        variant: 'plaintext',
        title: 'The plugin answers in clear although the host handed out a certificate: AutoMTLS hosts refuse it',
        fix: 'Serve TLS with a certificate of your own when PLUGIN_CLIENT_CERT is set, and print it in field 6.',
      },
    });
    return { broken: ['GRPC-TLS-001', outcome] };
  }
  if (await onlyOldVersions(session)) {
    const fault: TlsFault = {
      requirement: 'GRPC-TLS-003',
      variant: 'old-version',
      expected: 'TLS 1.2 or 1.3',
      observed: 'only versions below 1.2 are spoken',
      hostSays: handshakeFailed('remote error: tls: protocol version not supported'),
    };
    return { broken: [fault.requirement, faultOutcome(session, fault)] };
  }
  const refused = await refusal(session, message);
  return { broken: refused };
}

async function onlyOldVersions(session: GrpcSession): Promise<boolean> {
  const result = await session.connectRaw();
  if (!result.connected || !session.security) return false;
  const { callMs: limitMs } = session.deadlines;
  const old = await session.security.secure(result.socket, {
    limitMs,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    offer: {},
  });
  if (old.connected) old.socket.destroy();
  return old.connected;
}

/** Whether a first call works over a connection secured with some certificate, or none. */
export async function answersAs(
  session: GrpcSession,
  as: Presented,
  options: { readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'; readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' } = {},
): Promise<boolean> {
  const result = await session.connectRaw();
  if (!result.connected || !session.security) return false;
  const { callMs: limitMs } = session.deadlines;
  const secured = await session.security.secure(result.socket, { limitMs, ...options }, as);
  if (!secured.connected) return false;
  const connection = new GrpcConnection(secured.socket, { authority: 'localhost', scheme: 'https' });
  const call = await connection.unary(methods.check, healthCheck, { limitMs });
  connection.close();
  return call.status !== undefined;
}

/** Whether another copy of the plugin takes a certificate on the smaller curve. */
async function takesSmaller(session: GrpcSession): Promise<boolean> {
  // This is that copy: no further ones.
  if (session.security?.certificate?.curve === 'P-256') return false;
  const smaller = await handOut({ curve: 'P-256' });
  try {
    const other = await session.startBeside({ PLUGIN_CLIENT_CERT: smaller.pem });
    return !other.broken && other.openMain !== undefined;
  } finally {
    takeBack(smaller.pem);
  }
}

/** Whether the TLS handshake works with these options, whatever comes of it. */
async function handshakes(
  session: GrpcSession,
  options: { readonly serverName?: string; readonly protocols?: readonly string[] },
): Promise<boolean> {
  const result = await session.connectRaw();
  if (!result.connected || !session.security) return false;
  const { callMs: limitMs } = session.deadlines;
  const secured = await session.security.secure(result.socket, { limitMs, ...options });
  if (secured.connected) secured.socket.destroy();
  return secured.connected;
}

/** What the plugin chooses where everything is offered: it took nothing of what a Go host offers. */
async function whatElse(session: GrpcSession): Promise<TlsFault | undefined> {
  const result = await session.connectRaw();
  if (!result.connected || !session.security) return undefined;
  const { callMs: limitMs } = session.deadlines;
  const secured = await session.security.secure(result.socket, { limitMs, offer: {} });
  if (!secured.connected) return undefined;
  secured.socket.destroy();
  return judgeInsistence(secured.facts);
}

/** The plugin turned the host down: is it the name, the protocol, the offer, the curve, or any certificate? */
async function refusal(session: GrpcSession, message: string): Promise<Break> {
  session.transcript.add('connection', `TLS: ${message}`);
  if (!(await handshakes(session, {}))) {
    if (await handshakes(session, { protocols: [] })) return alpnRefused(session);
    if (await handshakes(session, { serverName: '' })) return unknownName(session, message);
    const insistence = await whatElse(session);
    if (insistence) return [insistence.requirement, faultOutcome(session, insistence)];
  }
  const withoutCertificate = await answersAs(session, 'none');
  const smallerWorks = await takesSmaller(session);
  const what = smallerWorks
    ? 'the plugin turns a P-521 certificate down and takes one on P-256'
    : withoutCertificate
      ? "the plugin turns the host's certificate down and takes none at all"
      : "the plugin turns the host's certificate down";
  const fault: TlsFault = {
    requirement: 'GRPC-TLS-014',
    variant: smallerWorks ? 'p521-refused' : 'client-refused',
    expected: 'a self-signed P-521 certificate with CA:TRUE is accepted from the host',
    observed: `${what} (${message})`,
  };
  return [fault.requirement, faultOutcome(session, fault)];
}

function unknownName(session: GrpcSession, message: string): Break {
  const fault: TlsFault = {
    requirement: 'GRPC-TLS-017',
    variant: 'server-name',
    expected: 'the TLS handshake works with the server name localhost',
    observed: `the server name localhost is turned down, and none at all is not (${message})`,
  };
  return [fault.requirement, faultOutcome(session, fault)];
}

const alpnRefused = (session: GrpcSession): Break => [
  'GRPC-TLS-004',
  failed({
    expected: 'h2, chosen by ALPN',
    observed: 'the handshake fails when h2 is offered, and works when no protocol is',
    evidence: session.evidence(),
    hostSays: handshakeFailed('remote error: tls: no application protocol'),
    cause: {
      class: 'missing-alpn',
      variant: 'refused',
      title: 'The plugin turns h2 down by ALPN: its TLS server knows other protocols only',
      fix: "Offer 'h2' in the ALPN list of the TLS server.",
    },
  }),
];

const missingAlpn = (session: GrpcSession): Break => [
  'GRPC-TLS-004',
  failed({
    expected: 'h2, chosen by ALPN',
    observed: 'no protocol was chosen',
    evidence: session.evidence(),
    hostSays: handshakeFailed(
      'credentials: cannot check peer: missing selected ALPN property. If you upgraded from a grpc-go version earlier than 1.67, your TLS connections may have stopped working due to ALPN enforcement.',
    ),
    cause: {
      class: 'missing-alpn',
      title: "No ALPN 'h2': the plugin works with hosts on grpc-go before 1.67 only",
      fix: "Offer 'h2' in the ALPN list of the TLS server.",
    },
  }),
];

/** Faults of the request for a client certificate that make a Go host send none. */
async function requestFaults(session: GrpcSession, security: Security): Promise<readonly TlsFault[]> {
  const { facts, certificate } = security;
  const { address } = session.handshake;
  if (!facts || facts.requestAlgorithms.length === 0 || !certificate || !address) return [];
  const request = await readCertificateRequest(address, session.deadlines.callMs);
  const der = Buffer.from(certificate.pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  return judgeRequest({
    version: facts.version,
    algorithms: facts.requestAlgorithms,
    authorities: request && request !== 'none' ? request.authorities : undefined,
    hostIssuer: readCertificate(der).issuer,
  });
}

/** Secures the host's connection and judges what was seen as a Go host would. */
export async function secureHost(session: GrpcSession, security: Security, socket: Socket): Promise<Secured> {
  const result = await security.secure(socket, { limitMs: session.deadlines.settingsMs });
  const { announced } = security;
  if (!result.connected) {
    // A key that no host takes keeps the plugin's own library from serving it.
    const [unusable] = announced ? judgeAnnounced(announced).filter(({ hostSays }) => hostSays !== undefined) : [];
    if (unusable) return { broken: [unusable.requirement, faultOutcome(session, unusable)] };
    return whyNoTls(session, result.message);
  }
  security.facts = result.facts;
  const { served } = security;
  const fault =
    judgeReading(result.facts.served) ??
    judgeCertificate({ announced, served, now: new Date() }).find(({ hostSays }) => hostSays !== undefined);
  if (fault) {
    result.socket.destroy();
    return { broken: [fault.requirement, faultOutcome(session, fault)] };
  }
  if (result.facts.alpn === undefined) {
    result.socket.destroy();
    return { broken: missingAlpn(session) };
  }
  const [unanswered] = await requestFaults(session, security);
  if (unanswered && !(await answersAs(session, 'none'))) {
    result.socket.destroy();
    return { broken: [unanswered.requirement, faultOutcome(session, unanswered)] };
  }
  return { connection: new GrpcConnection(result.socket, { authority: 'localhost', scheme: 'https' }) };
}

/** In TLS 1.3 a refusal of the client comes after the handshake, as a connection that ends at once. */
export const refusedAfterHandshake = (session: GrpcSession, message: string): Promise<Break> =>
  refusal(session, message);
