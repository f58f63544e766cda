/**
 * Calls a method of the profile as the host does and says which one requirement the answer breaks, if any. A call
 * that fails is made again with one thing changed at a time, to find out what the plugin stumbles over.
 */
import { type Cause, type Failed, failed, type ProbeOutcome, passed } from '../../src/run/outcome.ts';
import { Blocked, NotOffered } from '../../src/run/plugin-fact.ts';
import { goHeaders } from '../../src/wire/http-exchange.ts';
import { envelopeOf, isEncodedTwice, isOfType, matches } from './body-match.ts';
import { brief, firstValue, goJson, typeOf } from './json-text.ts';
import type { Method } from './profile-block.ts';
import { describeBody, describeExchange, type Noted, type SessionRequest, type TiloSession } from './session.ts';

/** The requirement that an answer breaks, and how. */
export interface Finding {
  readonly blames: string;
  readonly outcome: Failed;
}

const known = new WeakMap<TiloSession, Map<Method, Promise<Finding | undefined>>>();

/** Examines a method once in each session, however many probes ask. @throws Blocked, PluginExited */
export function examine(session: TiloSession, method: Method): Promise<Finding | undefined> {
  const findings = known.get(session) ?? new Map<Method, Promise<Finding | undefined>>();
  known.set(session, findings);
  const finding = findings.get(method) ?? look(session, method);
  findings.set(method, finding);
  return finding;
}

/** The time that a method has, in milliseconds. */
export const limitOf = (session: TiloSession, method: Method): number =>
  Math.min(method.limitMs ?? session.settings.deadlines.callMs, session.settings.deadlines.callMs);

/** Calls a method with its own payload. @throws Blocked */
export const callMethod = (
  session: TiloSession,
  method: Method,
  more: Partial<SessionRequest> & { deadline?: string } = {},
): Promise<Noted> => session.call(method.path, method.payload, { limitMs: limitOf(session, method), ...more });

/** Whether an answer is what the profile expects of a call that succeeds. */
export function isSuccess(made: Noted, method: Method): boolean {
  if (made.end !== 'complete' || made.status !== 200) return false;
  const read = firstValue(made.body);
  return read.ok && (!method.body || matches(read.value, method.body));
}

async function look(session: TiloSession, method: Method): Promise<Finding | undefined> {
  const made = await callMethod(session, method);
  await session.assertAlive(made);
  if (made.end !== 'complete') return unanswered(session, method, made);
  if (method.kind === 'success') return judgeSuccess(session, method, made);
  return method.kind === 'error' ? judgeError(method, made) : undefined;
}

const evidenceOf = (made: Noted) => [made.evidence];

function unanswered(session: TiloSession, method: Method, made: Noted): Finding | undefined {
  // Every exchange is looked at for answers that break off (TILO-HTTP-005); only the time is a matter of the method.
  if (made.end !== 'timeout') return { blames: 'TILO-HTTP-005', outcome: failed(brokenOff(made)) };
  const limitMs = limitOf(session, method);
  const got =
    made.status === undefined
      ? 'no answer'
      : `status ${made.status} and ${made.body.byteLength} bytes of a body without its end`;
  return {
    blames: 'TILO-CTX-004',
    outcome: failed({
      expected: `a complete answer of ${method.name} within ${limitMs} ms`,
      observed: `${got} after ${limitMs} ms`,
      evidence: evidenceOf(made),
      timing: true,
      hostSays: `Post "http://plugin${method.path}": context deadline exceeded (Client.Timeout exceeded while ${made.status === undefined ? 'awaiting headers' : 'reading body'})`,
      cause: {
        class: 'method-too-slow',
        title:
          made.status === undefined
            ? `${method.name} does not answer within ${limitMs / 1000} s: the caller gets a timeout and nothing else`
            : `The answer of ${method.name} begins and never ends: the caller gets a timeout`,
        fix: 'Heed the deadline of Context, answer with an error before 30 s are over, and end the response.',
      },
    }),
  };
}

