/** What a check can be told, whoever tells it: the command line, a config file, a test, another program. */
import * as v from 'valibot';
import { durationForm, parseDuration } from './duration.ts';
import { variable } from './profile.ts';
import { UsageError } from './usage-error.ts';

/** Options of a check. */
export interface CheckOptions {
  /**
   * The program and its arguments; never a shell string. A program without a slash is looked up in PATH. Empty for a
   * plugin that runs already, where an option of its system says where.
   */
  readonly command: readonly string[];
  /** What the report calls the plugin; the program's file name when left out. */
  readonly name?: string;
  /** Working directory of the plugin; the current one when left out. */
  readonly cwd?: string;
  /** Variables for the plugin, on top of the inherited ones. Reports name them without their values. */
  readonly env?: Readonly<Record<string, string>>;
  /** The plugin system, such as `hashicorp-grpc`; recognised from what the plugin does when left out. */
  readonly system?: string;
  /** What the host fixes: a profile file, the name of a shipped profile, or the profile itself. */
  readonly profile?: string | Readonly<Record<string, unknown>>;
  /** What only the plugin's system knows, by the names of its profile block, such as `generation`; goes before that. */
  readonly options?: Readonly<Record<string, string>>;
  /** The host's magic cookie; goes before the profile's. */
  readonly cookie?: { readonly key: string; readonly value: string };
  /** Application protocol versions the host offers; go before the profile's. */
  readonly protocolVersions?: readonly number[];
  /** `auto` demands AutoMTLS; goes before the profile's. */
  readonly tls?: 'none' | 'auto';
  /** SHA-256 the program must have, in hexadecimal. */
  readonly checksum?: string;
  /** Ids, areas, globs or diagnosis classes to probe; everything when left out. */
  readonly only?: readonly string[];
  /** The same, to leave out. */
  readonly skip?: readonly string[];
  /** The lowest level to probe; `MAY` when left out. */
  readonly level?: 'MUST' | 'SHOULD' | 'MAY';
  /** Only what a real host does to load the plugin. */
  readonly smoke?: boolean;
  /** Also probes that wait for minutes. */
  readonly soak?: boolean;
  /** One process for each probe. */
  readonly isolate?: boolean;
  /** How often everything is run; once when left out. */
  readonly repeat?: number;
  /** Seed that shuffles launches and probes; the given order when left out. */
  readonly shuffle?: number;
  /** Stop at the first failed MUST. */
  readonly bail?: boolean;
  /** A failed SHOULD counts against the verdict as well. */
  readonly strict?: boolean;
  /** File of known failures. */
  readonly baseline?: string;
  /** How many plugin processes run at once; 4 when left out. */
  readonly concurrency?: number;
  /**
   * Longest wait for anything, as `10s` or `500ms`; the limits of the profile and the reference host when left out.
   * A number without a unit counts seconds below 1000 and milliseconds from there on.
   */
  readonly timeout?: string | number;
}

const words = v.array(v.pipe(v.string(), v.minLength(1)));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));

const duration = v.pipe(
  v.union([v.string(), v.number()]),
  v.check((value) => parseDuration(value) !== undefined, `expected ${durationForm}`),
);

const options = v.strictObject({
  command: v.array(v.string(), 'expected a list: the program and its arguments'),
  name: v.optional(v.string()),
  cwd: v.optional(v.string()),
  env: v.optional(v.record(variable, v.string())),
  system: v.optional(v.string()),
  profile: v.optional(v.union([v.string(), v.record(v.string(), v.unknown())])),
  options: v.optional(v.record(v.string(), v.string())),
  cookie: v.optional(v.strictObject({ key: v.pipe(v.string(), v.minLength(1)), value: v.string() })),
  protocolVersions: v.optional(v.array(v.pipe(v.number(), v.integer(), v.minValue(0)))),
  tls: v.optional(v.picklist(['none', 'auto'])),
  checksum: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{64}$/, 'expected a SHA-256 of 64 hexadecimal digits'))),
  only: v.optional(words),
  skip: v.optional(words),
  level: v.optional(v.picklist(['MUST', 'SHOULD', 'MAY'])),
  smoke: v.optional(v.boolean()),
  soak: v.optional(v.boolean()),
  isolate: v.optional(v.boolean()),
  repeat: v.optional(count),
  shuffle: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  bail: v.optional(v.boolean()),
  strict: v.optional(v.boolean()),
  baseline: v.optional(v.string()),
  concurrency: v.optional(count),
  timeout: v.optional(duration),
} satisfies Record<keyof CheckOptions, v.GenericSchema>);

export const noProgram = 'command: expected a program to check';

export type ParsedOptions = CheckOptions & { readonly command: readonly [] | readonly [string, ...string[]] };

/** Validates options. @throws UsageError naming the option and what was expected */
export function parseOptions(given: CheckOptions): ParsedOptions {
  const result = v.safeParse(options, given);
  if (!result.success) {
    const [issue] = result.issues;
    const at = v.getDotPath(issue) ?? 'the options';
    const what = issue.message.startsWith('Invalid')
      ? `expected ${issue.expected}, got ${issue.received}`
      : issue.message;
    throw new UsageError(`${at}: ${issue.expected === 'never' ? 'there is no such option' : what}`);
  }
  const [program, ...args] = result.output.command;
  // Whether an option of its system can stand for the program is known once the system is.
  if (program === undefined && given.options) return { ...given, command: [] };
  if (program === undefined || program === '') throw new UsageError(noProgram);
  return { ...given, command: [program, ...args] };
}
