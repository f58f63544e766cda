/** Area HTTP: how requests are taken and answered. */
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { connectSocket } from '../../../src/wire/address.ts';
import { type Exchange, goHeaders, oneConnection } from '../../../src/wire/http-exchange.ts';
import { callMethod, isSuccess, limitOf } from '../call.ts';
import { brokenOff, redirected } from '../findings.ts';
import { keptFinding, settle } from '../kept-connection.ts';
import { findSteady, isSteady, soundMethods, steadyMethod, tour, whatMethodsShow } from '../methods.ts';
import { roundsOf } from '../rounds.ts';
import { describeExchange, type Noted, requestBody, type TiloSession, unknownPath } from '../session.ts';

function speaksHttp(session: TiloSession): ProbeOutcome {
  session.assertUsable();
  return passed();
}

/** A longer path that no method has must not reach the method it begins with. */
async function routesExactly(session: TiloSession): Promise<ProbeOutcome> {
  const own = await whatMethodsShow('TILO-HTTP-002')(session);
  // Where every path is a success nothing can be told (TILO-ERR-001).
  if (own.outcome !== 'passed' || session.greeting?.status === 200) return own;
  for (const method of await soundMethods(session, isSteady)) {
    const path = `${method.path}-conformance-unknown`;
    const made = await session.outlived({ path, body: requestBody(method.payload), odd: true });
    if (made.end !== 'complete' || made.status !== 200) continue;
    return failed({
      expected: `an error for ${path}`,
      observed: describeExchange(made),
      evidence: [made.evidence],
      cause: {
        class: 'wrong-route',
        variant: 'prefix',
        title: `${path} is served as ${method.path}: the plugin compares the beginning of the path only`,
        fix: 'Compare the whole path.',
      },
    });
  }
  return passed();
}

function acceptsHostName(session: TiloSession): ProbeOutcome | Promise<ProbeOutcome> {
  session.assertUsable();
  return session.settings.methods.length === 0 ? passed() : whatMethodsShow('TILO-HTTP-003')(session);
}

/** A method that succeeds once must do so every time. */
async function succeedsWith200(session: TiloSession): Promise<ProbeOutcome> {
  const own = await whatMethodsShow('TILO-HTTP-004')(session);
  if (own.outcome !== 'passed') return own;
  return (await roundsOf(session)).finding?.outcome ?? own;
}

/** A request the host would make. What a dying plugin leaves unanswered is a matter of its death. */
const isOrdinary = ({ odd, end, died }: Noted): boolean => !odd && !died && end !== 'aborted';

async function answersCompletely(session: TiloSession): Promise<ProbeOutcome> {
  await tour(session);
  // Some close a connection over its second request only.
  await keepsConnection(session);
  const cut = session.exchanges.find(
    (made) => isOrdinary(made) && ['closed', 'truncated', 'malformed', 'too-large'].includes(made.end),
  );
  if (cut) return failed(brokenOff(cut));
  const kept = await keptFinding(session);
  return kept?.blames === 'TILO-HTTP-005' ? kept.outcome : passed();
}

async function keepsConnection(session: TiloSession): Promise<ProbeOutcome> {
  const agent = oneConnection();
  try {
    const first = await session.outlived({ ...session.signOfLife, agent });
    if (first.end !== 'complete')
      return skipped(`the first request has no complete answer: ${describeExchange(first)}`);
    // A close that follows the answer needs a moment to arrive.
    await settle(agent, 50);
    const second = await session.outlived({ ...session.signOfLife, agent, odd: true });
    if (second.reused && second.end === 'complete') return passed();
    // Closed over the request and not before it: to the host the plugin is gone.
    if (second.reused && second.end === 'closed') session.countAsOrdinary(second);
    const how =
      first.httpVersion === '1.0'
        ? 'the plugin answers HTTP/1.0'
        : /close/i.test(first.headers['connection'] ?? '')
          ? 'the answer says `Connection: close`'
          : 'the connection is closed after the answer';
    return failed({
      expected: 'a second answer on the same connection',
      observed: second.reused ? describeExchange(second) : how,
      evidence: [first.evidence, second.evidence],
      cause: {
        class: 'closes-connections',
        title: `Every call needs a new connection: ${how}`,
        fix: 'Speak HTTP/1.1 with Content-Length (Python: protocol_version = "HTTP/1.1") and leave the connection open.',
      },
    });
  } finally {
    agent.destroy();
  }
}

