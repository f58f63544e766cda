/** What a profile's block `polaris`, and the options of the command line that stand for it, say to this suite. */
import { resolve } from 'node:path';
import * as v from 'valibot';
import { about } from '../../src/config/about.ts';
import { parseDuration } from '../../src/config/duration.ts';
import { duration, type Profile } from '../../src/config/profile.ts';
import { UsageError } from '../../src/config/usage-error.ts';

export const generations = ['P3', 'P2', 'P1', 'P0'] as const;
/** The wire-incompatible generations of the system, newest first; P3 and P2 use sockets, P1 and P0 are go-plugins. */
export type Generation = (typeof generations)[number];

const names = ['dial', 'reflection', 'ping', 'call', 'end', 'idle'] as const;

/** The block `polaris` of a profile. */
export const profileBlock = v.strictObject({
  generation: v.optional(
    about(v.picklist(generations, 'expected P3, P2, P1 or P0'), 'the generation, when it shall not be recognised'),
  ),
  socket: v.optional(about(v.string(), 'the socket the plugin binds, when it has a path of its own')),
  socketsFolder: v.optional(about(v.string(), 'the folder the plugin binds in, when it has one of its own')),
  deadlines: v.optional(v.strictObject(v.entriesFromList(names, v.optional(duration)))),
});

export interface Deadlines {
  /** Until the plugin listens. The reference host starts nothing and does not wait. */
  readonly startMs: number;
  /** Until a connection is ready; 5 s in the reference host. */
  readonly dialMs: number;
  /** Until reflection answers. The reference host waits for ever. */
  readonly reflectionMs: number;
  /** Until Ping answers. The reference host waits for ever. */
  readonly pingMs: number;
  /** Until a call answers; 1 s in the reference host. */
  readonly callMs: number;
  /** Until the plugin has gone after a signal. */
  readonly endMs: number;
  /** How long a connection is left alone with `--soak`. */
  readonly idleMs: number;
}

const defaults: Deadlines = {
  startMs: 15_000,
  dialMs: 5000,
  reflectionMs: 5000,
  pingMs: 5000,
  callMs: 1000,
  endMs: 5000,
  idleMs: 60_000,
};

export interface Settings {
  readonly generation: Generation | undefined;
  /** Absolute. */
  readonly socket: string | undefined;
  /** Absolute. */
  readonly socketsFolder: string | undefined;
  readonly deadlines: Deadlines;
}

type Block = v.InferOutput<typeof profileBlock>;

function deadlinesOf(profile: Profile, given: NonNullable<Block['deadlines']>): Deadlines {
  const atMost = (limit: number): number => Math.min(limit, profile.longestWaitMs ?? limit);
  const set = (name: (typeof names)[number]): number | undefined => {
    const value = given[name];
    return value === undefined ? undefined : parseDuration(value);
  };
  const ms = (name: Exclude<(typeof names)[number], 'idle'>): number => atMost(set(name) ?? defaults[`${name}Ms`]);
  return {
    startMs: atMost(profile.startTimeoutMs ?? defaults.startMs),
    dialMs: ms('dial'),
    reflectionMs: ms('reflection'),
    pingMs: ms('ping'),
    callMs: ms('call'),
    endMs: ms('end'),
    idleMs: set('idle') ?? defaults.idleMs,
  };
}

/** What the profile says to this suite. @throws UsageError for a block that is not what it should be */
export function settingsOf(profile: Profile): Settings {
  const parsed = v.safeParse(v.optional(profileBlock, {}), profile.block('polaris'));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UsageError(`${v.getDotPath(issue) ?? 'the block'} of polaris: ${issue.message}`);
  }
  const { generation, socket, socketsFolder: folder, deadlines = {} } = parsed.output;
  if (socket !== undefined && folder !== undefined)
    throw new UsageError('polaris: a socket and a folder exclude each other', {
      hint: 'the folder of a socket is the one it lies in',
    });
  return {
    generation,
    socket: socket === undefined ? undefined : resolve(socket),
    socketsFolder: folder === undefined ? undefined : resolve(folder),
    deadlines: deadlinesOf(profile, deadlines),
  };
}
