/** Somebody else who listens at the socket path, and who is there afterwards. */
import { createServer, type Server } from 'node:net';
import { connectSocket } from '../../src/wire/address.ts';

const mark = 'Occupied By Plugfest';
const banner = `HTTP/1.1 503 ${mark}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;

/** Listens at a path, and says who it is to whoever connects. */
export const listenAt = (path: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(banner);
    });
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });

/** Listens at a path until the returned function is called. */
export async function listenOurselves(path: string): Promise<() => void> {
  const server = await listenAt(path);
  return () => server.close();
}

/** Who is to be found at the path where we listen: we, nobody, or somebody else. */
export type Occupant = 'ourselves' | 'nobody' | 'another';

/** Who answers at a path where we had listened before. */
export async function occupantOf(path: string): Promise<Occupant> {
  const result = await connectSocket({ network: 'unix', path }, 1000);
  if (!result.connected) return 'nobody';
  const { socket } = result;
  return new Promise((resolve) => {
    const settle = (answer: Occupant): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle('another'), 1000);
    socket.once('data', (chunk: Buffer) => settle(chunk.includes(mark) ? 'ourselves' : 'another'));
    socket.once('close', () => settle('another'));
  });
}
