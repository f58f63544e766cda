/** Makes a connection ready as the server does: a plain socket, HTTP/2 from the first byte, SETTINGS within the limit. */

import type { Socket } from 'node:net';
import { describeExit } from '../../src/launch/exit.ts';
import { settlesWithin } from '../../src/launch/settles-within.ts';
import { failed } from '../../src/run/outcome.ts';
import { type Address, connectSocket } from '../../src/wire/address.ts';
import { GrpcConnection } from '../../src/wire/grpc-connection.ts';
import { type Sniffed, sniff } from '../../src/wire/sniff.ts';
import type { Fault } from './fault.ts';
import { hostConnection, type PolarisSession } from './session.ts';

export type Dialled = { readonly connection: GrpcConnection } | { readonly fault: Fault };

interface DialOptions {
  /** A connected socket, where there is one already. */
  readonly socket?: Socket | undefined;
  /** What the server uses the connection for. */
  readonly purpose: 'scan' | 'calls';
}

/** Dials a socket of the folder. Never throws for what a plugin does. */
export async function dial(session: PolarisSession, path: string, options: DialOptions): Promise<Dialled> {
  const { dialMs } = session.deadlines;
  const address: Address = { network: 'unix', path };
  const result = options.socket
    ? { connected: true as const, socket: options.socket }
    : await connectSocket(address, dialMs);
  if (!result.connected) return { fault: await refusedFault(session, path, result.message, options.purpose) };
  const connection = new GrpcConnection(result.socket, hostConnection);
  const arrived = await settlesWithin(connection.settings, dialMs);
  if (arrived && connection.settingsAfterMs !== undefined) return { connection };
  connection.close();
  if (options.purpose === 'calls') return { fault: await secondFault(session, arrived) };
  if (!arrived) {
    const { speech } = await sniff(address);
    return {
      fault:
        speech === 'tls' ? spokenFault(session, { speech, bytes: Buffer.alloc(0) }, '') : silentFault(session, path),
    };
  }
  const { error } = await connection.closed;
  return { fault: spokenFault(session, await sniff(address), error ?? 'the connection ended') };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

async function refusedFault(
  session: PolarisSession,
  path: string,
  message: string,
  purpose: DialOptions['purpose'],
): Promise<Fault> {
  if (purpose === 'calls') return secondFault(session, true, message);
  session.transcript.add('connection', `${nameOf(path)}: ${message}`);
  return {
    breaks: 'POL-SOCK-010',
    outcome: failed({
      expected: 'a listener behind every socket of the folder',
      observed: `${nameOf(path)}: ${message}`,
      evidence: session.evidence(3),
      hostSays: `discover pluggable plugin fail: ${nameOf(path)}: context deadline exceeded`,
      cause: {
        class: 'dead-socket',
        title: `Nobody listens on ${nameOf(path)}: the server stalls at it for 5 s and then does not start`,
        fix: 'Remove the socket, or keep it out of the folder.',
      },
    }),
  };
}

/** The scan got through, and the connection for calls does not. */
async function secondFault(session: PolarisSession, closed: boolean, message?: string): Promise<Fault> {
  const observed = message ?? (closed ? 'the plugin closes it without a word' : 'not a byte comes back');
  const exit = (await session.hasExited()) ? session.exited : undefined;
  const title = exit
    ? `The plugin ${describeExit(exit)} once the connection of the scan had closed: the server ends with exit status 255`
    : 'The plugin takes one connection, and the scan uses it up: the server ends with exit status 255';
  return {
    breaks: 'POL-CONN-003',
    outcome: failed({
      expected: 'a second connection that is served like the first',
      observed: `after the scan a new connection fails: ${observed}`,
      evidence: session.evidence(3),
      cause: {
        class: 'not-listening',
        variant: 'one-connection',
        title,
        fix: 'Keep the listener open for as long as the plugin runs.',
      },
    }),
  };
}

const silentFault = (session: PolarisSession, path: string): Fault => {
  const seconds = session.deadlines.dialMs / 1000;
  session.transcript.add('connection', `${nameOf(path)}: connected, and not a byte within ${seconds} s`);
  return {
    breaks: 'POL-CONN-002',
    outcome: failed({
      expected: `a SETTINGS frame within ${seconds} s`,
      observed: `not a byte within ${seconds} s`,
      evidence: session.evidence(3),
      timing: true,
      cause: {
        class: 'not-http2',
        variant: 'silent',
        title: `The plugin takes the connection and says nothing for ${seconds} s: the server does not start`,
        fix: 'Serve the listener: it is bound, but nothing speaks HTTP/2 on it.',
      },
    }),
  };
};

const speeches: Readonly<Partial<Record<Sniffed['speech'], { variant: string; title: string; fix: string }>>> = {
  tls: {
    variant: 'tls',
    title: 'The plugin speaks TLS on its socket: the server speaks in the clear and does not start',
    fix: 'Serve the socket without TLS credentials; its permissions protect it.',
  },
  http1: {
    variant: 'http1',
    title: 'The plugin answers in HTTP/1.1: the server speaks HTTP/2 from the first byte and does not start',
    fix: 'Serve HTTP/2 without upgrade (h2c prior knowledge), best with a gRPC library.',
  },
  closes: {
    variant: 'closes',
    title: 'The plugin takes the connection and closes it without a word: the server does not start',
    fix: 'Serve the listener with a gRPC server.',
  },
};

function spokenFault(session: PolarisSession, { speech, bytes }: Sniffed, error: string): Fault {
  const cause = speeches[speech] ?? {
    variant: 'other',
    title: `The plugin does not speak HTTP/2 (${error || speech}): the server does not start`,
    fix: 'Serve the listener with a gRPC server.',
  };
  if (bytes.byteLength > 0) session.transcript.add('connection', bytes);
  return {
    breaks: 'POL-CONN-001',
    outcome: failed({
      expected: 'HTTP/2 with prior knowledge, in the clear',
      observed:
        speech === 'tls'
          ? 'the plugin speaks TLS'
          : bytes.byteLength > 0
            ? `the plugin answers ${JSON.stringify(bytes.toString('latin1', 0, 40))}`
            : error || 'the plugin closes the connection',
      evidence: session.evidence(3),
      cause: { class: 'not-http2', ...cause },
    }),
  };
}
