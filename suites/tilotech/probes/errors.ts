/** Area ERR: how failures are told. */
import { describeExit } from '../../../src/launch/exit.ts';
import { crashCause } from '../../../src/run/crash.ts';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { callMethod } from '../call.ts';
import { type Finding, judgeFailure } from '../findings.ts';
import { brief, firstValue } from '../json-text.ts';
import { findSteady, methodsOf, steadyMethod, tour } from '../methods.ts';
import type { Method } from '../profile-block.ts';
import { restart } from '../restart.ts';
import { describeExchange, type Noted, type TiloSession } from '../session.ts';

const badBodies = [
  ['half a JSON object', '{'],
  ['a JSON array', '[1]'],
  ['an empty body', ''],
] as const;

/** Sends bodies that cannot be decoded to a method that exists: the path is looked up first. */
async function sendBadBodies(session: TiloSession, method: Method): Promise<readonly (readonly [string, Noted])[]> {
  const all: (readonly [string, Noted])[] = [];
  for (const [what, body] of badBodies) {
    const made = await callMethod(session, method, { body, odd: true });
    session.assertAlive(made);
    all.push([what, made]);
  }
  return all;
}

/** Whether the body stands for a failure here at all: a method without parameters may take anything. */
const isFailure = (made: Noted): boolean => made.end === 'complete' && made.status !== 200;

async function tellsFailures(session: TiloSession): Promise<ProbeOutcome> {
  const unknown = session.greeting;
  session.assertUsable();
  const findings: (Finding | undefined)[] = [];
  if (unknown?.end === 'complete') findings.push(judgeFailure(unknown, 'an unknown path'));
  for (const method of session.settings.methods) {
    if (method.kind !== 'error') continue;
    const made = await callMethod(session, method);
    session.assertAlive(made);
    if (made.end === 'complete') findings.push(judgeFailure(made, `${method.name} with ${brief(method.payload, 60)}`));
  }
  const steady = await findSteady(session);
  if (steady)
    for (const [what, made] of await sendBadBodies(session, steady))
      if (isFailure(made)) findings.push(judgeFailure(made, what));
  const found = findings.filter((finding) => finding !== undefined);
  const [first] = found;
  if (!first) return passed();
  if (found.length === 1) return first.outcome;
  return { ...first.outcome, observed: found.map(({ outcome }) => outcome.observed).join('; ') };
}

function knowsItsPaths(session: TiloSession): ProbeOutcome {
  session.assertUsable();
  const { greeting } = session;
  if (greeting?.end === 'complete' && greeting.status === 404) return passed();
  return failed({
    expected: 'status 404 for a path no method has',
    observed: greeting ? describeExchange(greeting) : 'nothing was asked',
    evidence: greeting ? [greeting.evidence] : [],
    timing: greeting?.end === 'timeout',
  });
}

async function refusesBadBodies(session: TiloSession): Promise<ProbeOutcome> {
  const method = await steadyMethod(session);
  const wrong = (await sendBadBodies(session, method)).filter(
    ([, made]) => made.end !== 'complete' || made.status !== 422,
  );
  const [first] = wrong;
  if (!first) return passed();
  return failed({
    expected: 'status 422',
    observed: wrong.map(([what, made]) => `${what}: ${describeExchange(made)}`).join('; '),
    evidence: wrong.map(([, { evidence }]) => evidence),
  });
}

async function tellsErrors(session: TiloSession): Promise<ProbeOutcome> {
  for (const method of methodsOf(session, ({ kind }) => kind === 'error')) {
    const made = await callMethod(session, method);
    session.assertAlive(made);
    const read = firstValue(made.body);
    const isRight =
      made.status === 500 && (method.errorText === undefined || (read.ok && read.value === method.errorText));
    if (isRight) continue;
    return failed({
      expected: `status 500${method.errorText === undefined ? '' : ` and the text ${JSON.stringify(method.errorText)}`} from ${method.name}`,
      observed: describeExchange(made),
      evidence: [made.evidence],
      timing: made.end === 'timeout',
    });
  }
  return passed();
}

