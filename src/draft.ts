/** Starts a plugin once and gathers what a profile of its host could say, for `plugfest init`. */
import { type CheckOptions, parseOptions } from './config/options.ts';
import type { Profile } from './config/profile.ts';
import { resolveProfile } from './config/resolve-profile.ts';
import { UsageError } from './config/usage-error.ts';
import { Launcher } from './launch/launcher.ts';
import { programOf, specOf } from './plugin-spec.ts';
import { resolveSuite } from './resolve-suite.ts';
import { explainRefusal } from './run/explain-refusal.ts';
import type { Registry } from './run/registry.ts';
import { type PluginSpec, Starter } from './run/starter.ts';
import type { DraftedCall, OwnDraft } from './run/suite.ts';

/** What was seen of a plugin. */
export interface Draft {
  readonly system: string;
  readonly plugin: PluginSpec;
  /** The profile as far as it was given or found out. */
  readonly profile: Profile;
  readonly notes: readonly string[];
  /** Full names of the services that were seen. */
  readonly services: readonly string[];
  /** What a plugin of this system may offer. */
  readonly capabilities: readonly string[];
  /** What only this system reads. */
  readonly own: OwnDraft | undefined;
  readonly calls: readonly DraftedCall[];
  /** Milliseconds until the plugin was ready. */
  readonly startMs: number | undefined;
}

export interface DraftContext {
  readonly registry: Registry;
  readonly signal: AbortSignal;
}

const hint = '`plugfest check` tells what is wrong with it; a profile can be written once it starts';

/** Looks at a plugin. @throws UsageError for bad options, and for a plugin that cannot be talked to */
export async function draftFrom(given: CheckOptions, { registry, signal }: DraftContext): Promise<Draft> {
  const options = parseOptions(given);
  const plugin = specOf(options);
  const profile = await resolveProfile(registry, options);
  const path = { ...process.env, ...plugin.env, ...profile.env }['PATH'] ?? '';
  const program = programOf(plugin, path);
  if (program.refusal) throw new UsageError(explainRefusal(program, program.refusal).title, { hint });
  const launcher = new Launcher();
  const abort = (): void => void launcher.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const { suite, note } = await resolveSuite({ registry, options, profile, plugin, program, launcher });
    const starter = new Starter({ suite, plugin, program, profile, launcher, emit: () => undefined });
    const completion = await suite.complete?.(starter);
    if (completion) starter.setProfile(completion.profile);
    const notes = [...(note === undefined ? [] : [note]), ...(completion?.notes ?? [])];
    const gate = await starter.open(suite.launches[0]);
    try {
      const { broken, readyAtMs } = gate.session;
      if (broken) throw new UsageError(broken.outcome.cause?.title ?? broken.outcome.observed, { hint });
      const calls = (await suite.draft?.(gate.session)) ?? [];
      const seen = [...suite.observe(gate.session).services, ...calls.map(({ method }) => method.split('/')[0] ?? '')];
      return {
        system: suite.system,
        plugin,
        profile: starter.profile,
        notes,
        services: [...new Set(seen)].sort(),
        capabilities: Object.keys(suite.capabilities),
        own: suite.ownDraft,
        calls,
        startMs: readyAtMs,
      };
    } finally {
      await gate.close();
    }
  } finally {
    signal.removeEventListener('abort', abort);
    await launcher.close();
  }
}
