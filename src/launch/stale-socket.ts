/**
 * Sockets that a plugin has left behind. What it printed is only a claim: the path may be somebody else's file or
 * socket, and nothing is removed that was there before the launch or that anybody still listens on.
 */
import { lstatSync, realpathSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

export interface StaleSocket {
  /** Whether it lies in the launch's own folder, which is removed as a whole. */
  readonly isInside: boolean;
}

/** File systems keep times more coarsely than the clock tells them. */
const clockTolerance = 20;
const connectLimit = 200;

/** Whether anybody takes connections on a socket file; in doubt, somebody does. */
function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(true), connectLimit);
    socket.on('connect', () => settle(true));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code !== 'ECONNREFUSED'));
  });
}

function isBelow(path: string, folder: string): boolean {
  try {
    const real = realpathSync(dirname(path));
    const above = realpathSync(folder);
    return real === above || real.startsWith(`${above}/`);
  } catch {
    return false;
  }
}

/** A socket file made since the start, of a plugin that is no more: nobody else will remove it. */
export async function findStaleSocket(
  path: string,
  { folder, startedAt }: { folder: string; startedAt: number },
): Promise<StaleSocket | undefined> {
  try {
    const stat = lstatSync(path);
    if (!stat.isSocket()) return undefined;
    const { birthtimeMs, mtimeMs } = stat;
    // A socket is modified once, when it is bound. Its birth is not known to every file system.
    const madeAt = birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs;
    if (madeAt < startedAt - clockTolerance) return undefined;
  } catch {
    return undefined;
  }
  if (isBelow(path, folder)) return { isInside: true };
  return (await isListenedOn(path)) ? undefined : { isInside: false };
}

/** Removes a socket file; that it cannot be removed is no reason to fail. */
export function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Its folder may be somebody else's.
  }
}
