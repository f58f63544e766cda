/**
 * Real pipes for plugins. Node hands out sockets where a host hands out pipes, and the two differ: a script cannot
 * open `/dev/stdout` on a socket, and a full pipe blocks its writer after 64 KiB. FIFOs, unlinked as soon as both
 * ends are open, are pipes; where none can be made, Node's own are used.
 */
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

export interface PipeEnds {
  readonly read: number;
  readonly write: number;
}

/** The pipes of one plugin. */
export interface PluginPipes {
  readonly stdout: PipeEnds;
  readonly stderr: PipeEnds;
  readonly stdin: PipeEnds | undefined;
}

/**
 * Opens what an open descriptor stands for once more. Opening by path would trust the path twice, and the folder of
 * the FIFOs is not out of reach for a plugin: on one that was exchanged in between, the second opening would wait for
 * ever.
 */
function openAgain(descriptor: number, path: string, flags: number): number {
  return openSync(process.platform === 'linux' ? `/proc/self/fd/${descriptor}` : path, flags);
}

function openFirst(path: string): number {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if (fstatSync(read).isFIFO()) return read;
  closeSync(read);
  throw new Error(`${path} is no FIFO any more`);
}

/** Opens a FIFO for a plugin to write to: our reading end never blocks, the plugin's writing end does. */
export function openForReading(path: string): PipeEnds {
  const read = openFirst(path);
  try {
    const write = openAgain(read, path, constants.O_WRONLY);
    unlinkSync(path);
    return { read, write };
  } catch (error) {
    closeQuietly(read);
    throw error;
  }
}

/** Opens a FIFO for a plugin to read from: the plugin's end blocks, as a terminal or a pipe would. */
export function openForWriting(path: string): PipeEnds {
  const placeholder = openFirst(path);
  let write: number | undefined;
  try {
    write = openAgain(placeholder, path, constants.O_WRONLY | constants.O_NONBLOCK);
    const read = openAgain(placeholder, path, constants.O_RDONLY);
    unlinkSync(path);
    return { read, write };
  } catch (error) {
    closeQuietly(write);
    throw error;
  } finally {
    closeQuietly(placeholder);
  }
}

/** Opens the FIFOs of one plugin, or none of them where one cannot be opened. */
export function openPipes(paths: readonly string[]): PluginPipes | undefined {
  const [out, err, input] = paths;
  if (out === undefined || err === undefined) return undefined;
  const opened: PipeEnds[] = [];
  const keep = (ends: PipeEnds): PipeEnds => {
    opened.push(ends);
    return ends;
  };
  try {
    return {
      stdout: keep(openForReading(out)),
      stderr: keep(openForReading(err)),
      stdin: input === undefined ? undefined : keep(openForWriting(input)),
    };
  } catch {
    closeQuietly(...opened.flatMap(({ read, write }) => [read, write]));
    return undefined;
  }
}

/** What a plugin's stdin is offered; nobody should take it. */
const bait = Buffer.from('plugfest offers this line to see whether anybody reads stdin\n');

/** Writes a line into a stdin pipe while its other end is still ours, to see later whether it was taken. */
export function offerLine(write: number): void {
  try {
    writeSync(write, bait);
  } catch {
    // A full or broken pipe tells nothing later either.
  }
}

/** Whether what was offered has been read; `undefined` where the system cannot look into the pipe. */
export function lineWasTaken(write: number): boolean | undefined {
  let again: number | undefined;
  try {
    again = openSync(`/proc/self/fd/${write}`, constants.O_RDONLY | constants.O_NONBLOCK);
    const left = readSync(again, Buffer.alloc(bait.byteLength));
    writeSync(write, bait.subarray(0, left));
    return left < bait.byteLength;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? true : undefined;
  } finally {
    closeQuietly(again);
  }
}

export function closeQuietly(...descriptors: readonly (number | undefined)[]): void {
  for (const descriptor of descriptors) {
    try {
      if (descriptor !== undefined) closeSync(descriptor);
    } catch {
      // Closed already: nothing to do.
    }
  }
}
