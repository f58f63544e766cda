/** Area VN: which application protocol version the plugin picks from the host's list. */
import { blocked, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import { foreignVersion } from '../launches/launch.ts';
import { empty } from '../services.ts';
import type { GrpcSession } from '../session.ts';

const offered = (session: GrpcSession): string => session.environment['PLUGIN_PROTOCOL_VERSIONS'] ?? '(none)';

const evidenceOf = (session: GrpcSession) => session.transcript.last(4, 'start', 'stdout', 'stderr', 'exit');

/** What a start came to, for sentences. */
const came = (session: GrpcSession): string =>
  session.handshake.version === undefined
    ? (session.handshake.broken?.outcome.observed ?? 'there was no version')
    : `it printed version ${session.handshake.version}`;

function picksCommon(...sessions: readonly GrpcSession[]): ProbeOutcome {
  for (const session of sessions) {
    const list = offered(session);
    const { version } = session.handshake;
    if (version !== undefined && version !== foreignVersion && list.split(',').includes(String(version))) continue;
    return failed({
      expected: `a version of the list ${list} that the plugin serves`,
      observed: `offered ${list}, ${came(session)}`,
      evidence: evidenceOf(session),
      cause: {
        class: 'version-negotiation',
        title: `Offered the versions ${list}, the plugin fails to pick the one it serves: ${came(session)}`,
        fix: 'Split PLUGIN_PROTOCOL_VERSIONS at commas, whatever the order and length, and take the highest you serve.',
      },
    });
  }
  return passed();
}

/** Which of these versions the plugin answers when each is offered alone. */
async function served(session: GrpcSession, versions: readonly number[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const version of versions) {
    const start = await session.startBeside({ PLUGIN_PROTOCOL_VERSIONS: String(version) });
    if (start.handshake.version === version) found.push(version);
  }
  return found;
}

async function picksHighest(session: GrpcSession): Promise<ProbeOutcome> {
  const versions = session.profile.versions.map(({ version }) => version);
  if (versions.length < 2) return skipped('the profile offers one version only');
  const common = await served(session, versions);
  if (common.length < 2)
    return skipped(`of the versions ${versions.join(', ')} the plugin serves ${common.join(', ') || 'none'}`);
  const highest = Math.max(...common);
  for (const list of [common, [...common].reverse()]) {
    const start = await session.startBeside({ PLUGIN_PROTOCOL_VERSIONS: list.join(',') });
    if (start.handshake.version === highest) continue;
    return failed({
      expected: `version ${highest}, the highest of ${list.join(',')}`,
      observed: came(start),
      evidence: evidenceOf(start),
      cause: {
        class: 'version-negotiation',
        variant: 'not-highest',
        title: `Offered ${list.join(',')}, the plugin does not pick ${highest}: ${came(start)}`,
      },
    });
  }
  return passed();
}

function skipsJunk(...sessions: readonly GrpcSession[]): ProbeOutcome {
  for (const session of sessions) {
    const list = offered(session);
    if (session.handshake.version !== undefined && list.includes(String(session.handshake.version))) continue;
    return failed({
      expected: `the readable version of \`${list}\``,
      observed: came(session),
      evidence: evidenceOf(session),
    });
  }
  return passed();
}

/** Without a list the plugin answers its lowest version; which that is, nobody outside knows for sure. */
async function answersLowest(empty_: GrpcSession): Promise<ProbeOutcome> {
  const unset = await empty_.startBeside({ PLUGIN_PROTOCOL_VERSIONS: undefined });
  const starts = [empty_, unset];
  const fail = (expected: string, observed: string): ProbeOutcome =>
    failed({ expected, observed, evidence: starts.flatMap(evidenceOf) });
  for (const session of starts)
    if (session.handshake.version === undefined) return fail('a line with the lowest version it serves', came(session));
  const [withEmpty = 0, without = 0] = starts.map(({ handshake }) => handshake.version);
  if (without !== withEmpty)
    return fail('the same version in both', `${without} without a list, ${withEmpty} with an empty one`);
  if ((await served(empty_, [without])).length === 0)
    return fail('a version that the plugin serves', `it prints ${without}, and another one when it is offered that`);
  const lower = empty_.profile.versions.map(({ version }) => version).filter((version) => version < without);
  const [lowest] = await served(empty_, lower);
  return lowest === undefined
    ? passed()
    : fail(`version ${lowest}, which the plugin serves as well`, `it printed version ${without}`);
}

function keepsRunning(foreign: GrpcSession): ProbeOutcome {
  const { version } = foreign.handshake;
  if (version === foreignVersion) return blocked('GRPC-VN-006', 'the plugin claims to serve any version');
  if (version !== undefined) return passed();
  return failed({
    expected: 'a line with its own version, so that the host can name both',
    observed: came(foreign),
    evidence: evidenceOf(foreign),
    cause: {
      class: 'app-version-mismatch',
      variant: 'exits',
      title:
        'Without a common version the plugin ends instead of saying which one it serves: the host cannot explain why',
      fix: 'Print the lowest version you serve and keep running; the host reports the mismatch.',
    },
  });
}

const unknownService = /unknown service|service not found|no such service|not registered/i;

async function servesWhatItPrinted(session: GrpcSession): Promise<ProbeOutcome> {
  const echo = await session.startBeside({ PLUGIN_PROTOCOL_VERSIONS: String(foreignVersion) });
  if (echo.handshake.version === foreignVersion)
    return failed({
      expected: 'a version the plugin serves',
      observed: `offered ${foreignVersion}, which does not exist, it printed ${foreignVersion}`,
      evidence: evidenceOf(echo),
      cause: {
        class: 'version-negotiation',
        variant: 'echo',
        title: "The plugin echoes the host's version instead of choosing one it serves",
        fix: 'Compare the list with the versions you serve and print the highest common one.',
      },
    });
  if (session.broken) throw new Blocked(session.broken.by, session.broken.outcome.observed);
  const { version } = session.handshake;
  const services = session.profile.versions.find((offer) => offer.version === version)?.services ?? [];
  if (services.length === 0) return skipped('the profile names no services of this version');
  for (const service of services) {
    const result = await session.answered(`/${service}/PlugfestNoSuchMethod`, empty);
    if (result.status !== Status.UNIMPLEMENTED || !unknownService.test(result.message)) continue;
    return failed({
      expected: `the service ${service}, which belongs to version ${version}`,
      observed: `UNIMPLEMENTED (${result.message})`,
      evidence: session.evidence(1),
      cause: {
        class: 'version-negotiation',
        variant: 'missing-service',
        title: `The plugin printed version ${version} and does not serve ${service}, which belongs to it`,
        fix: 'Register the services of the version that is printed.',
      },
    });
  }
  return passed();
}

export const versionProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-VN-001', { launches: ['version-first', 'version-last'] }, picksCommon),
  probe('GRPC-VN-002', { launch: 'version-first' }, picksHighest),
  probe('GRPC-VN-003', { launches: ['junk-version', 'blank-version'] }, skipsJunk),
  probe('GRPC-VN-004', { launch: 'empty-versions' }, answersLowest),
  probe('GRPC-VN-005', { launches: ['foreign-version'] }, keepsRunning),
  probe('GRPC-VN-006', { launch: 'plain', isolated: true }, servesWhatItPrinted),
];
