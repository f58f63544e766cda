/** The block `tilotech` of a profile: the methods under test, which nobody can find out, and how long the host waits. */
import * as v from 'valibot';
import { about } from '../../src/config/about.ts';
import { parseDuration } from '../../src/config/duration.ts';
import { duration, type Profile } from '../../src/config/profile.ts';
import { UsageError } from '../../src/config/usage-error.ts';
import type { OwnDraft } from '../../src/run/suite.ts';

const deadlineNames = ['answer', 'call', 'listen', 'refuse', 'terminate', 'idle', 'orphan'] as const;

const method = v.pipe(
  v.strictObject({
    name: v.optional(about(v.pipe(v.string(), v.minLength(1)), 'what the report calls the call; the path by default')),
    path: about(
      v.pipe(v.string(), v.regex(/^\/[^\s?#]*$/, 'expected a path such as /modify')),
      'the path the host posts to, such as /modify',
    ),
    payload: v.optional(about(v.unknown(), 'the member Payload of the request; null when left out')),
    body: v.optional(about(v.unknown(), 'the JSON value that must come back with status 200; null for no result')),
    match: v.optional(
      about(
        v.picklist(['exact', 'subset', 'shape'], 'expected `exact`, `subset` or `shape`'),
        '`exact` compares the whole body, `subset` only the members that are given, `shape` only the types',
      ),
    ),
    error: v.optional(
      about(
        v.union([v.string(), v.literal(true)], 'expected the text of the error, or true for any'),
        'the call must fail, with this text or, for true, with any',
      ),
    ),
    crash: v.optional(about(v.literal(true), 'the payload makes the implementation throw or panic')),
    slow: v.optional(about(v.literal(true), 'the call takes a while: half a second or more shows most')),
    idempotent: v.optional(about(v.boolean(), 'false where sending the call twice does harm; it is then sent once')),
    limit: v.optional(about(duration, 'until the answer must be complete; the host gives up after 30 s')),
  }),
  v.check(
    ({ body, error, crash }) => [body, error, crash].filter((value) => value !== undefined).length <= 1,
    'expected one of `body`, `error` and `crash`',
  ),
);

/** The schema of the block. */
export const profileBlock = v.strictObject({
  methods: v.optional(about(v.array(method, 'expected a list of methods'), 'calls to make, with what must come back')),
  deadlines: v.optional(
    about(
      v.strictObject(v.entriesFromList(deadlineNames, v.optional(duration))),
      'how long the host waits, for quick tests of plugins that never answer',
    ),
  ),
});

/** One call that the profile describes. */
export interface Method {
  readonly name: string;
  readonly path: string;
  readonly payload: unknown;
  /** What must come of it. */
  readonly kind: 'success' | 'error' | 'crash';
  /** The expected body; absent when the profile does not say. */
  readonly body?: { readonly value: unknown; readonly match: 'exact' | 'subset' | 'shape' };
  /** The text of the error, where the profile says so. */
  readonly errorText?: string;
  readonly slow: boolean;
  readonly idempotent: boolean;
  readonly limitMs?: number;
}

export interface Deadlines {
  /** Until the ready line; 10 s in the reference host. */
  readonly startMs: number;
  /** Until an answer that needs no work, such as that to an unknown path. The reference host waits 30 s. */
  readonly answerMs: number;
  /** Until a method has answered; 30 s in the reference host. */
  readonly callMs: number;
  /** How long a late listener is waited for, to tell late from never. */
  readonly listenMs: number;
  /** Until a plugin that cannot start has said so; the reference host waits 10 s. */
  readonly refuseMs: number;
  /** Until the process has gone after SIGTERM. The reference host waits for nothing. */
  readonly terminateMs: number;
  /** How long a plugin that nobody calls is watched. */
  readonly idleMs: number;
  /** Until a plugin has noticed that its host is gone. */
  readonly orphanMs: number;
}

export interface Settings {
  readonly methods: readonly Method[];
  readonly deadlines: Deadlines;
}

type MethodData = v.InferOutput<typeof method>;

function readMethod(data: MethodData): Method {
  const { path, name = path, payload = null, error, crash, body, match = 'exact', limit } = data;
  const limitMs = limit === undefined ? undefined : parseDuration(limit);
  return {
    name,
    path,
    payload,
    kind: crash ? 'crash' : error === undefined ? 'success' : 'error',
    ...(body !== undefined && { body: { value: body, match } }),
    ...(typeof error === 'string' && { errorText: error }),
    slow: data.slow ?? false,
    idempotent: data.idempotent ?? true,
    ...(limitMs !== undefined && { limitMs }),
  };
}

/** What a profile says for this system. @throws UsageError for a block that is not what it should be */
export function settingsOf(profile: Profile): Settings {
  const parsed = v.safeParse(v.optional(profileBlock), profile.block('tilotech'));
  if (!parsed.success) throw new UsageError(`tilotech in the profile: ${parsed.issues[0].message}`);
  const { methods = [], deadlines: given = {} } = parsed.output ?? {};
  const atMost = (limit: number): number => Math.min(limit, profile.longestWaitMs ?? limit);
  const ms = (name: (typeof deadlineNames)[number], otherwise: number): number => {
    const value = given[name];
    return atMost((value === undefined ? undefined : parseDuration(value)) ?? otherwise);
  };
  return {
    methods: methods.map(readMethod),
    deadlines: {
      startMs: atMost(profile.startTimeoutMs ?? 10_000),
      answerMs: ms('answer', 5000),
      callMs: ms('call', 30_000),
      listenMs: ms('listen', 2000),
      refuseMs: ms('refuse', 5000),
      terminateMs: ms('terminate', 2000),
      idleMs: ms('idle', 1000),
      orphanMs: ms('orphan', 10_000),
    },
  };
}

/** What a new profile offers to fill in. */
export const ownDraft: OwnDraft = {
  comment:
    'Calls to make, with what must come back: no plugin tells its methods. Fill in and take the # away.\n# `match: subset` compares what is given only, `shape` the types; `idempotent: false` sends a call once only.',
  lines: [
    'tilotech:',
    '  methods:',
    '    - { path: /modify, payload: { text: "a" }, body: { text: "b" } }',
    '    - { name: refused, path: /modify, payload: { text: "" }, error: "text is missing" }',
    '    - { path: /reset, payload: {}, body: null }          # no result',
    '    - { path: /report, payload: {}, slow: true }         # half a second or more',
    '    - { name: crash, path: /modify, payload: 1, crash: true }',
  ],
};
