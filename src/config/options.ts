/** What a check can be told, whoever tells it: the command line, a config file, a test, another program. */
import * as v from 'valibot';
import { durationForm, parseDuration } from './duration.ts';
import { UsageError } from './usage-error.ts';

const words = v.array(v.pipe(v.string(), v.minLength(1)));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));

const duration = v.pipe(
  v.union([v.string(), v.number()]),
  v.check((value) => parseDuration(value) !== undefined, `expected ${durationForm}`),
);

const options = v.strictObject({
  /** The program and its arguments; never a shell string. */
  command: v.pipe(
    v.array(v.string(), 'expected a list: the program and its arguments'),
    v.minLength(1, 'expected a program to check'),
  ),
  name: v.optional(v.string()),
  cwd: v.optional(v.string()),
  env: v.optional(v.record(v.string(), v.string())),
  system: v.optional(v.string()),
  /** A profile file, the name of a shipped profile, or the profile itself. */
  profile: v.optional(v.union([v.string(), v.record(v.string(), v.unknown())])),
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
});

/** Options of a check; see the command line's help for what each does. */
export type CheckOptions = v.InferInput<typeof options>;

/** Validates options. @throws UsageError naming the option and what was expected */
export function parseOptions(given: CheckOptions): CheckOptions & { readonly command: readonly [string, ...string[]] } {
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
  if (program === undefined || program === '') throw new UsageError('command: expected a program to check');
  return { ...given, command: [program, ...args] };
}
