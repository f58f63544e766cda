/**
 * Lends out the folder that servers and plugins use when nobody says otherwise. It belongs to the whole machine, so it
 * is only taken where it does not exist: making it is the lock between harnesses, removing it gives it back.
 */
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { removeSocket } from '../../src/launch/stale-socket.ts';
import { connectSocket } from '../../src/wire/address.ts';
import { entriesOf } from './folder.ts';

const waitMs = 15_000;
const pollMs = 50;
/** A folder older than this is no harness's: nobody holds it that long. */
const lockAgeMs = 60_000;
const connectMs = 200;

function take(folder: string): 'taken' | 'held' | 'in use' {
  try {
    mkdirSync(folder);
    return 'taken';
  } catch {
    const stat = statSync(folder, { throwIfNoEntry: false });
    return stat && Date.now() - Math.min(stat.mtimeMs, stat.birthtimeMs || stat.mtimeMs) > lockAgeMs
      ? 'in use'
      : 'held';
  }
}

async function giveBack(folder: string): Promise<void> {
  for (const { kind, path } of entriesOf(folder)) {
    if (kind !== 'socket') continue;
    const result = await connectSocket({ network: 'unix', path }, connectMs);
    if (result.connected) result.socket.destroy();
    else removeSocket(path);
  }
  try {
    rmdirSync(folder);
  } catch {
    // Somebody has put something there since: it is theirs now.
  }
}

/** Makes the folder; returns what gives it back, or `undefined` when somebody else uses it. */
export async function borrowFolder(folder: string): Promise<(() => Promise<void>) | undefined> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const state = take(folder);
    if (state === 'taken') return () => giveBack(folder);
    if (state === 'in use' || performance.now() > deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
