/** How long the host side waits: what the reference host fixes, and what a profile may shorten for quick tests. */
import * as v from 'valibot';
import { trialEntries } from '../../src/calls/trial-block.ts';
import { parseDuration } from '../../src/config/duration.ts';
import { duration, type Profile } from '../../src/config/profile.ts';
import { UsageError } from '../../src/config/usage-error.ts';

const names = ['call', 'settings', 'listen', 'refuse', 'shutdown', 'grace', 'idle'] as const;

/** The block `hashicorp-grpc` of a profile. */
export const profileBlock = v.strictObject({
  deadlines: v.optional(v.strictObject(v.entriesFromList(names, v.optional(duration)))),
  ...trialEntries,
});

export interface Deadlines {
  /** Until the handshake line; 60 s in the reference host. */
  readonly startMs: number;
  /** Until a call is answered that should be answered at once. The reference host waits for ever. */
  readonly callMs: number;
  /** Until the plugin's SETTINGS frame; the reference host gives up after 20 s. */
  readonly settingsMs: number;
  /** How long a late listener is waited for, to tell late from never. */
  readonly listenMs: number;
  /** Until a plugin without its cookie has refused. */
  readonly refuseMs: number;
  /** Until Shutdown is answered. The reference host waits for ever. */
  readonly shutdownMs: number;
  /** Until the process has gone after Shutdown; 2 s in the reference host. */
  readonly graceMs: number;
  /** How long a session is held quietly with `--soak`. */
  readonly idleMs: number;
}

const defaults: Deadlines = {
  startMs: 60_000,
  callMs: 5000,
  settingsMs: 20_000,
  listenMs: 2000,
  refuseMs: 5000,
  shutdownMs: 5000,
  graceMs: 2000,
  idleMs: 10 * 60_000,
};

/** The deadlines a profile sets. @throws UsageError for a block that is not what it should be */
export function deadlinesOf(profile: Profile): Deadlines {
  const block = profile.block('hashicorp-grpc');
  const parsed = v.safeParse(v.optional(profileBlock), block);
  if (!parsed.success) throw new UsageError(`hashicorp-grpc in the profile: ${parsed.issues[0].message}`);
  const given = parsed.output?.deadlines ?? {};
  const atMost = (limit: number): number => Math.min(limit, profile.longestWaitMs ?? limit);
  const ms = (name: (typeof names)[number], otherwise: number): number => {
    const value = given[name];
    return atMost((value === undefined ? undefined : parseDuration(value)) ?? otherwise);
  };
  return {
    startMs: atMost(profile.startTimeoutMs ?? defaults.startMs),
    callMs: ms('call', defaults.callMs),
    settingsMs: ms('settings', defaults.settingsMs),
    listenMs: ms('listen', defaults.listenMs),
    refuseMs: ms('refuse', defaults.refuseMs),
    shutdownMs: ms('shutdown', defaults.shutdownMs),
    graceMs: ms('grace', defaults.graceMs),
    idleMs: (given.idle === undefined ? undefined : parseDuration(given.idle)) ?? defaults.idleMs,
  };
}
