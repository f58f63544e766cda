/** Runs one step of a script after the other, and stops at the first that fails. */
import { spawnSync } from 'node:child_process';

/** Runs a program of this project's Node, or of its node_modules. Exits with its code when that is not 0. */
export function step(title, command, args, options = {}) {
  const startedAt = Date.now();
  console.log(`\n> ${title}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) console.error(error.message);
  if (status !== 0) {
    console.error(`${title}: failed`);
    process.exit(status ?? 1);
  }
  console.log(`  ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

export const node = process.execPath;