/** What is said of an exchange whose answer never became complete. */
export const brokenOff = (made: Noted): Omit<Failed, 'outcome'> => ({
  expected: 'a complete answer',
  observed: `POST ${made.path}: ${describeExchange(made)}`,
  evidence: evidenceOf(made),
  hostSays: hostErrors[made.end] ?? `Post "http://plugin${made.path}": EOF`,
  cause:
    made.end === 'truncated'
      ? {
          class: 'closes-without-answer',
          variant: 'truncated',
          title: `The answer to ${made.path} breaks off in its middle: the host sees \`unexpected EOF\``,
          fix: 'Send as many bytes as Content-Length says, or the last chunk, before you close the connection.',
        }
      : {
          class: 'closes-without-answer',
          ...(made.end === 'malformed' && { variant: 'malformed' }),
          title:
            made.end === 'malformed'
              ? `The answer to ${made.path} is not valid HTTP: hosts 0.1.2 and 0.1.3 crash over it`
              : `The plugin closes the connection without answering ${made.path}, and lives on: hosts 0.1.2 and 0.1.3 crash over it`,
          fix: 'Answer every request, with status 500 and the text of the error where nothing else is left to say.',
        },
});

const hostErrors: Readonly<Record<string, string>> = {
  truncated: 'unexpected EOF',
  malformed: 'net/http: HTTP/1.x transport connection broken: malformed HTTP response',
};

async function judgeSuccess(session: TiloSession, method: Method, made: Noted): Promise<Finding | undefined> {
  const { status = 0 } = made;
  if (status >= 300 && status < 400) return { blames: 'TILO-HTTP-008', outcome: failed(redirected(made)) };
  if (status > 200 && status < 300) return wrongSuccessStatus(method, made);
  if (status !== 200) return refused(session, method, made);
  const read = firstValue(made.body);
  if (!read.ok) return noValue(method, made, read.error);
  return method.body && !matches(read.value, method.body) ? wrongBody(session, method, made, read.value) : undefined;
}

export const redirected = (made: Noted): Omit<Failed, 'outcome'> => ({
  expected: 'an answer, not a redirect',
  observed: `status ${made.status} to ${made.headers['location'] ?? 'nowhere'}`,
  evidence: evidenceOf(made),
  cause: {
    class: 'redirects',
    title: `POST ${made.path} is redirected with ${made.status}: the host follows, and may turn the call into a GET without its parameter`,
    fix: 'Serve the path exactly as it is; switch off redirects for slashes, letter case or https.',
  },
});

function wrongSuccessStatus(method: Method, made: Noted): Finding {
  const read = firstValue(made.body);
  const shown = !read.ok ? read.error : typeof read.value === 'string' ? read.value : wrongType(read.value);
  return {
    blames: 'TILO-HTTP-004',
    outcome: failed({
      expected: `status 200 for ${method.name}`,
      observed: `status ${made.status}`,
      evidence: evidenceOf(made),
      hostSays: shown,
      cause: {
        class: 'wrong-success-status',
        title: `Success is answered with ${made.status}: for the host only 200 is success, and the caller gets the error \`${shown.slice(0, 80)}\``,
        fix: made.status === 204 ? 'Answer 200 with the body `null`.' : 'Answer 200.',
      },
    }),
  };
}

const wrongType = (value: unknown): string => `json: cannot unmarshal ${typeOf(value)} into Go value of type string`;

/** One change to a request that fails, what its success shows, and which requirement that breaks. */
interface Variation {
  readonly blames: string;
  readonly request: (method: Method) => Partial<SessionRequest> & { deadline?: string };
  readonly cause: (method: Method, made: Noted) => Cause;
}

const envelopeFix =
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
async function findVariation(session: TiloSession, method: Method): Promise<Variation | undefined> {
  if (!method.idempotent) return undefined;
  for (const variation of variations) {
    const made = await callMethod(session, method, variation.request(method));
    await session.assertAlive(made);
    if (isSuccess(made, method)) return variation;
  }
  return undefined;
}

