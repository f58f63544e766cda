/**
 * Real pipes for plugins. Node hands out sockets where a host hands out pipes, and the two differ: a script cannot
 * open `/dev/stdout` on a socket, and a full pipe blocks its writer after 64 KiB. FIFOs, unlinked as soon as both
 * ends are open, are pipes; where none can be made, Node's own are used.
 */
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';

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

export function closeQuietly(...descriptors: readonly (number | undefined)[]): void {
  for (const descriptor of descriptors) {
    try {
      if (descriptor !== undefined) closeSync(descriptor);
    } catch {
      // Closed already: nothing to do.
    }
  }
}