/** Sends payloads that crash a method; the plugin must answer 500 and live. */
async function survivesCrashes(session: TiloSession): Promise<ProbeOutcome> {
  for (const method of methodsOf(session, ({ kind }) => kind === 'crash')) {
    const made = await callMethod(session, method);
    if (made.died || (await session.hasExited())) return diedTwice(session, method);
    if (made.end === 'complete' && made.status !== 200) continue;
    return failed({
      expected: `status 500 from ${method.name}`,
      observed: describeExchange(made),
      evidence: [made.evidence],
      timing: made.end === 'timeout',
      cause: {
        class: 'crash-in-call',
        variant: 'no-answer',
        title:
          made.end === 'complete'
            ? `${method.name} crashes and answers 200: the caller takes it for a success`
            : `${method.name} crashes and the caller gets no answer: ${describeExchange(made)}`,
        fix: 'Catch everything around the handler and answer 500 with the text of the error.',
      },
    });
  }
  return passed();
}

const endsByItself = 'TILO-READY-007';

/** The host starts a plugin that is gone once more and sends the same request again: so do we, to tell what comes. */
async function diedTwice(session: TiloSession, method: Method): Promise<ProbeOutcome> {
  const exit = session.plugin.exited ?? { atMs: 0 };
  const evidence = session.recent(8);
  const again = await restart(session);
  // What ends without any call did not end because of this one.
  if (again.broken?.by === endsByItself || (!again.broken && (await again.hasExited())))
    throw new Blocked(endsByItself, `the plugin ends without a call to ${method.name} as well`);
  const second = again.broken ? undefined : await callMethod(again, method);
  again.leaving = true;
  const then = !second
    ? `; it does not start again: ${again.broken?.outcome.observed}`
    : (await again.hasExited())
      ? '; started again, it ends over the second delivery as well'
      : `; started again, it answers the second delivery: ${describeExchange(second)}`;
  const cause = crashCause(session, exit, method.name);
  return failed({
    expected: `status 500 from ${method.name}, and the plugin lives on`,
    observed: `the plugin ${describeExit(exit)}${then}`,
    evidence,
    hostSays: 'Post "http://plugin/…": EOF',
    cause: {
      ...cause,
      fix: 'Catch everything around the handler and answer 500 with the text: Go recover(), Python try/except, TypeScript try/catch with await.',
    },
  });
}

const traces: readonly (readonly [RegExp, string])[] = [
  [/Traceback \(most recent call last\)/, 'a Python traceback'],
  [/^\s+at .+:\d+:\d+\)?$/m, 'a JavaScript stack trace'],
  [/goroutine \d+ \[/, 'a Go stack trace'],
  [/^\s+at [\w.$]+\([\w.]+:\d+\)$/m, 'a Java stack trace'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
];

async function textsHelp(session: TiloSession): Promise<ProbeOutcome> {
  await tour(session);
  for (const made of session.exchanges) {
    if (made.end !== 'complete' || made.status === 200 || (made.status ?? 0) < 400) continue;
    const read = firstValue(made.body);
    if (!read.ok || typeof read.value !== 'string') continue;
    const text = read.value;
    const trace = traces.find(([pattern]) => pattern.test(text))?.[1];
    if (text.trim() !== '' && trace === undefined) continue;
    return failed({
      expected: 'a sentence that says what went wrong',
      observed: trace === undefined ? `an empty text for ${made.path}` : `${trace} in the error of ${made.path}`,
      evidence: [made.evidence],
    });
  }
  return passed();
}

export const errorProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-ERR-001', { launch: 'plain', smoke: true }, tellsFailures),
  probe('TILO-ERR-002', { launch: 'plain' }, knowsItsPaths),
  probe('TILO-ERR-003', { launch: 'plain' }, refusesBadBodies),
  probe('TILO-ERR-004', { launch: 'plain' }, tellsErrors),
  probe('TILO-ERR-005', { launch: 'plain', isolated: true }, survivesCrashes),
  probe('TILO-ERR-006', { launch: 'plain', ending: true }, textsHelp),
];
