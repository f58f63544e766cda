/** From what the scan showed to the socket and the contracts that are checked. */
import { type Cause, failed } from '../../src/run/outcome.ts';
import { listServices } from '../../src/wire/list-services.ts';
import { type Contract, contracts } from './contract.ts';
import { dial } from './dial.ts';
import type { Fault } from './fault.ts';
import type { PolarisSession, Scanned } from './session.ts';

/** The contracts that count: all, or the one of the generation that was asked for. */
const wanted = ({ settings }: PolarisSession): readonly Contract[] =>
  settings.generation === undefined
    ? contracts
    : contracts.filter(({ generation }) => generation === settings.generation);

const offered = (session: PolarisSession, { services }: Scanned): readonly Contract[] =>
  wanted(session).filter(({ service }) => services.includes(service.typeName));

/** Chooses the socket that offers the newest contract, or says why there is none. */
export async function choose(session: PolarisSession): Promise<void> {
  const { scanned } = session;
  const hits = wanted(session).flatMap((contract) =>
    scanned.filter((each) => offered(session, each).includes(contract)),
  );
  const [target] = hits;
  if (target) {
    session.path = target.entry.path;
    session.contracts = offered(session, target);
    if (target.fault) session.breaks(target.fault, 'connect');
    return;
  }
  const found = scanned.find(({ entry }) => entry.path === session.path);
  const fault = found?.fault ?? scanned.find((each) => each.fault)?.fault;
  session.breaks(fault ?? (await takesStarForName(session)) ?? notListed(session), 'connect');
}

/** A plugin that looks for services named `*` finds none, and lists them all when it is asked for nothing. */
async function takesStarForName(session: PolarisSession): Promise<Fault | undefined> {
  const { path, deadlines } = session;
  if (path === undefined) return undefined;
  const dialled = await dial(session, path, { purpose: 'calls' });
  if ('fault' in dialled) return undefined;
  const { connection } = dialled;
  const listing = await listServices(connection, { version: 'v1alpha', value: '', limitMs: deadlines.reflectionMs });
  connection.close();
  if (listing.kind !== 'services') return undefined;
  const known = wanted(session).find(({ service }) => listing.services.includes(service.typeName));
  if (!known) return undefined;
  return {
    breaks: 'POL-REFL-002',
    outcome: failed({
      expected: 'the whole list of services for the value `*`, which means nothing',
      observed: `without a value ${listing.services.join(', ')}; for \`*\` not ${known.service.typeName}`,
      evidence: session.evidence(3),
      cause: {
        class: 'no-reflection',
        variant: 'interprets-value',
        title: `Reflection takes the value of list_services for a name: for \`*\`, which the server sends, it does not list ${known.service.typeName}`,
        fix: 'Ignore the value of list_services.',
      },
    }),
  };
}

const own = /^grpc\./;

/** Which generation the plugin is meant for, as far as the names tell. */
function meant(session: PolarisSession, names: readonly string[]): Contract | undefined {
  const [newest, older] = wanted(session);
  const isOlder = names.some((name) => /components|plugin/i.test(name) && !/limiter/i.test(name));
  return isOlder && older ? older : newest;
}

function causeOf(contract: Contract, names: readonly string[]): Cause {
  const name = contract.service.typeName;
  const others = contracts.filter(({ service }) => names.includes(service.typeName));
  const [other] = others;
  if (other)
    return {
      class: 'wrong-service-name',
      variant: 'generation',
      title: `The plugin offers ${other.service.typeName}, which is generation ${other.generation}: a server of generation ${contract.generation} looks for ${name} and ignores it`,
      fix: `Serve ${name}, or check the plugin for its own generation with --generation ${other.generation}.`,
    };
  const near = names.find((each) => each.toLowerCase().split('.').at(-1) === name.toLowerCase().split('.').at(-1));
  if (near !== undefined)
    return {
      class: 'wrong-service-name',
      title: `The service is called ${near}: the server looks for ${name}, letter by letter, and ignores the plugin`,
      fix: `Compile the .proto file of the SDK without changes, so that the service is ${name}.`,
    };
  const list = names.length === 0 ? 'Reflection lists no service' : `Reflection lists ${names.join(', ')}`;
  return {
    class: 'wrong-service-name',
    variant: 'missing',
    title: `${list}, and no ${name}: the server ignores the plugin`,
    fix: `Serve ${name} and register it with the server before reflection.`,
  };
}

function notListed(session: PolarisSession): Fault {
  const names = [...new Set(session.scanned.flatMap(({ services }) => services))].filter((name) => !own.test(name));
  const contract = meant(session, names) ?? contracts[0];
  if (!contract) throw new Error('there are no contracts');
  return {
    breaks: contract.generation === 'P3' ? 'POL-REFL-003' : 'POL-REFL-004',
    outcome: failed({
      expected: `${contract.service.typeName} in the list of services`,
      observed: names.length === 0 ? 'no service beside those of gRPC itself' : names.join(', '),
      evidence: session.evidence(3),
      cause: causeOf(contract, names),
    }),
  };
}
