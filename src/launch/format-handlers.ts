/**
 * Formats that Linux hands to a registered program (binfmt_misc), such as qemu for the binaries of other processors.
 * Many machines have handlers, so each is asked whether it takes this very file: that there are some says nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export const handlersFolder = '/proc/sys/fs/binfmt_misc';

/** One registration, as its file in /proc tells it. */
function takes(registration: string, path: string, head: Buffer): boolean {
  if (!registration.startsWith('enabled')) return false;
  const field = (name: string): string | undefined => new RegExp(`^${name} (.*)$`, 'm').exec(registration)?.[1];
  const extension = field('extension');
  if (extension !== undefined) return extname(path) === (extension.startsWith('.') ? extension : `.${extension}`);
  const magic = Buffer.from(field('magic') ?? '', 'hex');
  const mask = Buffer.from(field('mask') ?? '', 'hex');
  const offset = Number(field('offset') ?? 0);
  if (magic.byteLength === 0 || head.byteLength < offset + magic.byteLength) return false;
  return magic.every((byte, n) => (byte & (mask[n] ?? 0xff)) === ((head[offset + n] ?? 0) & (mask[n] ?? 0xff)));
}

/**
 * Whether the system starts a file through a handler.
 * @param head the first bytes of the file, at least 256 where it has so many
 */
export function hasHandler(path: string, head: Buffer, folder = handlersFolder): boolean {
  try {
    return readdirSync(folder).some(
      (entry) =>
        entry !== 'register' && entry !== 'status' && takes(readFileSync(join(folder, entry), 'utf8'), path, head),
    );
  } catch {
    return false;
  }
}
