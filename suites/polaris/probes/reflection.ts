/** Area REFL: what the server learns of the plugin, and how. */
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { listServices } from '../../../src/wire/list-services.ts';
import { blockedBy } from '../fault.ts';
import { entryAt } from '../folder.ts';
import { faultOf, showListing } from '../scan.ts';
import type { PolarisSession } from '../session.ts';

const rules = ['POL-REFL-001', 'POL-REFL-005', 'POL-REFL-002', 'POL-REFL-008'] as const;

/** Rules that the scan has settled; whoever got to the list of services keeps them all. @throws Blocked */
function settled({ broken }: PolarisSession, id: (typeof rules)[number]): ProbeOutcome {
  if (!broken || broken.by === 'POL-CONN-003' || /^POL-REFL-00[34]$/.test(broken.by)) return passed();
  if (broken.by === id) return broken.outcome;
  throw blockedBy(broken);
}

/** The value of the question means nothing: every other one must be answered alike. */
async function ignoresValue(session: PolarisSession): Promise<ProbeOutcome> {
  const first = settled(session, 'POL-REFL-002');
  if (first.outcome !== 'passed' || session.broken) return first;
  const entry = entryAt(session.socket);
  if (!entry) throw session.lost(`${session.socket} is gone`);
  for (const value of ['', 'api']) {
    const connection = await session.connect();
    const listing = await listServices(connection, {
      version: 'v1alpha',
      value,
      limitMs: session.deadlines.reflectionMs,
    });
    connection.close();
    const offersService = listing.kind === 'services' && listing.services.includes(session.contract.service.typeName);
    if (offersService) continue;
    const fault = await faultOf(session, entry, listing);
    return failed({
      expected: `the whole list, whatever the value; here it is \`${value}\``,
      observed: fault?.outcome.observed ?? showListing(listing),
      evidence: session.evidence(2),
      cause: {
        class: 'no-reflection',
        variant: 'interprets-value',
        title: `Reflection takes the value of list_services for a filter: with \`${value}\` it answers ${showListing(listing)}`,
        fix: 'Ignore the value of list_services; the server sends `*`, other tools send nothing.',
      },
    });
  }
  return passed();
}

/** A name is judged only for the generation that the plugin is of, or that was asked for. */
function lists(session: PolarisSession, id: 'POL-REFL-003' | 'POL-REFL-004'): ProbeOutcome {
  const { broken, contracts } = session;
  const generation = id === 'POL-REFL-003' ? 'P3' : 'P2';
  if (broken?.by === id) return broken.outcome;
  if (broken && !/^POL-REFL-00[34]$|^POL-CONN-003$/.test(broken.by)) throw blockedBy(broken);
  if (contracts.some((contract) => contract.generation === generation)) return passed();
  const own = contracts.map((contract) => contract.generation).join(' and ');
  return skipped(
    own === '' ? `the plugin is not meant for generation ${generation}` : `the plugin is of generation ${own}`,
  );
}

async function servesV1(session: PolarisSession): Promise<ProbeOutcome> {
  const connection = await session.connect();
  const listing = await listServices(connection, { version: 'v1', limitMs: session.deadlines.reflectionMs });
  connection.close();
  return listing.kind === 'services'
    ? passed()
    : skipped(`reflection v1: ${showListing(listing)}; the server never asks for it`);
}

/** Ends reflection streams in the two ways in which clients do, and comes back. */
async function survivesEnd(session: PolarisSession): Promise<ProbeOutcome> {
  const { contract } = session;
  const read = await session.connect();
  await listServices(read, { version: 'v1alpha', limitMs: session.deadlines.reflectionMs });
  read.close();
  const unread = await session.connect();
  const call = unread.call('/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo');
  // list_services "*", field 7.
  call.send(Buffer.from([0x3a, 0x01, 0x2a]));
  unread.close();
  const after = await session.connect();
  // Whatever it says: it is there.
  await session.ask(contract, { type: 0, key: '192.0.2.7' }, { connection: after });
  after.close();
  return passed();
}

export const reflectionProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-REFL-001', { launch: 'plain', smoke: true }, (session) => settled(session, 'POL-REFL-001')),
  probe('POL-REFL-005', { launch: 'plain', smoke: true }, (session) => settled(session, 'POL-REFL-005')),
  probe('POL-REFL-008', { launch: 'plain', smoke: true }, (session) => settled(session, 'POL-REFL-008')),
  probe('POL-REFL-002', { launch: 'plain', smoke: true }, ignoresValue),
  probe('POL-REFL-003', { launch: 'plain', smoke: true }, (session) => lists(session, 'POL-REFL-003')),
  probe('POL-REFL-004', { launch: 'plain', smoke: true }, (session) => lists(session, 'POL-REFL-004')),
  probe('POL-REFL-007', { launch: 'plain' }, servesV1),
  probe('POL-REFL-009', { launch: 'plain' }, survivesEnd),
];
