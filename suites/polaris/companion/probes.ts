/**
 * Areas GP and ANY for the generations that are go-plugins. What the library demands is judged by the suite of
 * go-plugin, whose probes are run along; here is what Polaris adds.
 */
import { blocked, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { isOutcome, type Probe, type ProbeNeeds, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import type { GrpcSession } from '../../hashicorp-grpc/session.ts';
import { type AnyContract, AnyRules, pathOf } from '../any-rules.ts';
import { contractsOf, generationOf } from './generation.ts';

type GrpcProbe = Probe<GrpcSession>;

const empty = new Uint8Array();

interface Served {
  readonly contract: AnyContract;
  readonly status: number;
  readonly words: string;
}

const asked = new WeakMap<GrpcSession, Promise<readonly Served[]>>();

/** Which of the services that a host may call are there; asked once. @throws PluginFact */
function serve(session: GrpcSession): Promise<readonly Served[]> {
  const before = asked.get(session);
  if (before) return before;
  const answers = askAll(session);
  asked.set(session, answers);
  answers.catch(() => asked.delete(session));
  return answers;
}

async function askAll(session: GrpcSession): Promise<readonly Served[]> {
  void session.main;
  const served: Served[] = [];
  for (const contract of contractsOf(generationOf(session.profile))) {
    const result = await session.answered(pathOf(contract), empty);
    served.push({ contract, status: result.status, words: describeCall(result) });
  }
  return served;
}

const isThere = ({ status }: Served): boolean => status !== Status.UNIMPLEMENTED;

/** The contract the plugin serves. @throws Blocked, PluginFact */
async function contractOf(session: GrpcSession): Promise<AnyContract> {
  const found = (await serve(session)).find(isThere);
  if (found) return found.contract;
  const by = generationOf(session.profile) === 'P0' ? 'POL-GP-004' : 'POL-GP-003';
  throw new Blocked(by, 'the plugin serves none of the services a host calls');
}

async function servesCall(session: GrpcSession, id: 'POL-GP-003' | 'POL-GP-004'): Promise<ProbeOutcome> {
  const generation = generationOf(session.profile);
  if (id === 'POL-GP-003' && generation === 'P0') return skipped('the plugin is of generation P0');
  const served = await serve(session);
  const package_ = id === 'POL-GP-003' ? 'api.components' : 'proto';
  const own = served.find(({ contract }) => contract.method.parent.typeName.startsWith(`${package_}.`));
  if (!own) return skipped(`the plugin is of generation ${generation}`);
  if (isThere(own)) return passed();
  const other = served.find(isThere);
  if (other) return skipped(`the plugin serves ${other.contract.method.parent.typeName}, of another revision`);
  if (id === 'POL-GP-004' && generation === 'P1') return skipped('judged by POL-GP-003: the plugin serves neither');
  const path = pathOf(own.contract);
  return failed({
    expected: `an answer from ${path}`,
    observed: own.words,
    evidence: session.evidence(2),
    hostSays: `rpc error: code = Unimplemented desc = ${own.words}`,
    cause: {
      class: 'wrong-service-name',
      variant: 'go-plugin',
      title: `${path} is not implemented: every request is denied`,
      fix: `Generate the stubs from plugin.proto of the SDK: the package is \`${package_}\`.`,
    },
  });
}

/** In remote mode the server knows an address and nothing else. */
async function servesAnybody(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  if (session.handshake.address?.network !== 'tcp')
    return skipped('the plugin listens on a Unix socket; the remote mode is about TCP');
  const contract = await contractOf(session);
  const connection = await session.connect();
  const result = await session.call(pathOf(contract), empty, { connection });
  connection.close();
  if (result.status !== undefined && result.status !== Status.UNAUTHENTICATED && result.status !== Status.UNIMPLEMENTED)
    return passed();
  return failed({
    expected: `an answer from ${pathOf(contract)} as the first call of a new connection`,
    observed: describeCall(result),
    evidence: session.evidence(2),
    cause: {
      class: 'not-listening',
      variant: 'remote',
      title: `The plugin serves the host that read its handshake and nobody else: ${describeCall(result)}`,
      fix: 'Serve the plain service for every connection.',
    },
  });
}

const any =
  (judge: (rules: AnyRules) => Promise<ProbeOutcome>) =>
  async (session: GrpcSession): Promise<ProbeOutcome> =>
    judge(new AnyRules(session, await contractOf(session)));

/** The handshake; a plugin that refuses the cookie never gets to it, and breaks the rule about that. */
function atStart({ handshake: { broken } }: GrpcSession): ProbeReturn {
  if (!broken) return passed();
  if (broken.outcome.cause?.class !== 'cookie-refused') return broken.outcome;
  return { 'POL-GP-001': broken.outcome, 'POL-GP-002': blocked('POL-GP-001', broken.outcome.observed) };
}

function printsNothingBefore({ handshake: { broken } }: GrpcSession): ProbeOutcome {
  if (!broken) return passed();
  if (broken.by === 'GRPC-HS-001' || broken.by === 'GRPC-HS-016') return broken.outcome;
  throw new Blocked('POL-GP-002', broken.outcome.observed);
}

/** The code of a probe of go-plugin's own suite. */
function codeOf(base: readonly GrpcProbe[], id: string): GrpcProbe {
  const found = base.find((each) => each.id === id);
  if (!found) throw new Error(`there is no probe ${id}`);
  return found;
}

const launchesOf = ({ needs }: GrpcProbe): readonly string[] => ('launches' in needs ? needs.launches : []);

/** Runs a probe of go-plugin's suite for a rule of Polaris that says the same. */
const borrowed =
  (own: GrpcProbe) =>
  async (...sessions: readonly GrpcSession[]): Promise<ProbeOutcome> => {
    const result = await own.run(...sessions);
    const outcome = isOutcome(result) ? result : result[own.id];
    if (!outcome) throw new Error(`${own.id} gave no outcome`);
    return outcome;
  };

/** @param base the probes of go-plugin's own suite */
export function companionProbes(base: readonly GrpcProbe[]): readonly GrpcProbe[] {
  const refusesCookies = codeOf(base, 'GRPC-LE-003');
  const gate: ProbeNeeds = { launch: 'plain', smoke: true };
  return [
    probe('POL-GP-001', { launches: launchesOf(refusesCookies) }, borrowed(refusesCookies)),
    probe('POL-GP-002', gate, atStart),
    probe('POL-GP-003', gate, (session) => servesCall(session, 'POL-GP-003')),
    probe('POL-GP-004', gate, (session) => servesCall(session, 'POL-GP-004')),
    probe('POL-GP-005', gate, printsNothingBefore),
    probe('POL-GP-007', { launch: 'plain' }, servesAnybody),
    probe('POL-GP-008', { launches: ['host-variables'] }, (session) => {
      if (!session) throw new Error('a launch without a session');
      return session.handshake.broken ? session.handshake.broken.outcome : passed();
    }),
    probe(
      'POL-ANY-001',
      gate,
      any((rules) => rules.accepts()),
    ),
    probe(
      'POL-ANY-002',
      gate,
      any((rules) => rules.namesReply()),
    ),
    probe(
      'POL-ANY-003',
      gate,
      any((rules) => rules.replies()),
    ),
    probe(
      'POL-ANY-004',
      { launch: 'plain' },
      any((rules) => rules.refusesForeign()),
    ),
    probe(
      'POL-ANY-005',
      { launch: 'plain' },
      any((rules) => rules.bearsMissing()),
    ),
    probe(
      'POL-ANY-006',
      { launch: 'plain' },
      any((rules) => rules.refusesUndecodable()),
    ),
    probe('POL-GP-006', { launch: 'plain', ending: true }, borrowed(codeOf(base, 'GRPC-SD-001'))),
  ];
}
