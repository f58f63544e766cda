/** What lies in a socket folder, seen as the server sees it: each entry by itself, links not followed. */
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly kind: 'socket' | 'folder' | 'link' | 'file' | 'other';
  readonly stat: Stats;
  /** Where a link leads. */
  readonly target?: string;
}

/** A plugin may make as many entries as it likes; so many are looked at. */
const mostEntries = 200;

const statOf = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

function kindOf(stat: Stats): Entry['kind'] {
  if (stat.isSocket()) return 'socket';
  if (stat.isDirectory()) return 'folder';
  if (stat.isSymbolicLink()) return 'link';
  return stat.isFile() ? 'file' : 'other';
}

/** The entry at a path; `undefined` when there is none, or it cannot be looked at. */
export function entryAt(path: string): Entry | undefined {
  try {
    const stat = statOf(path);
    if (!stat) return undefined;
    const kind = kindOf(stat);
    const name = path.slice(path.lastIndexOf('/') + 1);
    return { name, path, kind, stat, ...(kind === 'link' && { target: readlinkSync(path) }) };
  } catch {
    return undefined;
  }
}

/** The entries of a folder in the order of their names; none when it is not there. */
export function entriesOf(folder: string): readonly Entry[] {
  try {
    const names = readdirSync(folder).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return names.slice(0, mostEntries).flatMap((name) => entryAt(join(folder, name)) ?? []);
  } catch {
    return [];
  }
}

/** Sockets in the folders that lie directly in a folder. */
export const socketsBelow = (entries: readonly Entry[]): readonly string[] =>
  entries
    .filter(({ kind }) => kind === 'folder')
    .flatMap(({ path }) => entriesOf(path))
    .filter(({ kind }) => kind === 'socket')
    .map(({ path }) => path);

const article: Readonly<Record<Entry['kind'], string>> = {
  socket: 'a socket',
  folder: 'a folder',
  link: 'a symbolic link',
  file: 'a regular file',
  other: 'neither a file nor a socket',
};

/** `rate-limit.sock (a regular file)`, for people. */
export const showEntry = ({ name, kind, target }: Entry): string =>
  `${name} (${article[kind]}${target === undefined ? '' : ` to ${target}`})`;
