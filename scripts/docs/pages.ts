/** Every generated page, as text by its path in the project. */
import type { Registry } from '../../src/run/registry.ts';
import { diagnosesPage } from './diagnoses-page.ts';
import { systemPage } from './system-page.ts';

/** Renders the pages of all systems in a registry. */
export async function pages(registry: Registry): Promise<Readonly<Record<string, string>>> {
  const systems = await Promise.all(
    registry.map(async ({ title, load, profiles }) => ({ title, suite: await load(), profiles: await profiles() })),
  );
  return {
    'docs/diagnoses.md': diagnosesPage(systems.map(({ suite }) => suite)),
    ...Object.fromEntries(systems.map((system) => [`docs/systems/${system.suite.system}.md`, systemPage(system)])),
  };
}
