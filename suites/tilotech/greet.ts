/** The first request of a session: does the plugin speak HTTP/1.1 at all, and to a host called `plugin`? */
import { crashCause, lastWords } from '../../src/run/crash.ts';
import { type Cause, type Failed, failed } from '../../src/run/outcome.ts';
import type { Broken } from '../../src/run/suite.ts';
import { goHeaders } from '../../src/wire/http-exchange.ts';
import { type Sniffed, sniff } from '../../src/wire/sniff.ts';
import {
  describeExchange,
  type Noted,
  requestBody,
  type SessionRequest,
  type TiloSession,
  unknownPath,
} from './session.ts';

export const greeting: SessionRequest = { path: unknownPath, body: requestBody({}) };

/** Makes the first request; says what is broken when nothing that answers it is HTTP. */
export async function greet(session: TiloSession): Promise<void> {
  const first = await session.send(greeting);
  session.greeting = first;
  session.signOfLife = greeting;
  if (first.end === 'complete') {
    session.broken = await refusesHostName(session, first);
    return;
  }
  // A plugin that is at a loss with an unknown path alone can still be used.
  const [known] = session.settings.methods.filter(({ kind, idempotent }) => kind === 'success' && idempotent);
  if (known && first.end !== 'malformed' && !(await session.hasExited())) {
    const request = { path: known.path, body: requestBody(known.payload) };
    const second = await session.send(request);
    if (second.end === 'complete') {
      session.signOfLife = request;
      return;
    }
  }
  session.broken = await unusable(session, first);
}

/** A server that turns away host names it does not know does so with one of these. */
const refusals: readonly number[] = [400, 403, 421];

async function refusesHostName(session: TiloSession, first: Noted): Promise<Broken | undefined> {
  if (!refusals.includes(first.status ?? 0)) return undefined;
  const local = await session.send({ ...greeting, headers: { ...goHeaders, Host: 'localhost' }, odd: true });
  if (local.end !== 'complete' || local.status === first.status) return undefined;
  return {
    by: 'TILO-HTTP-003',
    stage: 'start',
    outcome: failed({
      expected: 'the same answer for `Host: plugin` as for any other name',
      observed: `status ${first.status} for \`Host: plugin\`, ${local.status} for \`Host: localhost\``,
      evidence: [first.evidence, local.evidence],
      cause: {
        class: 'refuses-host-name',
        title: `Requests to the host name \`plugin\` are turned away with ${first.status}: every call fails`,
        fix: 'Switch the check of the Host header off (allowed hosts, virtual hosts): the socket protects the plugin.',
      },
    }),
  };
}

async function unusable(session: TiloSession, first: Noted): Promise<Broken> {
  const evidence = [...session.transcript.last(3, 'connection', 'call'), ...lastWords(session.transcript, 4)];
  const broken = (by: string, rest: Omit<Failed, 'outcome' | 'expected'>): Broken => ({
    by,
    stage: 'start',
    outcome: failed({ expected: 'an HTTP/1.1 answer to the first request', evidence, ...rest }),
  });
  if (await session.hasExited()) {
    const exit = session.plugin.exited ?? { atMs: 0 };
    return broken('TILO-ERR-005', {
      observed: 'the plugin ended during the first request',
      cause: crashCause(session, exit, 'the first request'),
      hostSays: 'EOF',
    });
  }
  const seen = await sniff({ network: 'unix', path: session.socketPath }, 1000);
  const observed = describeExchange(first);
  const cause = causeOf(first, seen);
  // A server that closes whatever comes has said nothing about what it speaks.
  const closes = first.end === 'closed' && (seen.speech === 'closes' || seen.speech === 'silent');
  return closes
    ? broken('TILO-HTTP-005', { observed, cause: closesCause, hostSays: 'Post "http://plugin/…": EOF' })
    : broken('TILO-HTTP-001', {
        observed: `${observed}${seen.bytes.byteLength > 0 ? `; first bytes ${JSON.stringify(seen.bytes.subarray(0, 40).toString('latin1'))}` : ''}`,
        cause,
        timing: first.end === 'timeout',
        ...(first.end === 'malformed' && {
          hostSays: 'net/http: HTTP/1.x transport connection broken: malformed HTTP response',
        }),
      });
}

export const closesCause: Cause = {
  class: 'closes-without-answer',
  title: 'The plugin closes connections without an answer: hosts 0.1.2 and 0.1.3 crash over it',
  fix: 'Answer every request, errors too; end the process if it cannot go on.',
};

function causeOf(first: Noted, { speech }: Sniffed): Cause {
  const about = { class: 'not-http1', fix: 'Serve plain HTTP/1.1 on the socket, as any HTTP library does by default.' };
  if (speech === 'tls')
    return { ...about, variant: 'tls', title: 'The plugin speaks TLS on the socket; the host sends plain HTTP/1.1' };
  if (speech === 'http2')
    return { ...about, variant: 'http2', title: 'The plugin speaks HTTP/2 only; the host sends HTTP/1.1' };
  if (first.end === 'timeout')
    return { ...about, variant: 'silent', title: 'The plugin takes the connection and never answers a request' };
  return { ...about, title: `What the plugin answers is not HTTP/1.1: ${first.error ?? first.end}` };
}
