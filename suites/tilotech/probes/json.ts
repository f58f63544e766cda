/** Area JSON: what is read from requests, and what bodies look like. */
import { isDeepStrictEqual } from 'node:util';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { callMethod, isSuccess } from '../call.ts';
import { mixedUp } from '../crowd.ts';
import { brief, escapedJson, firstValue, goJson } from '../json-text.ts';
import { keptFinding } from '../kept-connection.ts';
import { isSteady, methodsOf, soundMethods, steadyMethod, tour, whatMethodsShow } from '../methods.ts';
import { succeedsAgain } from '../now-and-then.ts';
import type { Method } from '../profile-block.ts';
import { describeBody, describeExchange, type Noted, type TiloSession } from '../session.ts';

const hour = 3_600_000;

/** Deadlines as Go writes them: no digits behind the second up to nine, and the offset of any machine. */
function deadlines(): readonly string[] {
  const at = new Date(Date.now() + hour).toISOString().slice(0, 19);
  const east = new Date(Date.now() + hour + 5.5 * hour).toISOString().slice(0, 19);
  const west = new Date(Date.now() + hour - 8 * hour).toISOString().slice(0, 19);
  return [
    `${at}Z`,
    `${at}.1Z`,
    `${at}.123Z`,
    `${at}.123456Z`,
    `${at}.123456789Z`,
    `${at}.265615668+00:00`,
    `${east}.98765432+05:30`,
    `${west}-08:00`,
  ];
}

async function acceptsDeadlines(session: TiloSession): Promise<ProbeOutcome> {
  const own = await whatMethodsShow('TILO-JSON-002')(session);
  if (own.outcome !== 'passed') return own;
  const method = await steadyMethod(session);
  for (const deadline of deadlines()) {
    const made = await callMethod(session, method, { deadline });
    session.assertAnswered(made);
    // Something that fails now and then is not the deadline's doing (TILO-HTTP-004).
    if (isSuccess(made, method) || (await succeedsAgain(session, method, { deadline }))) continue;
    return failed({
      expected: `${method.name} succeeds with the deadline ${deadline}`,
      observed: describeExchange(made),
      evidence: [made.evidence],
      timing: made.end === 'timeout',
      cause: {
        class: 'rejects-deadline',
        title: `The deadline ${deadline} fails (${made.status ?? made.end}): ${made.end === 'complete' ? describeBody(made.body) : 'no answer'}`,
        fix: 'Parse RFC 3339 in full: 0 to 9 digits behind the second, Z or any offset. Python before 3.11: cut to 6 digits and replace Z.',
      },
    });
  }
  return passed();
}

async function ignoresUnknown(session: TiloSession): Promise<ProbeOutcome> {
  const method = await steadyMethod(session);
  const body = goJson({
    Version: 2,
    Context: { Deadline: null, Caller: { name: 'plugfest' }, Trace: '00-1' },
    Payload: method.payload,
    Extra: [1, { a: null }],
  });
  const made = await callMethod(session, method, { body, odd: true });
  session.assertAnswered(made);
  if (isSuccess(made, method)) return passed();
  return failed({
    expected: `${method.name} succeeds with further members in the request and in Context`,
    observed: describeExchange(made),
    evidence: [made.evidence],
    timing: made.end === 'timeout',
  });
}

async function readsEscapes(session: TiloSession): Promise<ProbeOutcome> {
  for (const method of await soundMethods(session, isSteady)) {
    const plain = await callMethod(session, method);
    session.assertAnswered(plain);
    if (!isSuccess(plain, method)) continue;
    const body = `{"Context":{"Deadline":null},"Payload":${escapedJson(method.payload)}}`;
    const escaped = await callMethod(session, method, { body });
    session.assertAnswered(escaped);
    if (isSuccess(escaped, method) && (method.body || sameBody(plain, escaped))) continue;
    if (!isSuccess(escaped, method) && (await succeedsAgain(session, method, { body }))) continue;
    return failed({
      expected: `the same answer of ${method.name} when every character of its payload is escaped`,
      observed: describeExchange(escaped),
      evidence: [plain.evidence, escaped.evidence],
      timing: escaped.end === 'timeout',
      cause: {
        class: 'wrong-data',
        variant: 'escapes',
        title: `Texts with escapes such as \\u003c arrive changed in ${method.name}: Go writes <, > and & like that`,
        fix: 'Read the request with a JSON parser.',
      },
    });
  }
  return passed();
}

function sameBody(one: Noted, other: Noted): boolean {
  const [first, second] = [firstValue(one.body), firstValue(other.body)];
  return first.ok && second.ok && isDeepStrictEqual(first.value, second.value);
}

async function onlyOneValue(session: TiloSession): Promise<ProbeOutcome> {
  await tour(session);
  for (const made of session.exchanges) {
    if (made.odd || made.end !== 'complete') continue;
    const read = firstValue(made.body);
    if (!read.ok || read.rest.trim() === '') continue;
    return failed({
      expected: 'nothing but blanks after the JSON value',
      observed: `${brief(read.value, 80)} and then ${JSON.stringify(read.rest.slice(0, 80))}`,
      evidence: [made.evidence],
    });
  }
  return passed();
}

const withoutPayload = [
  ['without `Payload`', '{"Context":{"Deadline":null}}'],
  ['with `Payload` null', '{"Context":{"Deadline":null},"Payload":null}'],
] as const;

async function survivesEmptyPayload(session: TiloSession): Promise<ProbeOutcome> {
  for (const method of await soundMethods(session, isSteady)) {
    for (const [what, body] of withoutPayload) {
      const made = await callMethod(session, method, { body, odd: true });
      session.assertAnswered(made);
      if (made.end === 'complete') continue;
      return failed({
        expected: `an answer of ${method.name} ${what}`,
        observed: describeExchange(made),
        evidence: [made.evidence],
        timing: made.end === 'timeout',
      });
    }
  }
  return passed();
}

/** Data can be wrong only on a connection that has carried other requests, or among other calls. */
async function readsPayload(session: TiloSession): Promise<ProbeOutcome> {
  const own = await whatMethodsShow('TILO-JSON-001')(session);
  if (own.outcome !== 'passed') return own;
  const kept = await keptFinding(session);
  if (kept?.blames === 'TILO-JSON-001') return kept.outcome;
  return (await mixedUp(session))?.outcome ?? own;
}

const isVoid = (method: Method): boolean => method.kind === 'success' && method.body?.value === null;

/** Any method may have an empty body; that it is `null` is seen at methods without a result. */
async function sendsNull(session: TiloSession): Promise<ProbeOutcome> {
  const own = await whatMethodsShow('TILO-JSON-005')(session);
  if (own.outcome === 'failed') return own;
  methodsOf(session, isVoid);
  return own;
}

export const jsonProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-JSON-001', { launch: 'plain' }, readsPayload),
  probe('TILO-JSON-002', { launch: 'plain' }, acceptsDeadlines),
  probe('TILO-JSON-003', { launch: 'plain' }, ignoresUnknown),
  probe('TILO-JSON-004', { launch: 'plain' }, whatMethodsShow('TILO-JSON-004')),
  probe('TILO-JSON-005', { launch: 'plain' }, sendsNull),
  probe('TILO-JSON-006', { launch: 'plain' }, readsEscapes),
  probe('TILO-JSON-007', { launch: 'plain', ending: true }, onlyOneValue),
  probe('TILO-JSON-009', { launch: 'plain' }, survivesEmptyPayload),
];
