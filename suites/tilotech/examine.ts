/** Calls a method of the profile and says which one requirement the answer breaks, if any. */
import { type Cause, failed } from '../../src/run/outcome.ts';
import { envelopeOf, isEncodedTwice, isOfType, matches } from './body-match.ts';
import { callMethod, limitOf } from './call.ts';
import { brokenOff, errorShown, evidenceOf, type Finding, judgeFailure, notUnpacked, redirected } from './findings.ts';
import { brief, firstValue, typeOf } from './json-text.ts';
import { nowAndThen, succeedsAgain } from './now-and-then.ts';
import type { Method } from './profile-block.ts';
import { describeBody, type Noted, type TiloSession } from './session.ts';
import { envelopeFix, findVariation } from './variations.ts';

const known = new WeakMap<TiloSession, Map<Method, Promise<Finding | undefined>>>();

/** Examines a method once in each session, however many probes ask. @throws Blocked, PluginExited */
export function examine(session: TiloSession, method: Method): Promise<Finding | undefined> {
  const findings = known.get(session) ?? new Map<Method, Promise<Finding | undefined>>();
  known.set(session, findings);
  const finding = findings.get(method) ?? look(session, method);
  findings.set(method, finding);
  return finding;
}

async function look(session: TiloSession, method: Method): Promise<Finding | undefined> {
  const made = await callMethod(session, method);
  session.assertAlive(made);
  if (made.end !== 'complete') return unanswered(session, method, made);
  if (method.kind === 'success') return judgeSuccess(session, method, made);
  return method.kind === 'error' ? judgeError(method, made) : undefined;
}

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
      hostSays:
        made.status === undefined
          ? `Post "http://plugin${method.path}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
          : 'context deadline exceeded (Client.Timeout or context cancellation while reading body)',
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

async function judgeSuccess(session: TiloSession, method: Method, made: Noted): Promise<Finding | undefined> {
  const { status = 0 } = made;
  if (status >= 300 && status < 400) return { blames: 'TILO-HTTP-008', outcome: failed(redirected(made)) };
  if (status > 200 && status < 300) return wrongSuccessStatus(method, made);
  if (status !== 200) return refused(session, method, made);
  const packed = notUnpacked(made, 'TILO-JSON-004');
  if (packed) return packed;
  const read = firstValue(made.body);
  if (!read.ok) return cutByLength(method, made) ?? noValue(method, made, read.error);
  return method.body && !matches(read.value, method.body) ? wrongBody(session, method, made, read.value) : undefined;
}

function wrongSuccessStatus(method: Method, made: Noted): Finding {
  const shown = errorShown(made);
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

/** A call that must succeed has failed. */
async function refused(session: TiloSession, method: Method, made: Noted): Promise<Finding> {
  if (await succeedsAgain(session, method)) return nowAndThen(method, made);
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

/** Content-Length ends the body too early: what is missing follows, and nobody reads it. */
function cutByLength(method: Method, made: Noted): Finding | undefined {
  const length = made.headers['content-length'];
  const whole = Buffer.concat([made.body, Buffer.from(made.surplus(), 'latin1')]);
  const read = firstValue(whole);
  if (length === undefined || whole.byteLength === made.body.byteLength || !read.ok) return undefined;
  const isCounted = [...whole.toString('utf8').trimEnd()].length <= made.body.byteLength;
  return {
    blames: 'TILO-JSON-004',
    outcome: failed({
      expected: 'a Content-Length of all bytes of the body',
      observed: `Content-Length: ${length}, and ${whole.byteLength} bytes of body`,
      evidence: evidenceOf(made),
      hostSays: 'unexpected EOF',
      cause: {
        class: 'wrong-result',
        variant: 'short-length',
        title: `Content-Length of ${method.name} says ${length}, and the body has ${whole.byteLength} bytes${isCounted ? ': it was counted in characters' : ''}; the caller gets \`unexpected EOF\``,
        fix: 'Count bytes, not characters: Python len(body.encode()), Node Buffer.byteLength(body).',
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
  const variation = await findVariation(session, method);
  if (variation) return finding(variation.blames, variation.cause(method, made));
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
  return finding('TILO-JSON-001', {
    class: 'wrong-data',
    title: `${method.name} answers ${brief(value, 60)}; for the payload ${brief(method.payload, 60)} the profile expects ${brief(wanted.value, 60)}`,
    fix: envelopeFix,
  });
}

/** A call that must fail: any other finding than those of `judgeFailure` is a matter of its text (TILO-ERR-004). */
const judgeError = (method: Method, made: Noted): Finding | undefined =>
  judgeFailure(made, `${method.name} with ${brief(method.payload, 60)}`);
