/**
 * `npm run docs`: writes the pages of docs/ that are made from data, one for each system and one for the diagnoses, and
 * removes those of systems that are gone. test/docs.test.ts holds the committed pages to the data.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSources } from './load-sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const systems = 'docs/systems';

const { pages, registry } = await loadSources('scripts/docs/sources.ts');
const texts = await pages(registry);

mkdirSync(join(root, systems), { recursive: true });
for (const name of readdirSync(join(root, systems))) {
  if (!(`${systems}/${name}` in texts)) rmSync(join(root, systems, name));
}
for (const [path, text] of Object.entries(texts)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(path);
}
