/** A place to connect to, and the raw connection to it. */
import { lookup } from 'node:dns';
import { connect, type Socket } from 'node:net';

export type Address =
  | { readonly network: 'unix'; readonly path: string }
  | { readonly network: 'tcp'; readonly host: string; readonly port: number };

export const showAddress = (address: Address): string =>
  address.network === 'unix'
    ? address.path
    : `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;

export type ConnectResult =
  | { readonly connected: true; readonly socket: Socket; readonly tookMs: number }
  | { readonly connected: false; readonly code: string; readonly message: string };

function dial(address: Address): Socket {
  if (address.network === 'unix')
    return connect({ path: address.path.startsWith('@') ? `\0${address.path.slice(1)}` : address.path });
  // Names resolve as in a Go host: IPv4 goes first, and the second family is not tried.
  return connect({
    host: address.host,
    port: address.port,
    keepAlive: true,
    noDelay: true,
    autoSelectFamily: false,
    lookup: (name, options, callback) => lookup(name, { ...options, verbatim: false }, callback),
  });
}

/** Connects a raw socket; never throws. A Unix path that Node would cut short in silence is refused here. */
export async function connectSocket(address: Address, limitMs: number): Promise<ConnectResult> {
  const problem = address.network === 'unix' ? unixPathProblem(address.path) : portProblem(address.port);
  return problem ? { connected: false, ...problem } : connectTo(address, limitMs);
}

function connectTo(address: Address, limitMs: number): Promise<ConnectResult> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = dial(address);
    const fail = (code: string, message: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ connected: false, code, message });
    };
    const timer = setTimeout(() => fail('ETIMEDOUT', `no connection within ${limitMs} ms`), limitMs);
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'EUNKNOWN', error.message));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      resolve({ connected: true, socket, tookMs: performance.now() - startedAt });
    });
  });
}

/** The longest Unix socket path the system takes, in bytes (sun_path less its terminator). */
export const unixPathLimit = process.platform === 'linux' ? 107 : 103;

interface Problem {
  readonly code: string;
  readonly message: string;
}

const invalid = (what: string): Problem => ({ code: 'EINVAL', message: `connect: invalid argument (${what})` });

const portProblem = (port: number): Problem | undefined =>
  Number.isInteger(port) && port >= 0 && port <= 65_535 ? undefined : invalid(`${port} is no port`);

/** Before libuv 1.48, Node fills the names of abstract sockets up with NUL bytes and reaches none but its own. */
const [, libuvMinor = 0] = process.versions.uv.split('.').map(Number);
const reachesAbstract = process.platform === 'linux' && libuvMinor >= 48;

function unixPathProblem(path: string): Problem | undefined {
  const length = Buffer.byteLength(path);
  if (length === 0) return invalid('the path is empty');
  if (length > unixPathLimit) return invalid(`the path has ${length} bytes, the limit is ${unixPathLimit}`);
  if (path.includes('\0')) return invalid('the path holds a NUL byte');
  if (!path.startsWith('@') || reachesAbstract) return undefined;
  const message = `Node.js ${process.versions.node} cannot reach abstract sockets; run Plugfest on Node.js 22 or later`;
  return { code: 'ENOTSUP', message };
}
