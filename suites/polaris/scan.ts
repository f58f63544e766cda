/**
 * Looks through the folder as the server does when it starts: every socket in the order of the names, one connection
 * each, one question to reflection. The server stops at the first fault; here the scan goes on, to tell all of them.
 */
import type { Socket } from 'node:net';
import { type Cause, failed } from '../../src/run/outcome.ts';
import { connectSocket } from '../../src/wire/address.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import { type Listing, listServices } from '../../src/wire/list-services.ts';
import { dial } from './dial.ts';
import type { Fault } from './fault.ts';
import { type Entry, entriesOf, entryAt } from './folder.ts';
import { hostConnection, type PolarisSession, type Scanned } from './session.ts';

const reflection = 'grpc.reflection.v1alpha.ServerReflection';

/** The sockets that the server would look at. */
export const socketsOf = ({ folder, settings }: PolarisSession): readonly Entry[] => {
  const own = settings.socket === undefined ? undefined : entryAt(settings.socket);
  const entries = settings.socket === undefined ? entriesOf(folder) : own ? [own] : [];
  return entries.filter(({ kind }) => kind === 'socket');
};

/** Scans the folder. @param kept a connection that is there already, with the entry behind which it was made */
export async function scan(
  session: PolarisSession,
  kept?: { readonly entry: Entry; readonly socket: Socket },
): Promise<readonly Scanned[]> {
  const entries = socketsOf(session);
  const isGone = kept && !entries.some(({ path }) => path === kept.entry.path);
  // The file may be gone again; who connected before is connected all the same.
  const all = isGone ? [kept.entry, ...entries] : entries;
  return Promise.all(
    all.map((entry) => look(session, entry, kept?.entry.path === entry.path ? kept.socket : undefined)),
  );
}

async function look(session: PolarisSession, entry: Entry, socket: Socket | undefined): Promise<Scanned> {
  const dialled = await dial(session, entry.path, { socket, purpose: 'scan' });
  if ('fault' in dialled) return { entry, services: [], fault: dialled.fault };
  const { connection } = dialled;
  const readyAfterMs = connection.settingsAfterMs;
  const startedAt = session.transcript.now();
  const listing = await listServices(connection, { version: 'v1alpha', limitMs: session.deadlines.reflectionMs });
  session.transcript.add(
    'call',
    `list_services of ${entry.name} at ${Math.round(startedAt)} ms: ${showListing(listing)}`,
  );
  connection.close();
  // A connection that was kept for a while may have been closed as idle; the server dials at once.
  if (socket && listing.kind === 'ended' && listing.result.status === undefined) return look(session, entry, undefined);
  const fault = await faultOf(session, entry, listing);
  const services = listing.kind === 'services' ? listing.services : [];
  return { entry, services, readyAfterMs, ...(fault && { fault }) };
}

export function showListing(listing: Listing): string {
  switch (listing.kind) {
    case 'services':
      return listing.services.length === 0 ? 'no services' : listing.services.join(', ');
    case 'error':
      return `error_response ${listing.code} (${listing.message})`;
    case 'other':
      return listing.what;
    case 'undecodable':
      return `an answer that does not decode: ${listing.message}`;
    case 'ended':
      return describeCall(listing.result);
    case 'silent':
      return 'no answer';
  }
}

/** What is wrong with the listing of a socket. */
export async function faultOf(
  session: PolarisSession,
  { name, path }: Entry,
  listing: Listing,
): Promise<Fault | undefined> {
  const fault = (breaks: string, cause: Cause, more: { hostSays?: string; timing?: true } = {}): Fault => ({
    breaks,
    outcome: failed({
      expected: `the names of the services from ${reflection}`,
      observed: `${name}: ${showListing(listing)}`,
      evidence: session.evidence(3),
      cause,
      ...more,
    }),
  });
  switch (listing.kind) {
    case 'services':
      return listing.ends ? undefined : fault('POL-REFL-005', staysOpen, { timing: true });
    case 'silent':
      return fault('POL-REFL-005', hangs, { timing: true });
    case 'error':
      return fault('POL-REFL-008', errorResponse(listing.message));
    case 'other':
    case 'undecodable':
      return fault('POL-REFL-002', otherAnswer(showListing(listing)));
    case 'ended':
      return endedFault(session, path, listing, fault);
  }
}

