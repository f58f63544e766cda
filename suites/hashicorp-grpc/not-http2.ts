/** What a plugin does that is reached and does not speak HTTP/2 as a host needs it. */
import { type Cause, type Failed, failed } from '../../src/run/outcome.ts';
import { type Sniffed, sniff } from '../../src/wire/sniff.ts';
import type { GrpcSession } from './session.ts';

type Break = [requirement: string, outcome: Failed];

/** Stdio, broker and one call of the application. */
export const leastStreams = 3;

/** The outcome of TR-010 for a plugin that allows so few streams. */
export const tooFewStreams = (session: GrpcSession, maxStreams: number): Failed =>
  failed({
    expected: `room for more than ${leastStreams} streams at once`,
    observed: `SETTINGS_MAX_CONCURRENT_STREAMS is ${maxStreams}`,
    evidence: session.evidence(),
    cause: {
      class: 'too-few-streams',
      title: `The plugin allows ${maxStreams} streams at once: the host's stdio and broker streams hold two for ever`,
      fix: 'Leave MAX_CONCURRENT_STREAMS at its default, or set it to 100 or more.',
    },
  });

/** The size of headers as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113, 6.5.2): 32 more for each. */
export const headerListBytes = (headers: Readonly<Record<string, string>>): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);

/** The outcome of TR-001 for a plugin that allows so few bytes of headers that the host sends none of its calls. */
export const noRoomForHeaders = (session: GrpcSession, allowed: number, needed: number): Failed =>
  failed({
    expected: `room for the ${needed} bytes of headers that the host's own calls begin with`,
    observed: `SETTINGS_MAX_HEADER_LIST_SIZE is ${allowed}`,
    evidence: session.evidence(),
    hostSays: 'header list size to send violates the maximum size',
    cause: {
      class: 'broken-grpc',
      variant: 'header-list',
      title: `The plugin allows ${allowed} bytes of headers, and the host's own calls need ${needed}: none of them is sent`,
      fix: 'Leave SETTINGS_MAX_HEADER_LIST_SIZE at its default, or set it to 8 KiB or more.',
    },
  });

/** The outcome of TR-002 for a plugin that is silent. */
export const noSettings = (session: GrpcSession, limitMs: number): Failed =>
  failed({
    expected: 'a SETTINGS frame right after the connection',
    observed: `not a byte within ${limitMs} ms`,
    evidence: session.evidence(),
    timing: true,
    cause: {
      class: 'not-http2',
      variant: 'silent',
      title: `The plugin takes the connection and says nothing: no SETTINGS within ${limitMs / 1000} s`,
      fix: 'Serve the listener: it is bound, but nothing accepts and speaks HTTP/2 on it.',
    },
  });

/** What the plugin speaks on a fresh connection. */
export const sniffed = (session: GrpcSession): Promise<Sniffed> =>
  session.handshake.address
    ? sniff(session.handshake.address)
    : Promise.resolve({ speech: 'refuses', bytes: Buffer.alloc(0) });

/** TLS where the host asked for none. */
export const tlsUnasked = (session: GrpcSession): Break => [
  'GRPC-TLS-002',
  failed({
    expected: 'plain HTTP/2: the host sent no client certificate',
    observed: 'the plugin speaks TLS',
    evidence: session.evidence(),
    cause: {
      class: 'not-http2',
      variant: 'tls',
      title: 'The plugin speaks TLS although the host asked for none',
      fix: 'Serve TLS only when PLUGIN_CLIENT_CERT is set and not empty.',
    },
  }),
];

/** Something else than HTTP/2, named where it can be. */
export async function notHttp2(session: GrpcSession, error: string | undefined): Promise<Break> {
  const { speech, bytes } = await sniffed(session);
  session.transcript.add(
    'connection',
    bytes.byteLength > 0 ? bytes : `the connection ended: ${error ?? 'without a byte'}`,
  );
  if (speech === 'tls') return tlsUnasked(session);
  const cases: Readonly<Partial<Record<Sniffed['speech'], Omit<Cause, 'class'>>>> = {
    http1: {
      variant: 'http1',
      title: 'The plugin answers in HTTP/1.1: the host speaks HTTP/2 from the first byte',
      fix: 'Serve HTTP/2 without upgrade (h2c prior knowledge), best with a gRPC library.',
    },
    yamux: {
      variant: 'yamux',
      title: 'The plugin speaks yamux although the host did not ask for multiplexing',
      fix: 'Multiplex only when PLUGIN_MULTIPLEX_GRPC is true.',
    },
    closes: {
      variant: 'closes',
      title: 'The plugin takes the connection and closes it without a word',
      fix: 'Serve the listener with a gRPC server.',
    },
    refuses: {
      variant: 'refuses',
      title: 'The plugin took one connection and then stopped listening',
      fix: 'Keep the listener open as long as the plugin runs.',
    },
  };
  const cause = cases[speech] ?? { variant: 'other', title: `The plugin does not speak HTTP/2: ${error ?? speech}` };
  const id = speech === 'yamux' ? 'GRPC-MX-001' : speech === 'refuses' ? 'GRPC-HS-028' : 'GRPC-TR-001';
  return [
    id,
    failed({
      expected: 'HTTP/2 with prior knowledge',
      observed:
        bytes.byteLength > 0 ? `the plugin answers ${JSON.stringify(bytes.toString('latin1', 0, 40))}` : cause.title,
      evidence: session.evidence(),
      cause: { class: 'not-http2', ...cause },
    }),
  ];
}
