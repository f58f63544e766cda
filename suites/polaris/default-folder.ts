/**
 * Lends out the folder that servers and plugins use when nobody says otherwise. It belongs to the whole machine: it is
 * used only where nothing lies in it, by one harness at a time, and is gone afterwards where it was not there before.
 */
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { removeTree } from '../../src/launch/remove-tree.ts';
import { removeSocket } from '../../src/launch/stale-socket.ts';
import { connectSocket } from '../../src/wire/address.ts';
import { entriesOf } from './folder.ts';

const waitMs = 15_000;
const pollMs = 50;
/** Nobody holds the lock that long: what is older was left by a harness that was killed. */
const lockAgeMs = 60_000;
const connectMs = 200;

const lockOf = (folder: string): string => `${folder}.plugfest`;

/** Removes a folder, unless something lies in it that is not ours. */
function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is somebody else's by now, or gone.
  }
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const stat = statSync(lock, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > lockAgeMs) remove(lock);
    return false;
  }
}

/** Removes dead sockets; says whether none is left on which somebody listens. */
async function removeDeadSockets(folder: string): Promise<boolean> {
  let isFree = true;
  for (const { kind, path } of entriesOf(folder)) {
    if (kind !== 'socket') continue;
    const result = await connectSocket({ network: 'unix', path }, connectMs);
    if (result.connected) {
      isFree = false;
      result.socket.destroy();
    } else removeSocket(path);
  }
  return isFree;
}

/** Makes the folder where it is not there; `undefined` when somebody uses it. */
function prepare(folder: string): (() => Promise<void>) | undefined {
  try {
    mkdirSync(folder);
    return async () => {
      // What else lies in it the plugin has left: the folder is as old as its start.
      if (await removeDeadSockets(folder)) await removeTree(folder);
    };
  } catch {
    if (entriesOf(folder).length > 0) return undefined;
    return async () => void (await removeDeadSockets(folder));
  }
}

/** Borrows the folder; returns what gives it back, or `undefined` when somebody else uses it. */
export async function borrowFolder(folder: string): Promise<(() => Promise<void>) | undefined> {
  const lock = lockOf(folder);
  const deadline = performance.now() + waitMs;
  while (!take(lock)) {
    if (performance.now() > deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const restore = prepare(folder);
  if (!restore) remove(lock);
  return (
    restore &&
    (async () => {
      await restore();
      remove(lock);
    })
  );
}
