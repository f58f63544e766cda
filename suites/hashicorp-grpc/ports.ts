/** TCP ports for launches that narrow the range: found free, or held so that they are busy. */
import { createServer, type Server } from 'node:net';

const listen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** Holds ports until the returned function is called. @throws Error when one is taken already */
export async function occupyPorts(ports: readonly number[]): Promise<() => Promise<void>> {
  const servers = await Promise.all(ports.map(listen));
  const held = servers.filter((server) => server !== undefined);
  const release = async () => {
    await Promise.all(held.map(close));
  };
  if (held.length === ports.length) return release;
  await release();
  throw new Error(`could not occupy the ports ${ports.join(', ')}`);
}

/** The first of `count` neighbouring ports that are free right now, in the reference host's range. */
export async function findPorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const first = 10_000 + Math.floor(Math.random() * (15_000 - count));
    const ports = Array.from({ length: count }, (_, n) => first + n);
    try {
      const release = await occupyPorts(ports);
      await release();
      return first;
    } catch {
      // One of them is taken: look elsewhere.
    }
  }
  throw new Error(`no ${count} neighbouring free ports between 10000 and 25000`);
}
