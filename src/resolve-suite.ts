/** Finds the suite of a plugin whose system may or may not have been named. */
import { nearest } from './config/nearest.ts';
import type { CheckOptions } from './config/options.ts';
import type { Profile } from './config/profile.ts';
import { UsageError } from './config/usage-error.ts';
import { type Launcher, StartRefused } from './launch/launcher.ts';
import type { ProgramFacts } from './launch/program.ts';
import { recognise } from './run/recognise.ts';
import type { Registry } from './run/registry.ts';
import type { PluginSpec } from './run/starter.ts';
import type { Suite } from './run/suite.ts';

/** How long a plugin of an unknown system is watched. */
const recogniseLimitMs = 10_000;

/** The suite of a system. @throws UsageError */
export async function suiteNamed(registry: Registry, name: string): Promise<Suite> {
  const entry = registry.find(({ system }) => system === name);
  if (entry) return entry.load();
  const names = registry.map(({ system }) => system);
  const meant = nearest(name, names);
  throw new UsageError(`there is no system "${name}"; the systems are ${names.join(', ')}`, {
    hint: meant === undefined ? undefined : `did you mean \`--system ${meant}\`?`,
  });
}

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof StartRefused)) throw error;
}

export interface SuiteSearch {
  readonly registry: Registry;
  readonly options: CheckOptions;
  readonly profile: Profile;
  readonly plugin: PluginSpec;
  readonly program: ProgramFacts;
  readonly launcher: Launcher;
}

/** The suite of a plugin, and what the user should know of how it was found. @throws UsageError */
export async function resolveSuite(search: SuiteSearch): Promise<{ readonly suite: Suite; readonly note?: string }> {
  const { registry, options, profile, program } = search;
  const name = options.system ?? profile.system;
  if (name !== undefined) return { suite: await suiteNamed(registry, name) };
  const { cookie, env } = profile;
  const environment = { ...env, ...(cookie && { [cookie.key]: cookie.value }) };
  const look = { ...search, environment, limitMs: recogniseLimitMs };
  // Why a start is refused is for the check to say.
  const found = program.refusal ? undefined : await recognise(look).catch(ignoreRefusal);
  const entry = found?.entry ?? registry[0];
  if (!entry) throw new Error('the registry is empty');
  const note = found
    ? `recognised as ${entry.system}: ${found.sign}`
    : `the system could not be told from what the plugin does; it is judged as ${entry.system} (--system names another)`;
  return { suite: await entry.load(), note };
}
