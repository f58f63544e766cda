/**
 * Real pipes for plugins. Node hands out sockets where a host hands out pipes, and the two differ: a script cannot
 * open `/dev/stdout` on a socket, and a full pipe blocks its writer after 64 KiB. FIFOs, unlinked as soon as both
 * ends are open, are pipes; where none can be made, Node's own are used.
 */
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

export interface PipeEnds {
  readonly read: number;
  readonly write: number;
}

/** Opens a FIFO for a plugin to write to: our reading end never blocks, the plugin's writing end does. */
export function openForReading(path: string): PipeEnds {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY);
  unlinkSync(path);
  return { read, write };
}

/** Opens a FIFO for a plugin to read from: the plugin's end blocks, as a terminal or a pipe would. */
export function openForWriting(path: string): PipeEnds {
  const placeholder = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const read = openSync(path, constants.O_RDONLY);
  closeSync(placeholder);
  unlinkSync(path);
  return { read, write };
}

/** What a plugin's stdin is offered; nobody should take it. */
const bait = Buffer.from('plugfest offers this line to see whether anybody reads stdin\n');

/** Writes a line into a stdin pipe, to see later whether it was taken. */
export function offerLine(write: number): void {
  try {
    writeSync(write, bait);
  } catch {
    // A plugin that closed its stdin has not read it either.
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
