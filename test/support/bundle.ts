/** Makes a program of TypeScript source that stands in a test, so that it can be started, and killed, by itself. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { temporaryFolder } from './temporary-folder.ts';

const root = join(import.meta.dirname, '..', '..');

/** @param source may import the project's sources as `./src/…` */
export async function bundle(source: string): Promise<string> {
  const outfile = join(temporaryFolder(), 'program.mjs');
  await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  });
  return outfile;
}