/** One idle connection, and one with half a request, must not stand in the way of a third. */
async function servesIndependently(session: TiloSession): Promise<ProbeOutcome> {
  session.assertUsable();
  const agent = oneConnection();
  const half = await connectSocket({ network: 'unix', path: session.socketPath }, session.settings.deadlines.answerMs);
  try {
    await session.send({ ...session.signOfLife, agent });
    if (half.connected) half.socket.write('POST /half HTTP/1.1\r\nHost: plugin\r\n');
    const third = await session.outlived({ ...session.signOfLife, odd: true });
    if (third.end !== 'complete')
      return failed({
        expected: 'an answer on one connection while others are idle or slow',
        observed: describeExchange(third),
        evidence: [third.evidence],
        timing: true,
        cause: {
          class: 'one-at-a-time',
          title:
            'While one connection is open and idle, no other is served: calls wait for each other, some of them for ever',
          fix: 'Serve every connection by itself: Python ThreadingMixIn or asyncio, Go net/http, Node node:http.',
        },
      });
  } finally {
    agent.destroy();
    if (half.connected) half.socket.destroy();
  }
  return slowSideBySide(session);
}

/** Slow calls at the same time take about as long as one, not as long as all of them. */
async function slowSideBySide(session: TiloSession): Promise<ProbeOutcome> {
  const slow = session.settings.methods.find((method) => method.slow && method.kind === 'success' && method.idempotent);
  if (!slow) return passed('with idle connections; the profile names no slow method to run side by side');
  const limitMs = 4 * limitOf(session, slow);
  const one = await callMethod(session, slow, { limitMs });
  if (!isSuccess(one, slow) || one.durationMs < 200) return passed('the slow method of the profile is not slow');
  const all = await Promise.all([0, 1, 2].map(() => callMethod(session, slow, { limitMs, odd: true })));
  const times = all.map(({ durationMs }) => Math.round(durationMs)).sort((a, b) => a - b);
  // Side by side they end together; one after the other, each a whole call later than the one before.
  const spread = (times.at(-1) ?? 0) - (times[0] ?? 0);
  if (all.every((made) => made.end === 'complete') && spread < 0.75 * one.durationMs) return passed();
  return failed({
    expected: `three calls of ${slow.name} at once take about as long as one, ${Math.round(one.durationMs)} ms`,
    observed: `they took ${times.join(', ')} ms`,
    evidence: all.map(({ evidence }) => evidence),
    timing: true,
    cause: {
      class: 'one-at-a-time',
      title: `Calls of ${slow.name} run one after the other: with enough of them the last waits for more than 30 s`,
      fix: 'Serve every request by itself, and do not block the event loop.',
    },
  });
}

async function neverRedirects(session: TiloSession): Promise<ProbeOutcome> {
  await tour(session);
  const found = session.exchanges.find(
    (made) => isOrdinary(made) && made.status !== undefined && made.status >= 300 && made.status < 400,
  );
  return found ? failed(redirected(found)) : passed();
}

const isZipped = (made: Exchange): boolean => /gzip|deflate|br\b/i.test(made.headers['content-encoding'] ?? '');

async function compressesOnRequest(session: TiloSession): Promise<ProbeOutcome> {
  const { 'Accept-Encoding': _, ...plain } = goHeaders;
  const method = await findSteady(session);
  const request = method ? { path: method.path, body: requestBody(method.payload) } : session.signOfLife;
  for (const [headers, isOffered] of [
    [plain, false],
    [goHeaders, true],
  ] as const) {
    const made = await session.outlived({ ...request, headers, ...(!isOffered && { odd: true }) });
    const encoding = made.headers['content-encoding'] ?? '';
    if (!isZipped(made) || (isOffered && encoding.toLowerCase() === 'gzip')) continue;
    return failed({
      expected: isOffered ? 'a body in gzip or plain' : 'a plain body where gzip is not offered',
      observed: `Content-Encoding: ${encoding}`,
      evidence: [made.evidence],
    });
  }
  return passed();
}

