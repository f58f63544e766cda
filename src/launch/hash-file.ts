/** SHA-256 of files, which are read in pieces: plugins are large, and many may be checked at once. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Hexadecimal SHA-256 of a file. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

/** The words of a command that name files, with their hashes: `python plugin.py` rests on the script as well. */
export async function hashCommand(
  command: readonly string[],
  { program, cwd }: { program: string; cwd: string },
): Promise<readonly HashedFile[]> {
  const files = await Promise.all(
    command.map(async (word, index) => {
      const path = index === 0 ? program : resolve(cwd, word);
      try {
        return (await stat(path)).isFile() ? [{ path: word, sha256: await hashFile(path) }] : [];
      } catch {
        return [];
      }
    }),
  );
  return files.flat();
}
