/** Finds out what a plugin stumbles over: a call that fails is made again with one thing changed at a time. */
import type { Cause } from '../../src/run/outcome.ts';
import { goHeaders } from '../../src/wire/http-exchange.ts';
import { callMethod, isSuccess } from './call.ts';
import { goJson } from './json-text.ts';
import type { Method } from './profile-block.ts';
import type { Noted, SessionRequest, TiloSession } from './session.ts';

/** One change to a request that fails, what its success shows, and which requirement that breaks. */
export interface Variation {
  readonly blames: string;
  readonly request: (method: Method) => Partial<SessionRequest> & { deadline?: string };
  readonly cause: (method: Method, made: Noted) => Cause;
}

export const envelopeFix =
  'Decode the body as {"Context": {"Deadline": …}, "Payload": …} and take the parameter from `Payload`.';

const variations: readonly Variation[] = [
  {
    blames: 'TILO-JSON-002',
    request: () => ({ deadline: new Date(Date.now() + 3_600_000).toISOString() }),
    cause: (method, made) => ({
      class: 'rejects-deadline',
      variant: 'null',
      title: `${method.name} fails with ${made.status} when \`Deadline\` is null, as for every caller without a deadline`,
      fix: 'Accept null for `Deadline`: it means that there is none.',
    }),
  },
  {
    blames: 'TILO-HTTP-003',
    request: () => ({ headers: { ...goHeaders, Host: 'localhost' }, odd: true }),
    cause: (method, made) => ({
      class: 'refuses-host-name',
      title: `${method.name} is turned away with ${made.status} for the host name \`plugin\``,
      fix: 'Switch the check of the Host header off: the socket protects the plugin.',
    }),
  },
  {
    blames: 'TILO-JSON-001',
    request: ({ payload }) => ({ body: goJson(payload), odd: true }),
    cause: (method) => ({
      class: 'ignores-envelope',
      title: `${method.name} takes the whole request body for its parameter: it understands the bare payload only`,
      fix: envelopeFix,
    }),
  },
  {
    blames: 'TILO-JSON-001',
    request: ({ payload }) => ({ body: goJson({ context: { deadline: null }, payload }), odd: true }),
    cause: (method) => ({
      class: 'ignores-envelope',
      variant: 'letter-case',
      title: `${method.name} reads \`payload\` in lower case; the host sends \`Payload\``,
      fix: envelopeFix,
    }),
  },
  {
    blames: 'TILO-HTTP-002',
    request: ({ path }) => ({ path: `${path}/`, odd: true }),
    cause: (method) => ({
      class: 'wrong-route',
      variant: 'slash',
      title: `${method.path} is served with a slash at its end only`,
      fix: 'Route by the exact path of the request.',
    }),
  },
  {
    blames: 'TILO-HTTP-002',
    request: () => ({ verb: 'PUT', odd: true }),
    cause: (method) => ({
      class: 'wrong-route',
      variant: 'verb',
      title: `${method.path} does not answer to POST, which is all the host uses`,
      fix: 'Serve POST.',
    }),
  },
];

/** Finds the change that makes a failing call succeed. A call that must not be repeated is not. */
export async function findVariation(session: TiloSession, method: Method): Promise<Variation | undefined> {
  if (!method.idempotent) return undefined;
  for (const variation of variations) {
    const made = await callMethod(session, method, variation.request(method));
    session.assertAlive(made);
    if (isSuccess(made, method)) return variation;
  }
  return undefined;
}
