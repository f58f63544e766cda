/** What the file system says of a Unix socket. */
import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

export const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

/**
 * A group this process may give files to, other than its own where there is one, so that a change can be seen: root may
 * use any, others the groups they belong to.
 */
export function ownGroup(): number {
  const primary = process.getegid?.() ?? 0;
  const others = (process.getgroups?.() ?? []).filter((group) => group !== primary);
  return others[0] ?? (process.geteuid?.() === 0 ? primary + 1 : primary);
}

const modeText = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

/** `0755`; `missing` when there is no file. */
export const modeOf = (stat: Stats | undefined): string => (stat ? modeText(stat.mode) : 'missing');

/**
 * Whether users other than owner and group could connect. A folder that the plugin made for itself protects its
 * sockets; `given` folders are ours or the system's and do not count.
 */
export function openToOthers(path: string, given: readonly string[]): boolean {
  const stat = statOf(path);
  if (!stat || (stat.mode & 0o002) === 0) return false;
  for (let folder = dirname(path); !given.includes(folder) && folder !== dirname(folder); folder = dirname(folder)) {
    const mode = statOf(folder)?.mode ?? 0;
    if ((mode & 0o001) === 0) return false;
  }
  return true;
}
