/** Area TLS: AutoMTLS as the host does it, judged with Go's rules; what only brokered connections show comes later. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocked, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked, NotOffered } from '../../../src/run/plugin-fact.ts';
import { type Probe, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { sniff } from '../../../src/wire/sniff.ts';
import { privateKey } from '../private-key.ts';
import { requirements } from '../requirements.ts';
import type { GrpcSession } from '../session.ts';
import type { Security } from '../tls/security.ts';

/** The host's half. @throws Blocked, NotOffered */
function securityOf(session: GrpcSession): Security {
  if (session.handshake.broken)
    throw new Blocked(session.handshake.broken.by, session.handshake.broken.outcome.observed);
  if (session.notOffered !== undefined) throw new NotOffered(session.notOffered);
  if (!session.security) throw new Error(`launch ${session.launch} is not secured`);
  return session.security;
}

/** What a rule about the certificate says; whatever broke the connection first goes before rules that need it. */
async function certificateRule(session: GrpcSession, id: string): Promise<ProbeOutcome> {
  const security = securityOf(session);
  if (session.connectBroken?.by === id) return session.connectBroken.outcome;
  if (!security.facts) throw new Blocked(session.connectBroken?.by ?? 'GRPC-TLS-001', 'there was no TLS handshake');
  const { judgeCertificate } = await import('../tls/go-judge.ts');
  const { announced, served } = security;
  const fault = judgeCertificate({ announced, served, now: new Date() }).find(({ requirement }) => requirement === id);
  if (!fault) return passed();
  const isTolerated = fault.hostSays === undefined;
  const condition =
    id === 'GRPC-TLS-010' ? (isTolerated ? undefined : 'refused') : isTolerated ? 'tolerated' : undefined;
  return failed({
    expected: fault.expected,
    observed: fault.observed,
    evidence: session.evidence(),
    ...(condition !== undefined && { condition }),
    cause: {
      class: 'certificate-rejected',
      variant: fault.variant,
      title: `The certificate is not as it should be: ${fault.observed}`,
      fix: requirements.get(id)?.fix.any ?? '',
    },
  });
}

const certificate = (id: string): Probe<GrpcSession> =>
  probe(id, { launch: 'auto-mtls' }, (session: GrpcSession) => certificateRule(session, id));

/** Rules that hold when the host got through: whatever broke the connection blocks or fails them. */
const connected = (session: GrpcSession): ProbeOutcome => {
  securityOf(session);
  void session.main;
  return passed();
};

async function isBackDated(session: GrpcSession): Promise<ProbeOutcome> {
  const valid = await certificateRule(session, 'GRPC-TLS-007');
  if (valid.outcome !== 'passed') return valid;
  const [leaf] = securityOf(session).served;
  const started = Date.now() - session.transcript.now();
  if (!leaf || leaf.notBefore.getTime() <= started - 1000) return passed();
  return failed({
    condition: 'back-dating',
    expected: 'a certificate dated back some seconds, for clocks that differ',
    observed: `it is valid from ${leaf.notBefore.toISOString()}, the moment of the start`,
    evidence: session.evidence(),
  });
}

/** Which versions a first call works with. */
async function versions(session: GrpcSession): Promise<ProbeOutcome> {
  const security = securityOf(session);
  void session.main;
  const { answersAs } = await import('../tls/reach-tls.ts');
  const as = security.certificate ?? 'none';
  const older = await answersAs(session, as, { maxVersion: 'TLSv1.2' });
  const newer = await answersAs(session, as, { minVersion: 'TLSv1.3' });
  if (newer) return older ? passed() : passed('only TLS 1.3 is spoken; every host speaks it');
  return passed('only TLS 1.2 is spoken; every host speaks it');
}

interface Demand {
  readonly none: boolean;
  readonly stranger: boolean;
  readonly expired: boolean;
}

const demands = new WeakMap<GrpcSession, Promise<Demand>>();

/** Who gets through beside the host: nobody should. */
function demandOf(session: GrpcSession): Promise<Demand> {
  const known = demands.get(session);
  if (known) return known;
  const found = findDemand(session);
  demands.set(session, found);
  return found;
}

async function findDemand(session: GrpcSession): Promise<Demand> {
  const security = securityOf(session);
  const { answersAs } = await import('../tls/reach-tls.ts');
  const { makeHostCertificate } = await import('../tls/host-certificate.ts');
  const keys = security.certificate?.keys;
  const [stranger, expired] = await Promise.all([
    makeHostCertificate(),
    makeHostCertificate({ expired: true, ...(keys && { keys }) }),
  ]);
  return {
    none: await answersAs(session, 'none'),
    stranger: await answersAs(session, stranger),
    expired: await answersAs(session, expired),
  };
}

async function demandsTheHost(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  const { none, stranger, expired } = await demandOf(session);
  const accepted = [
    ...(none ? ['no certificate at all'] : []),
    ...(stranger ? ["a stranger's certificate"] : []),
    ...(expired ? ['an expired copy'] : []),
  ];
  if (accepted.length === 0) return passed();
  return failed({
    expected: 'only the client whose certificate stood in PLUGIN_CLIENT_CERT gets through',
    observed: `a client with ${accepted.join(', with ')} gets through`,
    evidence: session.evidence(),
    cause: {
      class: 'certificate-rejected',
      variant: none ? 'one-way' : 'any-client',
      title: `Any local process can drive the plugin: it takes clients with ${accepted.join(', with ')}`,
      fix: 'Demand a client certificate, and trust exactly the one of PLUGIN_CLIENT_CERT.',
    },
  });
}

