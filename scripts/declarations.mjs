/**
 * The declarations of the public surface: what the entry files reach, and nothing else. The compiler writes one file
 * for every source it sees; most of them are nobody's business, and some name packages that are bundled.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const all = '.cache/declarations';
const specifier = /(from |import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g;

/** Writes `dist/types` for the given entry files. @throws when a declaration needs a package that users do not have */
export function writeDeclarations(entries, allowedPackages) {
  rmSync(all, { recursive: true, force: true });
  const compiler = 'node_modules/typescript/bin/tsc';
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', all], { stdio: 'inherit' });
  const queue = entries.map((entry) => resolve(all, entry.replace(/\.ts$/, '.d.ts')));
  const seen = new Set();
  while (queue.length > 0) {
    const file = queue.pop();
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, , , path] of text.matchAll(specifier)) queue.push(resolve(dirname(file), `${path}.d.ts`));
    for (const [, name] of text.matchAll(/from '([^.][^']*)'/g))
      if (!allowedPackages.some((allowed) => name.startsWith(allowed)))
        throw new Error(`${relative(all, file)} names ${name} in the public surface`);
    const target = join('dist/types', relative(all, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text.replace(specifier, '$1$2$3.js$2'));
  }
}