/** A call that must succeed has failed. */
async function refused(session: TiloSession, method: Method, made: Noted): Promise<Finding> {
  const variation = await findVariation(session, method);
  const facts = {
    expected: `status 200 for ${method.name}`,
    observed: `status ${made.status} ${describeBody(made.body)}`,
    evidence: evidenceOf(made),
  };
  if (variation)
    return { blames: variation.blames, outcome: failed({ ...facts, cause: variation.cause(method, made) }) };
  const isUnrouted = made.status === 404 || made.status === 405 || made.status === 501;
  if (isUnrouted)
    return {
      blames: 'TILO-HTTP-002',
      outcome: failed({
        ...facts,
        cause: {
          class: 'wrong-route',
          title: `POST ${method.path}, which the profile names, is answered with ${made.status}: the plugin does not serve that path`,
          fix: `Serve POST ${method.path}, exactly so; or correct the path in the profile.`,
        },
      }),
    };
  return {
    blames: 'TILO-HTTP-004',
    outcome: failed({
      ...facts,
      cause: {
        class: 'wrong-success-status',
        variant: 'fails',
        title: `${method.name} must succeed with the payload of the profile, and is answered with ${made.status}: ${describeBody(made.body)}`,
        fix: 'Answer 200 with the result; or correct the payload in the profile.',
      },
    }),
  };
}

/** Status 200 and a body that is no JSON. */
function noValue(method: Method, made: Noted, error: string): Finding {
  const isEmpty = made.body.byteLength === 0 || error === 'EOF';
  return {
    blames: isEmpty ? 'TILO-JSON-005' : 'TILO-JSON-004',
    outcome: failed({
      expected: isEmpty ? 'a JSON value, `null` where there is no result' : 'one JSON value',
      observed: `status 200 ${describeBody(made.body)}`,
      evidence: evidenceOf(made),
      hostSays: error,
      cause: isEmpty
        ? {
            class: 'empty-body',
            title: `${method.name} answers 200 with an empty body: the caller gets the error \`EOF\``,
            fix: 'Write `null` when there is no result.',
          }
        : {
            class: 'wrong-result',
            variant: 'not-json',
            title: `The body of ${method.name} is not JSON: the caller gets \`${error}\``,
            fix: 'Write the result as one JSON value; a text in quotes.',
          },
    }),
  };
}

/** JSON came back, and it is not what the profile expects. */
async function wrongBody(session: TiloSession, method: Method, made: Noted, value: unknown): Promise<Finding> {
  const wanted = method.body;
  if (!wanted) throw new Error('a wrong body needs an expected one');
  const facts = {
    expected: `${wanted.match === 'shape' ? 'a body of the shape' : 'the body'} ${brief(wanted.value)}`,
    observed: brief(value),
    evidence: evidenceOf(made),
  };
  const finding = (blames: string, cause: Cause, hostSays?: string): Finding => ({
    blames,
    outcome: failed({ ...facts, cause, ...(hostSays !== undefined && { hostSays }) }),
  });
  const envelope = envelopeOf(value, wanted);
  if (envelope !== undefined)
    return finding('TILO-JSON-004', {
      class: 'wrong-result',
      variant: 'envelope',
      title: `The result of ${method.name} is wrapped: the host finds it in \`${envelope}\`, where it does not look`,
      fix: 'Write the result itself as the body, without anything around it.',
    });
  if (isEncodedTwice(value, wanted))
    return finding('TILO-JSON-004', {
      class: 'wrong-result',
      variant: 'encoded-twice',
      title: `The result of ${method.name} is encoded twice: a text that holds JSON`,
      fix: 'Encode the result once.',
    });
  if (wanted.value === null)
    return finding('TILO-JSON-005', {
      class: 'wrong-result',
      variant: 'no-null',
      title: `${method.name} has no result and answers ${brief(value, 60)} instead of \`null\``,
      fix: 'Write `null` when there is no result.',
    });
  if (!isOfType(value, wanted) || wanted.match === 'shape')
    return finding(
      'TILO-JSON-004',
      {
        class: 'wrong-result',
        title: `The result of ${method.name} is ${brief(value, 60)}; the profile expects ${wanted.match === 'shape' ? 'the shape ' : ''}${brief(wanted.value, 60)}`,
        fix: 'Return the type that host and plugin agreed on.',
      },
      `json: cannot unmarshal ${typeOf(value)} into Go value of type …`,
    );
  const variation = await findVariation(session, method);
  if (variation) return finding(variation.blames, variation.cause(method, made));
  return finding('TILO-JSON-001', {
    class: 'wrong-data',
    title: `${method.name} answers ${brief(value, 60)}; for the payload ${brief(method.payload, 60)} the profile expects ${brief(wanted.value, 60)}`,
    fix: envelopeFix,
  });
}

