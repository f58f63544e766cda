/** What a session's plugin says of its own services, through reflection. */
import type { KnownTypes } from '../../src/calls/call-session.ts';
import { knownTypes } from '../../src/calls/known-types.ts';
import type { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import type { GrpcSession } from './session.ts';

/** Messages that hosts and plugins share by convention: no service names what travels inside an Any. */
const conventional = ['proto.RateLimitPluginRequest', 'proto.RateLimitPluginResponse'];

/** Asks once, and says so in the transcript. Never throws for what a plugin answers. */
export async function learnSessionTypes(session: GrpcSession, connection: GrpcConnection): Promise<KnownTypes> {
  const { profile, deadlines, transcript } = session;
  const known = await knownTypes(connection, profile, { limitMs: deadlines.callMs, symbols: conventional });
  const { version, services, faults } = known.learnt;
  const found = version === undefined ? 'no reflection' : `reflection ${version}: ${services.join(', ')}`;
  transcript.add('call', faults.length === 0 ? found : `${found}; ${faults.slice(0, 5).join('; ')}`);
  if (version !== undefined) session.listed = services;
  return known;
}
