/** The one call that every plugin should answer, and on which many probes rest. */
import { Blocked } from '../../src/run/plugin-fact.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import { healthCheck, methods } from './services.ts';
import type { GrpcSession } from './session.ts';

/** @throws Blocked when health, on which these probes rest, is not there */
export async function assertHealth(session: GrpcSession): Promise<void> {
  const { status } = await session.answered(methods.check, healthCheck);
  if (status === Status.UNIMPLEMENTED) throw new Blocked('GRPC-HL-001', 'there is no health service to call');
}
