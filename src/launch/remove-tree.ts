/**
 * Removes a folder that a plugin has had in its hands. Symbolic links are removed, never followed, and nothing a plugin
 * leaves behind may stop the run: folders nobody may enter, paths longer than the system takes, names of any bytes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { settlesWithin } from './settles-within.ts';

const slowLimit = 20_000;

/** `chmod` follows a link it is given by name, so it is never given one. */
const script = '[ -L "$0" ] || chmod -R u+rwx -- "$0"; rm -rf -- "$0"';

/** Whether a path leads to anything, be it a link to nothing. */
export function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Removes a file or folder and all it holds. Never throws; says whether it is gone. */
export async function removeTree(path: string): Promise<boolean> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  } catch {
    const child = spawn('/bin/sh', ['-c', script, path], { stdio: 'ignore', cwd: '/' });
    const over = once(child, 'exit').catch(() => undefined);
    if (!(await settlesWithin(over, slowLimit))) child.kill('SIGKILL');
  }
  return !isThere(path);
}