async function endedFault(
  session: PolarisSession,
  path: string,
  { result }: Extract<Listing, { kind: 'ended' }>,
  fault: (breaks: string, cause: Cause, more?: { hostSays?: string }) => Fault,
): Promise<Fault> {
  if (result.status === Status.UNIMPLEMENTED) {
    const hostSays = `unable to list plugin: …'s services: rpc error: code = Unimplemented desc = ${result.message}`;
    const isV1There = (await askElsewhere(session, path, { version: 'v1' }))?.kind === 'services';
    return fault('POL-REFL-001', isV1There ? onlyV1 : noReflection, { hostSays });
  }
  if (result.status === Status.UNAUTHENTICATED || result.status === Status.PERMISSION_DENIED)
    return fault('POL-SVC-009', demandsMetadata(describeCall(result)));
  if (result.status === undefined && (await askElsewhere(session, path, { authority: 'unused' }))?.kind === 'services')
    return fault('POL-CONN-004', checksAuthority);
  return fault('POL-REFL-002', otherAnswer(describeCall(result)));
}

/** Asks once more in another way, to tell causes apart. */
async function askElsewhere(
  { deadlines }: PolarisSession,
  path: string,
  { version = 'v1alpha', authority = hostConnection.authority }: { version?: 'v1' | 'v1alpha'; authority?: string },
): Promise<Listing | undefined> {
  const result = await connectSocket({ network: 'unix', path }, deadlines.dialMs);
  if (!result.connected) return undefined;
  const connection = new GrpcConnection(result.socket, { ...hostConnection, authority });
  const listing = await listServices(connection, { version, limitMs: deadlines.reflectionMs });
  connection.close();
  return listing;
}

const register = 'Register server reflection of your gRPC library in its version v1alpha.';

const noReflection: Cause = {
  class: 'no-reflection',
  title: 'There is no server reflection: the server cannot tell what the plugin is, and does not start',
  fix: register,
};

const onlyV1: Cause = {
  class: 'no-reflection',
  variant: 'only-v1',
  title: 'Reflection is served as v1 only, and the server asks for v1alpha: it does not start',
  fix: `${register} In Go, reflection.Register serves both, RegisterV1 does not.`,
};

const hangs: Cause = {
  class: 'no-answer',
  variant: 'reflection',
  title: 'Reflection never answers: the server asks without a deadline, and its start hangs for ever',
  fix: 'Answer each question as it comes, while the stream is still open.',
};

const staysOpen: Cause = {
  class: 'no-answer',
  variant: 'reflection-stream',
  title: 'The reflection stream never ends: the server reads it to its end, and its start hangs for ever',
  fix: 'End the stream when the client has closed its side.',
};

const errorResponse = (message: string): Cause => ({
  class: 'no-reflection',
  variant: 'error',
  title: `Reflection answers list_services with an error (${message}): the server does not start`,
  fix: 'Answer list_services with list_services_response.',
});

const otherAnswer = (what: string): Cause => ({
  class: 'no-reflection',
  variant: 'other-answer',
  title: `Reflection does not answer list_services with a list (${what}): the server does not start`,
  fix: 'Use the reflection service of your gRPC library.',
});

const demandsMetadata = (what: string): Cause => ({
  class: 'demands-metadata',
  title: `The plugin demands credentials that no server sends: ${what}`,
  fix: 'Answer calls that carry only the standard headers; the permissions of the socket protect the plugin.',
});

const checksAuthority: Cause = {
  class: 'broken-grpc',
  variant: 'authority',
  title: 'The plugin refuses the `:authority` that every Go host sends for a Unix socket, `localhost`',
  fix: 'Do not check :authority or the host header.',
};
