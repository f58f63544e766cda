/** Area CONN: what the server finds behind the socket before it asks anything. */
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { connectSocket } from '../../../src/wire/address.ts';
import { GrpcConnection } from '../../../src/wire/grpc-connection.ts';
import { listServices } from '../../../src/wire/list-services.ts';
import { blockedBy } from '../fault.ts';
import { showListing } from '../scan.ts';
import { hostConnection, type PolarisSession } from '../session.ts';

/** The rules of a connection, from the outside in: what broke one of them kept the others from being seen. */
const order = ['POL-CONN-001', 'POL-CONN-002', 'POL-CONN-003'] as const;

/** Rules that the scan or the connection for calls has settled. @throws Blocked */
function settled({ broken }: PolarisSession, id: (typeof order)[number], note?: string): ProbeOutcome {
  if (!broken) return passed(note);
  if (broken.by === id) return broken.outcome;
  const isLater = order.some((other, index) => other === broken.by && index > order.indexOf(id));
  const isPastConnecting = broken.stage === 'connect' && !order.some((other) => other === broken.by);
  if (isLater || (isPastConnecting && id !== 'POL-CONN-003')) return passed(note);
  throw blockedBy(broken);
}

const isPrompt = (session: PolarisSession): ProbeOutcome => {
  const target = session.scanned.find(({ entry }) => entry.path === session.path);
  const ready = target?.readyAfterMs;
  return settled(session, 'POL-CONN-002', ready === undefined ? undefined : `ready after ${Math.round(ready)} ms`);
};

async function ignoresNames(session: PolarisSession): Promise<ProbeOutcome> {
  if (session.broken?.by === 'POL-CONN-004') return session.broken.outcome;
  const result = await connectSocket({ network: 'unix', path: session.socket }, session.deadlines.dialMs);
  if (!result.connected) throw session.lost(`a new connection is refused: ${result.message}`);
  const connection = new GrpcConnection(result.socket, { ...hostConnection, userAgent: 'plugfest' });
  const listing = await listServices(connection, { version: 'v1alpha', limitMs: session.deadlines.reflectionMs });
  connection.close();
  if (listing.kind === 'services') return passed();
  return failed({
    expected: 'the same answer whatever the user agent',
    observed: `with another user agent: ${showListing(listing)}`,
    evidence: session.evidence(2),
    cause: {
      class: 'broken-grpc',
      variant: 'user-agent',
      title: 'The plugin answers one user agent and refuses another',
      fix: 'Do not look at the user agent: it names a version of grpc-go, and changes with it.',
    },
  });
}

async function staysOpen(session: PolarisSession): Promise<ProbeOutcome> {
  const { contract } = session;
  const connection = await session.connect();
  const { idleMs } = session.deadlines;
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), idleMs);
  });
  const ended = await Promise.race([quiet, connection.closed, session.plugin.whenExited]);
  clearTimeout(timer);
  if (ended === undefined) {
    await session.answered(contract.ping, new Uint8Array(), { connection });
    connection.close();
    return passed();
  }
  const goaway = connection.goaway ? ` with GOAWAY (${connection.goaway.text || connection.goaway.code})` : '';
  return failed({
    expected: `the connection stays open for ${idleMs / 1000} s without calls`,
    observed: `the plugin closed it${goaway}`,
    evidence: session.evidence(3),
    cause: {
      class: 'closes-idle-connection',
      title: `The plugin closes quiet connections${goaway}: the requests of the next moments are denied`,
      fix: 'Set no limits on idle time or age of connections.',
    },
  });
}

export const connectionProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-CONN-001', { launch: 'plain', smoke: true }, (session) => settled(session, 'POL-CONN-001')),
  probe('POL-CONN-002', { launch: 'plain', smoke: true }, isPrompt),
  probe('POL-CONN-003', { launch: 'plain', smoke: true }, (session) => settled(session, 'POL-CONN-003')),
  probe('POL-CONN-004', { launch: 'plain', smoke: true }, ignoresNames),
  probe('POL-CONN-005', { launch: 'plain', soak: true }, staysOpen),
];