/** What must be true of every failure: a status other than 200, and the message as one JSON text. */
export function judgeFailure(made: Noted, what: string): Finding | undefined {
  const fail = (observed: string, cause: Cause, hostSays?: string): Finding => ({
    blames: 'TILO-ERR-001',
    outcome: failed({
      expected: `a status other than 200 and a JSON text for ${what}`,
      observed,
      evidence: evidenceOf(made),
      cause,
      ...(hostSays !== undefined && { hostSays }),
    }),
  });
  const observed = `status ${made.status} ${describeBody(made.body)}`;
  if (made.status === 200)
    return fail(observed, {
      class: 'error-as-success',
      title: `For ${what} the plugin answers 200: the host takes the failure for a success`,
      fix: 'Answer with another status: 404 for an unknown path, 422 for a bad body, 500 for an error.',
    });
  const read = firstValue(made.body);
  if (read.ok && typeof read.value === 'string') return undefined;
  const says = read.ok ? wrongType(read.value) : read.error;
  return fail(
    observed,
    {
      class: 'error-not-json-text',
      title: `The error for ${what} is ${shapeOf(made)}: the caller sees \`${says}\` instead of the message`,
      fix: 'Write the message as one JSON text: Go json.NewEncoder(w).Encode(err.Error()), Python json.dumps(str(e)), TypeScript JSON.stringify(message).',
    },
    says,
  );
}

function shapeOf({ body }: Noted): string {
  const read = firstValue(body);
  if (read.ok) return `a JSON ${typeOf(read.value)}, not a text`;
  if (body.byteLength === 0) return 'empty';
  return /^\s*</.test(body.toString('latin1', 0, 20)) ? 'HTML' : 'bare text, not JSON';
}

/** A call that must fail: any other finding than those of `judgeFailure` is a matter of its text (TILO-ERR-004). */
const judgeError = (method: Method, made: Noted): Finding | undefined =>
  judgeFailure(made, `${method.name} with ${brief(method.payload, 60)}`);

const noMethods = 'the profile names no such methods (tilotech.methods), and no plugin tells them';

/** The methods of the profile that are meant. @throws Blocked, NotOffered when there are none */
export function methodsOf(session: TiloSession, isMeant: (method: Method) => boolean): readonly Method[] {
  session.assertUsable();
  const methods = session.settings.methods.filter(isMeant);
  if (methods.length === 0) throw new NotOffered(noMethods);
  return methods;
}

/** What the methods of the profile show of a requirement: each of them breaks one at most. */
export const whatMethodsShow =
  (id: string, isMeant: (method: Method) => boolean = ({ kind }) => kind === 'success') =>
  async (session: TiloSession): Promise<ProbeOutcome> => {
    let clean = 0;
    let other: Finding | undefined;
    for (const method of methodsOf(session, isMeant)) {
      const finding = await examine(session, method);
      if (finding?.blames === id) return finding.outcome;
      if (finding) other = finding;
      else clean += 1;
    }
    if (clean === 0 && other) throw new Blocked(other.blames, other.outcome.observed);
    return passed();
  };

/** A method of the profile that succeeds, may be repeated and is quick; `undefined` when there is none. */
export async function findSteady(session: TiloSession): Promise<Method | undefined> {
  session.assertUsable();
  for (const method of session.settings.methods)
    if (isSteady(method) && !(await examine(session, method))) return method;
  return undefined;
}

const isSteady = ({ kind, idempotent, slow }: Method): boolean => kind === 'success' && idempotent && !slow;

/** As `findSteady`. @throws Blocked, NotOffered */
export async function steadyMethod(session: TiloSession): Promise<Method> {
  const found = await findSteady(session);
  if (found) return found;
  for (const method of methodsOf(session, isSteady)) {
    const finding = await examine(session, method);
    if (finding) throw new Blocked(finding.blames, finding.outcome.observed);
  }
  throw new NotOffered(noMethods);
}
