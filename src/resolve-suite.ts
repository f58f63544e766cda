/** Finds the suite of a plugin whose system may or may not have been named. */
import { nearest } from './config/nearest.ts';
import { type CheckOptions, noProgram } from './config/options.ts';
import type { Profile } from './config/profile.ts';
import { UsageError } from './config/usage-error.ts';
import { type Launcher, StartRefused } from './launch/launcher.ts';
import type { ProgramFacts } from './launch/program.ts';
import { type Recognised, recognise, type Unrecognised } from './run/recognise.ts';
import type { Registry, SystemEntry } from './run/registry.ts';
import type { PluginSpec } from './run/starter.ts';
import type { Suite } from './run/suite.ts';

/** How long a plugin of an unknown system is watched. */
const recogniseLimitMs = 10_000;

/** A system by name. @throws UsageError */
function entryNamed(registry: Registry, name: string): SystemEntry {
  const entry = registry.find(({ system }) => system === name);
  if (entry) return entry;
  const names = registry.map(({ system }) => system);
  const meant = nearest(name, names);
  throw new UsageError(`there is no system "${name}"; the systems are ${names.join(', ')}`, {
    hint: meant === undefined ? undefined : `did you mean \`--system ${meant}\`?`,
  });
}

/** The suite of a system, the one that knows all its rules. @throws UsageError */
export const suiteNamed = async (registry: Registry, name: string): Promise<Suite> => entryNamed(registry, name).load();

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

interface Resolved {
  readonly suite: Suite;
  /** What the user should know of how it was found. */
  readonly note?: string;
}

/** The suite of a plugin: of the system that was named, or of the one it is recognised as. @throws UsageError */
export async function resolveSuite(search: SuiteSearch): Promise<Resolved> {
  const { registry, options, profile } = search;
  const name = options.system ?? profile.system ?? systemOfOptions(registry, options);
  const named = name === undefined ? undefined : entryNamed(registry, name);
  if (named) {
    assertOptions(registry, named, options);
    assertProgram(named, options);
    const form = named.formOf?.(profile);
    if (!named.formOf || form !== undefined) return { suite: await named.load(form) };
    const found = await look(search, [named]);
    return { suite: await named.load(found?.entry ? found.form : undefined) };
  }
  assertProgram(undefined, options);
  const found = await look(search, registry);
  const entry = found?.entry ?? registry[0];
  if (!entry) throw new Error('the registry is empty');
  const suite = await entry.load(found?.entry ? found.form : undefined);
  if (found?.entry) return { suite, note: `recognised as ${entry.system}: ${found.sign}` };
  const did = found ? `: ${found.did}` : '';
  return {
    suite,
    note: `the system cannot be told from what the plugin does${did}; it is judged as ${entry.system} (--system names another)`,
  };
}

/** Starts the plugin for a look at it; why a start is refused is for the check to say. */
async function look(search: SuiteSearch, registry: Registry): Promise<Recognised | Unrecognised | undefined> {
  const { profile, program, plugin } = search;
  if (program.refusal || plugin.command.length === 0) return undefined;
  const { cookie, env } = profile;
  const environment = { ...env, ...(cookie && { [cookie.key]: cookie.value }) };
  return recognise({ ...search, registry, environment, limitMs: recogniseLimitMs }).catch(ignoreRefusal);
}

/** The one system that knows an option that was given. */
function systemOfOptions(registry: Registry, { options = {} }: CheckOptions): string | undefined {
  const [key] = Object.keys(options);
  if (key === undefined) return undefined;
  return registry.find((entry) => entry.options?.some((option) => option.key === key))?.system;
}

/** A plugin is started, unless an option says where it runs already. @throws UsageError */
function assertProgram(entry: SystemEntry | undefined, { command, options = {} }: CheckOptions): void {
  const attaching = entry?.options?.filter(({ attaches }) => attaches) ?? [];
  if (command.length > 0 || attaching.some(({ key }) => options[key] !== undefined)) return;
  const [first] = attaching;
  throw new UsageError(noProgram, {
    hint: first && `or where it runs already: \`${first.flags}\``,
  });
}

/** @throws UsageError for an option that the system does not have */
function assertOptions(
  registry: Registry,
  { system, options: known = [] }: SystemEntry,
  { options = {} }: CheckOptions,
): void {
  for (const key of Object.keys(options)) {
    if (known.some((option) => option.key === key)) continue;
    const owner = registry.find((entry) => entry.options?.some((option) => option.key === key));
    const whose = owner ? `it is an option of ${owner.system}` : 'no system has it';
    throw new UsageError(`${system} has no option "${key}": ${whose}`);
  }
}
