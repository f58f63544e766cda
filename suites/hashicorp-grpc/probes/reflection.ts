/** Area RF: server reflection, which a plugin may offer and tools rest on. */
import type { DescMessage, DescService } from '@bufbuild/protobuf';
import type { LearntTypes } from '../../../src/calls/learn-types.ts';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { NotOffered } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import type { GrpcCall } from '../../../src/wire/grpc-call.ts';
import { Status } from '../../../src/wire/grpc-status.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

const mostTold = 3;

const several = (what: readonly string[]): string => {
  const rest = what.length - mostTold;
  return `${what.slice(0, mostTold).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
};

async function isOffered(session: GrpcSession): Promise<ProbeOutcome> {
  const { learnt } = await session.types();
  const { version, services, types, faults } = learnt;
  const evidence = session.evidence(1);
  if (version === undefined) {
    if (faults.length === 0) throw new NotOffered('the plugin offers no reflection');
    return failed({ expected: 'a list of services', observed: several(faults), evidence });
  }
  if (!types) return failed({ expected: 'descriptors that make sense', observed: several(faults), evidence });
  const mended = types.repairs.length === 0 ? '' : `; descriptors had to be mended: ${several(types.repairs)}`;
  return passed(`${version}: ${services.length} services${mended}`);
}

/** What the plugin's word on a service lacks against what hosts call, if anything. */
function lacks(said: DescService, called: DescService): string | undefined {
  for (const { name, methodKind, input, output } of called.methods) {
    const own = said.methods.find((each) => each.name === name);
    if (!own) return `${called.typeName} has no method ${name}`;
    if (own.methodKind !== methodKind) return `${called.typeName}/${name} is ${own.methodKind}, not ${methodKind}`;
    const fault = lacksFields(own.input, input) ?? lacksFields(own.output, output);
    if (fault !== undefined) return `${called.typeName}/${name}: ${fault}`;
  }
  return undefined;
}

/** Fields that came later: a plugin on an older library says truly that it has none. */
const laterFields = ['plugin.ConnInfo.knock'];

function lacksFields(said: DescMessage, called: DescMessage): string | undefined {
  for (const { name, number, fieldKind } of called.fields) {
    const own = said.fields.find((field) => field.number === number);
    if (!own && laterFields.includes(`${said.typeName}.${name}`)) continue;
    if (!own) return `${said.typeName} has no field ${name} = ${number}`;
    if (own.fieldKind !== fieldKind) return `${said.typeName}.${name} is ${own.fieldKind}, not ${fieldKind}`;
  }
  return undefined;
}

/** How long the refusal of a stream that was opened at the start may still be on its way, in milliseconds. */
const refusalMs = 300;

/** Whether a stream that the host opened at once is served. */
async function isServed(call: GrpcCall | undefined, isListed: boolean): Promise<boolean> {
  if (!call) return false;
  const isDecided = () => !call.isOpen || call.messages.length > 0;
  if (!isListed) await eventually(isDecided, { limitMs: refusalMs });
  if (call.isOpen || call.messages.length > 0) return true;
  const { status } = await call.result;
  return status !== undefined && status !== Status.UNIMPLEMENTED;
}

async function answersHealth(session: GrpcSession): Promise<boolean> {
  const { status } = await session.answered(methods.check, healthCheck);
  return status !== Status.UNIMPLEMENTED;
}

/** Services of the host's own whose place in the list is not as the plugin behaves. */
async function wrongPlaces(session: GrpcSession, { services }: LearntTypes): Promise<readonly string[]> {
  const { stdio, broker } = session.main;
  const checks: readonly (readonly [name: string, serves: (isListed: boolean) => Promise<boolean>])[] = [
    ['grpc.health.v1.Health', () => answersHealth(session)],
    ['plugin.GRPCStdio', (isListed) => isServed(stdio, isListed)],
    ['plugin.GRPCBroker', (isListed) => isServed(broker, isListed)],
  ];
  const wrong: string[] = [];
  for (const [name, serves] of checks) {
    const isListed = services.includes(name);
    const isThere = await serves(isListed);
    if (isThere && !isListed) wrong.push(`${name} answers and is not listed`);
    if (!isThere && isListed) wrong.push(`${name} is listed and answers UNIMPLEMENTED`);
  }
  return wrong;
}

/** Listed services that nothing describes. What reflection says of itself nobody needs. */
const undescribed = ({ services, types, faults }: LearntTypes): readonly string[] => {
  if (!types) return faults;
  const missing = services.filter((name) => !name.startsWith('grpc.reflection.') && !types.registry.getService(name));
  return missing.map((name) => `${name} is listed, and reflection does not describe it`);
};

async function listsWhatIsServed(session: GrpcSession): Promise<ProbeOutcome> {
  const { learnt } = await session.types();
  if (learnt.version === undefined) throw new NotOffered('the plugin offers no reflection');
  const evidence = session.evidence(1);
  const wrong = await wrongPlaces(session, learnt);
  const { hostServices } = await import('../host-services.ts');
  const described = hostServices.flatMap((service) => {
    const said = learnt.types?.registry.getService(service.typeName);
    return said && learnt.services.includes(service.typeName) ? (lacks(said, service) ?? []) : [];
  });
  const all = [...wrong, ...described, ...undescribed(learnt)];
  if (all.length === 0) return passed();
  return failed({
    expected: 'a list that names what is served, with its descriptors',
    observed: several(all),
    evidence,
  });
}

export const reflectionProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-RF-001', { launch: 'plain' }, isOffered),
  probe('GRPC-RF-002', { launch: 'plain' }, listsWhatIsServed),
];
