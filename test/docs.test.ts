/** The pages made from data say what the data says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pages } from '../scripts/docs/pages.ts';
import { registry } from '../suites/registry.ts';

const root = join(import.meta.dirname, '..');

test('docs are fresh: `npm run docs` writes them', async () => {
  const texts = await pages(registry);
  const stale = Object.entries(texts).filter(([path, text]) => readFileSync(join(root, path), 'utf8') !== text);
  expect(stale.map(([path]) => path)).toEqual([]);
  expect(readdirSync(join(root, 'docs/systems')).sort()).toEqual(registry.map(({ system }) => `${system}.md`).sort());
});

test('every link between the pages leads to a heading', async () => {
  const texts = await pages(registry);
  const headings = new Set(
    Object.entries(texts).flatMap(([path, text]) =>
      [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => `${path}#${heading.toLowerCase()}`),
    ),
  );
  const links = [...(texts['docs/diagnoses.md'] ?? '').matchAll(/\]\(([^)]+)\)/g)].map(
    ([, target]) => `docs/${target}`,
  );
  expect(links).not.toEqual([]);
  expect(links.filter((target) => !headings.has(target))).toEqual([]);
});