async function needsNoHeaders(session: TiloSession): Promise<ProbeOutcome> {
  const method = await findSteady(session);
  const request = method ? { path: method.path, body: requestBody(method.payload) } : session.signOfLife;
  const usual = await session.outlived(request);
  const bare = await session.outlived({ ...request, headers: { Host: 'plugin' }, odd: true });
  if (bare.end === usual.end && bare.status === usual.status) return passed();
  return failed({
    expected: `the same answer without headers: ${describeExchange(usual)}`,
    observed: describeExchange(bare),
    evidence: [usual.evidence, bare.evidence],
    cause: {
      class: 'demands-headers',
      title: `Without Content-Type and User-Agent ${request.path} is answered with ${bare.status ?? bare.end} instead of ${usual.status}`,
      fix: 'Decode the body as JSON whatever the headers say.',
    },
  });
}

const largeBytes = 8 * 1024 * 1024;

/** Blanks around the payload mean nothing in JSON, so the answer must not change. */
async function takesLargeBodies(session: TiloSession): Promise<ProbeOutcome> {
  const method = await findSteady(session);
  const body = requestBody(method?.payload ?? {}).replace('"Payload":', () => `"Payload":${' '.repeat(largeBytes)}`);
  const limitMs = session.settings.deadlines.callMs;
  const made = await session.outlived({ path: method?.path ?? unknownPath, body, limitMs, odd: true });
  // Without a method a plugin may turn the request away before it has read it, and close.
  const isFine = method ? isSuccess(made, method) : made.status !== 413;
  if (isFine) return passed();
  return failed({
    expected: `a request of ${largeBytes / 1024 / 1024} MiB is taken like a small one`,
    observed: describeExchange(made),
    evidence: [made.evidence],
    timing: made.end === 'timeout',
    cause: {
      class: 'message-too-large',
      title: `A request of ${largeBytes / 1024 / 1024} MiB fails (${made.status ?? made.end}); hosts send without a limit`,
      fix: 'Raise the limit of the body parser, or read Content-Length bytes yourself.',
    },
  });
}

async function answersOtherVerbs(session: TiloSession): Promise<ProbeOutcome> {
  const { 'Content-Type': _, ...headers } = goHeaders;
  const made = await session.outlived({ path: unknownPath, verb: 'GET', headers, odd: true });
  if (made.end === 'complete' && (made.status ?? 0) >= 400) return passed();
  return failed({
    expected: 'a complete answer with an error status',
    observed: `GET ${unknownPath}: ${describeExchange(made)}`,
    evidence: [made.evidence],
  });
}

async function ignoresQuery(session: TiloSession): Promise<ProbeOutcome> {
  const method = await steadyMethod(session);
  const made = await session.outlived({ path: `${method.path}?x=1`, body: requestBody(method.payload), odd: true });
  if (isSuccess(made, method)) return passed();
  return failed({
    expected: `the answer of ${method.path}`,
    observed: `POST ${made.path}: ${describeExchange(made)}`,
    evidence: [made.evidence],
  });
}

export const httpProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-HTTP-001', { launch: 'plain', smoke: true }, speaksHttp),
  probe('TILO-HTTP-002', { launch: 'plain' }, routesExactly),
  probe('TILO-HTTP-003', { launch: 'plain', smoke: true }, acceptsHostName),
  probe('TILO-HTTP-004', { launch: 'plain' }, succeedsWith200),
  probe('TILO-HTTP-005', { launch: 'plain', ending: true, smoke: true }, answersCompletely),
  probe('TILO-HTTP-006', { launch: 'plain' }, keepsConnection),
  probe('TILO-HTTP-007', { launch: 'plain', isolated: true }, servesIndependently),
  probe('TILO-HTTP-008', { launch: 'plain', ending: true }, neverRedirects),
  probe('TILO-HTTP-009', { launch: 'plain' }, compressesOnRequest),
  probe('TILO-HTTP-010', { launch: 'plain' }, needsNoHeaders),
  probe('TILO-HTTP-011', { launch: 'plain' }, takesLargeBodies),
  probe('TILO-HTTP-012', { launch: 'plain' }, answersOtherVerbs),
  probe('TILO-HTTP-013', { launch: 'plain' }, ignoresQuery),
];
