/** Makes one call of a profile and judges what came back. */

import type { Call } from '../config/profile.ts';
import { failed, type ProbeOutcome, passed } from '../run/outcome.ts';
import { CannotTell } from '../run/plugin-fact.ts';
import { assertAlive } from '../run/within.ts';
import { Status, statusName } from '../wire/grpc-status.ts';
import type { CallSession } from './call-session.ts';
import { compareCall, showResponses } from './compare-call.ts';
import { GenericClient } from './generic-client.ts';
import { readMethodName } from './method-name.ts';
import { CallProblem, type PreparedCall, prepareCall } from './prepare-call.ts';

/** @throws CannotTell when nobody describes the messages, or the call does not fit them */
async function prepare(session: CallSession, call: Call): Promise<PreparedCall | ProbeOutcome> {
  const { learnt, registry } = await session.types();
  const { service, name: method } = readMethodName(call.method);
  const described = registry.getService(service);
  if (described?.methods.some(({ name }) => name === method)) {
    try {
      return prepareCall(call, registry);
    } catch (error) {
      if (error instanceof CallProblem) throw new CannotTell(error.message);
      throw error;
    }
  }
  if (learnt.types === undefined)
    throw new CannotTell(
      `nobody describes ${service}: the plugin offers no reflection; name schema.descriptorSet or schema.protoFiles in the profile`,
    );
  const has = described ? described.methods.map(({ name }) => name) : learnt.services;
  return failed({
    expected: `the plugin offers ${call.method}`,
    observed: `its descriptors know no ${described ? `method ${method} of ${service}` : `service ${service}`}, only ${has.join(', ')}`,
    evidence: session.evidence(2),
  });
}

const isOutcome = (value: PreparedCall | ProbeOutcome): value is ProbeOutcome => 'outcome' in value;

/** Runs a call of a profile. @throws PluginFact */
export async function runCall(session: CallSession, call: Call): Promise<ProbeOutcome> {
  const { endpoint } = session;
  const prepared = await prepare(session, call);
  if (isOutcome(prepared)) return prepared;
  const { registry } = await session.types();
  const client = new GenericClient(endpoint.address, endpoint.identity);
  try {
    const startedAt = performance.now();
    const result = await client.call({ ...prepared, kind: prepared.method.methodKind });
    const took = Math.round(performance.now() - startedAt);
    const words = result.message === '' ? '' : ` (${result.message.slice(0, 300)})`;
    const shown = result.status === Status.OK ? ` ${showResponses(prepared, result, registry)}` : '';
    const evidence = session.transcript.add(
      'call',
      `${prepared.path}: ${statusName(result.status)}${words}${shown} after ${took} ms`,
    );
    if (session.plugin.exited || result.status === Status.UNAVAILABLE) await assertAlive(session.plugin);
    const difference = compareCall(prepared, result, registry);
    if (!difference) return passed();
    return failed({
      ...difference,
      evidence: [evidence],
      timing: result.status === Status.DEADLINE_EXCEEDED && took >= prepared.deadlineMs,
    });
  } finally {
    client.close();
  }
}