/** Rules about the demand for a client certificate mean nothing where there is none. */
const whenDemanding =
  (id: string) =>
  async (session: GrpcSession): Promise<ProbeOutcome> => {
    securityOf(session);
    if (session.connectBroken?.by === id) return session.connectBroken.outcome;
    void session.main;
    return (await demandOf(session)).none ? skipped('the plugin demands no client certificate') : passed();
  };

async function staysPlain(session: GrpcSession): Promise<ProbeOutcome> {
  const { broken } = session.handshake;
  if (broken) {
    if (session.profile.tls === 'auto') return skipped('the plugin runs under AutoMTLS only');
    return failed({
      expected: 'a plain start when PLUGIN_CLIENT_CERT is set and empty',
      observed: broken.outcome.observed,
      evidence: broken.outcome.evidence ?? [],
      ...(broken.outcome.cause && { cause: broken.outcome.cause }),
    });
  }
  if (session.connectBroken?.by === 'GRPC-TLS-002') return session.connectBroken.outcome;
  void session.main;
  return passed();
}

async function neverFallsBack(session: GrpcSession): Promise<ProbeOutcome> {
  const { address } = session.handshake;
  if (!session.handshake.line || !address) return passed('the plugin refuses to start');
  if ((await sniff(address)).speech !== 'http2') return passed();
  const { handOut } = await import('../tls/host-certificate.ts');
  const again = await session.startBeside({ PLUGIN_CLIENT_CERT: (await handOut()).pem });
  const secured = again.handshake.address;
  if (secured && (await sniff(secured)).speech === 'http2')
    throw new NotOffered('the plugin offers no AutoMTLS: it serves in clear with a good certificate too');
  return failed({
    expected: 'no service in clear when PLUGIN_CLIENT_CERT cannot be read',
    observed: 'the plugin serves in clear',
    evidence: session.transcript.last(3, 'start', 'stdout', 'stderr'),
    cause: {
      class: 'certificate-rejected',
      variant: 'fallback',
      title: 'With a certificate it cannot read, the plugin serves in clear instead of failing',
      fix: 'Fail when PLUGIN_CLIENT_CERT is set and cannot be parsed.',
    },
  });
}

const keyFiles = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => {
    try {
      return privateKey.test(readFileSync(join(folder, name), 'latin1').slice(0, 65_536));
    } catch {
      return false;
    }
  });

async function keepsKeysToItself(session: GrpcSession): Promise<ProbeOutcome> {
  const security = securityOf(session);
  void session.main;
  const { handOut } = await import('../tls/host-certificate.ts');
  const again = await session.startBeside({ PLUGIN_CLIENT_CERT: (await handOut()).pem });
  const [first, second] = [security.announced, again.security?.announced];
  const problems = [
    ...(first && second && first.publicKey.equals(second.publicKey) ? ['two starts use the same key'] : []),
    ...keyFiles(session.plugin.directory).map((name) => `a private key lies in ${name}`),
    ...(session.plugin.stderr.lines().some(({ bytes }) => privateKey.test(bytes.toString('latin1')))
      ? ['a private key is on stderr']
      : []),
  ];
  if (problems.length === 0) return passed();
  return failed({
    expected: 'a new key for each process, never written down',
    observed: problems.join('; '),
    evidence: session.evidence(),
  });
}

function speaksTls(session: GrpcSession): ProbeReturn {
  securityOf(session);
  if (session.connectBroken?.by === 'GRPC-TLS-001') return session.connectBroken.outcome;
  if (session.security?.facts) return passed();
  return blocked(
    session.connectBroken?.by ?? 'GRPC-TLS-014',
    session.connectBroken?.outcome.observed ?? 'no TLS handshake',
  );
}

export const securityProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-TLS-001', { launch: 'auto-mtls' }, speaksTls),
  probe('GRPC-TLS-002', { launch: 'empty-certificate' }, staysPlain),
  probe('GRPC-TLS-003', { launch: 'auto-mtls' }, versions),
  probe('GRPC-TLS-004', { launch: 'auto-mtls' }, connected),
  certificate('GRPC-TLS-005'),
  certificate('GRPC-TLS-006'),
  probe('GRPC-TLS-007', { launch: 'auto-mtls' }, isBackDated),
  certificate('GRPC-TLS-008'),
  certificate('GRPC-TLS-010'),
  probe('GRPC-TLS-011', { launch: 'auto-mtls' }, demandsTheHost),
  probe('GRPC-TLS-012', { launch: 'auto-mtls' }, whenDemanding('GRPC-TLS-012')),
  probe('GRPC-TLS-013', { launch: 'auto-mtls' }, whenDemanding('GRPC-TLS-013')),
  probe('GRPC-TLS-014', { launch: 'auto-mtls' }, whenDemanding('GRPC-TLS-014')),
  probe('GRPC-TLS-015', { launch: 'garbage-certificate' }, neverFallsBack),
  probe('GRPC-TLS-016', { launch: 'auto-mtls' }, keepsKeysToItself),
  probe('GRPC-TLS-017', { launch: 'auto-mtls' }, connected),
  certificate('GRPC-TLS-022'),
];
