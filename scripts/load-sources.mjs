/** Loads a file that imports the project's TypeScript, which Node itself does not read: bundled first, then imported. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { yamlModules } from './yaml-modules.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the file exports; `path` is relative to the project. */
export async function loadSources(path) {
  // The bundle must lie inside the project, or its imports lead nowhere.
  const outfile = join(root, '.cache', `sources-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, path)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    plugins: [yamlModules()],
    define: { PLUGFEST_VERSION: '"0.0.0"' },
    logLevel: 'warning',
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}
