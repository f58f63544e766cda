/**
 * What the system tells about the processes of a launch: who is alive, and who listens where.
 * Linux answers from /proc. Elsewhere every list is empty and `isComplete` says so: the census is then called partial.
 */
import { closeSync, openSync, readdirSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { markerVariable } from './environment.ts';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The kernel's short name of the program. */
  readonly name: string;
}

/** A listening socket and the process that holds it. */
export interface Listener {
  readonly pid: number;
  readonly network: 'unix' | 'tcp';
  /** Path of a Unix socket (`@` for an abstract one), or `host:port`. */
  readonly address: string;
}

/** Whether this system shows all processes and their environment. */
export const isComplete = process.platform === 'linux';

// Files of /proc have no size, for which readFileSync takes 64 KiB each time; a census reads hundreds of them.
let buffer = Buffer.allocUnsafe(16 * 1024);

function readWhole(file: number): string {
  let length = 0;
  for (;;) {
    const count = readSync(file, buffer, length, buffer.length - length, null);
    length += count;
    if (count === 0) return buffer.toString('latin1', 0, length);
    if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
  }
}

const read = (path: string): string | undefined => {
  try {
    const file = openSync(path, 'r');
    try {
      return readWhole(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
};

interface Stat extends ProcessEntry {
  readonly startedAt: number;
  readonly isAlive: boolean;
}

function parseStat(pid: number): Stat | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name stands in brackets and may itself hold brackets and blanks.
  const end = stat.lastIndexOf(')');
  const name = stat.slice(stat.indexOf('(') + 1, end);
  const fields = stat.slice(end + 2).split(' ');
  const state = fields[0] ?? '';
  // A process whose first thread has ended looks like a zombie while its other threads go on.
  const isAlive = state !== 'X' && (state !== 'Z' || Number(fields[17]) > 1);
  return { pid, name, parent: Number(fields[1]), group: Number(fields[2]), startedAt: Number(fields[19]), isAlive };
}

const ownStart = isComplete ? (parseStat(process.pid)?.startedAt ?? 0) : 0;

const isNumber = (name: string): boolean => /^\d+$/.test(name);

/** Every living process that is not older than this one. */
function youngerProcesses(): readonly Stat[] {
  return readdirSync('/proc').flatMap((name) => {
    const stat = isNumber(name) && Number(name) !== process.pid ? parseStat(Number(name)) : undefined;
    return stat?.isAlive && stat.startedAt >= ownStart ? [stat] : [];
  });
}

const entryOf = ({ pid, parent, group, name }: Stat): ProcessEntry => ({ pid, parent, group, name });

/**
 * Living processes that belong to a launch: members of its group, carriers of its marker wherever they fled to, and
 * the children of both. Zombies do not count: nobody can end what has ended.
 */
export function processesOf(group: number, marker: string): readonly ProcessEntry[] {
  if (!isComplete) return [];
  const variable = `${markerVariable}=${marker}`;
  const all = youngerProcesses();
  const own = new Set<number>();
  for (const { pid, group: its } of all)
    if (its === group || read(`/proc/${pid}/environ`)?.split('\0').includes(variable)) own.add(pid);
  for (let found = -1; found !== own.size; ) {
    found = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid }) => own.has(pid)).map(entryOf);
}

/** Living processes that hold one of these files open although the files have been removed, this one left out. */
export function holdersOf(removedFiles: readonly string[]): readonly ProcessEntry[] {
  if (!isComplete) return [];
  const targets = new Set<string>();
  for (const file of removedFiles) {
    try {
      targets.add(`${join(realpathSync(dirname(file)), basename(file))} (deleted)`);
    } catch {
      // Its folder is gone as well: the kernel still knows it by the old name.
      targets.add(`${file} (deleted)`);
    }
  }
  return youngerProcesses()
    .filter(({ pid }) => descriptorsOf(pid).some((target) => targets.has(target)))
    .map(entryOf);
}

/** What the open descriptors of a process lead to. */
function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        // The descriptor was closed while we looked.
        return [];
      }
    });
  } catch {
    // The process has ended, or is not ours to look at.
    return [];
  }
}

function socketInodes(pid: number): ReadonlySet<string> {
  return new Set(descriptorsOf(pid).flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
}

/** Turns the kernel's hexadecimal, byte-swapped address into `host:port`. */
export function decodeAddress(hex: string): string {
  const [host = '', port = '0'] = hex.split(':');
  const words = host.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((pair) => Number.parseInt(pair, 16)));
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.join('.')}:${number}`;
  const groups = Array.from({ length: 8 }, (_, n) =>
    (((bytes[2 * n] ?? 0) << 8) | (bytes[2 * n + 1] ?? 0)).toString(16),
  );
  // The URL parser knows how IPv6 addresses are written shortly.
  return `${new URL(`http://[${groups.join(':')}]`).hostname}:${number}`;
}

const listening = '0A';
const acceptsConnections = 0x10000;

function listeningSockets(pid: number, network?: Listener['network']): ReadonlyMap<string, Omit<Listener, 'pid'>> {
  const sockets = new Map<string, Omit<Listener, 'pid'>>();
  for (const file of network === 'unix' ? [] : ['tcp', 'tcp6']) {
    for (const row of read(`/proc/${pid}/net/${file}`)?.split('\n').slice(1) ?? []) {
      const fields = row.trim().split(/\s+/);
      if (fields[3] === listening && fields[1] && fields[9])
        sockets.set(fields[9], { network: 'tcp', address: decodeAddress(fields[1]) });
    }
  }
  const unix = network === 'tcp' ? undefined : read(`/proc/${pid}/net/unix`);
  for (const row of unix?.split('\n').slice(1) ?? []) {
    const fields = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+)(?: (.*))?$/.exec(row);
    if (fields?.[1] && fields[2] && (Number.parseInt(fields[1], 16) & acceptsConnections) !== 0)
      sockets.set(fields[2], { network: 'unix', address: fields[3] ?? '' });
  }
  return sockets;
}

/**
 * Every socket on which one of these processes listens; a socket that several share is listed for each.
 * @param network only those of this kind, which costs less
 */
export function listenersOf(pids: readonly number[], network?: Listener['network']): readonly Listener[] {
  return pids.flatMap((pid) => {
    const inodes = socketInodes(pid);
    if (inodes.size === 0) return [];
    const all = listeningSockets(pid, network);
    return [...inodes].flatMap((inode) => {
      const socket = all.get(inode);
      return socket ? [{ pid, ...socket }] : [];
    });
  });
}

/** A process outside a launch that listens on an address, and whether it was there before a given process started. */
export function strangerOn(
  matches: (listener: Omit<Listener, 'pid'>) => boolean,
  own: readonly number[],
  youngerThan: number,
): ProcessEntry | undefined {
  if (!isComplete) return undefined;
  const limit = parseStat(youngerThan)?.startedAt ?? 0;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || own.includes(pid)) continue;
    const entry = parseStat(pid);
    if (entry && entry.startedAt < limit && listenersOf([pid]).some(matches)) return entry;
  }
  return undefined;
}
