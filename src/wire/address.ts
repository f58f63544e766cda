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

/** Connects a raw socket; never throws. A Unix path that Node would cut short in silence is refused here. */
export function connectSocket(address: Address, limitMs: number): Promise<ConnectResult> {
  const startedAt = performance.now();
  if (address.network === 'unix') {
    const problem = unixPathProblem(address.path);
    if (problem) return Promise.resolve({ connected: false, code: 'EINVAL', message: problem });
  }
  return new Promise((resolve) => {
    const socket =
      address.network === 'unix'
        ? connect({ path: address.path.startsWith('@') ? `\0${address.path.slice(1)}` : address.path })
        : // Names resolve as in a Go host: IPv4 goes first, and the second family is not tried.
          connect({
            host: address.host,
            port: address.port,
            keepAlive: true,
            noDelay: true,
            autoSelectFamily: false,
            lookup: (name, options, callback) => lookup(name, { ...options, verbatim: false }, callback),
          });
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

function unixPathProblem(path: string): string | undefined {
  const length = Buffer.byteLength(path);
  if (length === 0) return 'connect: invalid argument (the path is empty)';
  if (length > unixPathLimit)
    return `connect: invalid argument (the path has ${length} bytes, the limit is ${unixPathLimit})`;
  return path.includes('\0') ? 'connect: invalid argument (the path holds a NUL byte)' : undefined;
}
