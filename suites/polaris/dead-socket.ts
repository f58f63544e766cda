/** Makes what a killed plugin leaves behind: the file of a socket on which nobody listens. */
import { mkdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';

/** Puts a dead socket at a path. A server removes the path it has bound when it closes, so that is another one. */
export async function makeDeadSocket(path: string): Promise<void> {
  const folder = join(dirname(path), `.${basename(path).slice(0, 8)}.d`);
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(folder, resolve);
  });
  renameSync(folder, path);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
