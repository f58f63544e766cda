/**
 * The schema of saved reports, published as schemas/report.v1.json. It says the same as the types in report.ts (its
 * test makes the compiler check that), but lets further fields through: fields may be added under the same schema
 * version, and such reports stay readable. Descriptions are for people who write dashboards.
 */
import * as v from 'valibot';
import { about } from '../config/about.ts';
import { describeFault, pathName } from '../config/schema-fault.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Report, RunReport } from './report.ts';

const level = v.picklist(['MUST', 'SHOULD', 'MAY']);
const words = v.array(v.string());
const whole = v.pipe(v.number(), v.integer('expected a whole number'));
const count = v.pipe(whole, v.minValue(0, 'expected 0 or more'));
const milliseconds = v.pipe(v.number(), v.minValue(0, 'expected 0 or more'));

const verdict = about(
  v.picklist(['conformant', 'nonconformant', 'incomplete']),
  'conformant: no MUST failed, nothing blocked or errored; nonconformant: a MUST failed; incomplete: something blocked, errored or interrupted',
);

const evidence = v.looseObject({
  launch: v.string(),
  atMs: about(v.number(), 'milliseconds since the launch began'),
  source: about(v.string(), 'stdout, stderr, connection, call, signal, exit, …'),
  text: v.string(),
  encoding: about(v.picklist(['utf8', 'base64']), 'base64 when the bytes are not valid UTF-8'),
  truncated: v.boolean(),
});

const known = v.looseObject({
  reason: v.string(),
  until: v.exactOptional(about(v.string(), 'the last day on which it is excused, YYYY-MM-DD')),
  link: v.exactOptional(v.string()),
});

const hostReaction = v.looseObject({
  versions: about(v.string(), 'versions of the reference host, such as `≥ 1.7.0`, or `all`'),
  reaction: v.picklist(['rejects', 'breaks', 'hangs', 'crashes', 'degrades', 'tolerates']),
  message: v.optional(about(v.string(), 'the error text a user would see; `…` stands for what varies')),
  note: v.optional(v.string()),
});

const outcome = v.looseObject({
  id: about(v.string(), 'id of the requirement, such as GRPC-HS-014'),
  level: about(level, 'the level that holds here: a condition or the profile may have raised it'),
  area: v.string(),
  title: v.string(),
  text: v.exactOptional(about(v.string(), 'the rule, in one or two sentences')),
  why: v.exactOptional(about(v.string(), 'what the rule is good for')),
  launches: words,
  outcome: v.picklist(['passed', 'failed', 'skipped', 'blocked', 'errored']),
  reason: v.exactOptional(about(v.string(), 'why, in one sentence; a remark on a pass')),
  blockedBy: v.exactOptional(about(v.string(), 'id of the requirement whose failure stands in the way')),
  stateDependent: v.exactOptional(about(v.boolean(), 'failed in a shared process, but passes alone')),
  known: v.exactOptional(about(known, 'the failure is listed in the baseline and does not count')),
  expected: v.exactOptional(v.string()),
  observed: v.exactOptional(v.string()),
  evidence: v.exactOptional(v.array(evidence)),
  host: v.exactOptional(about(v.array(hostReaction), 'what the reference host does about such a break')),
  hostSays: v.exactOptional(about(v.string(), 'the exact words the reference host would show for what was observed')),
  fix: v.exactOptional(v.string()),
  source: v.exactOptional(v.string()),
  reproduce: v.exactOptional(
    about(v.looseObject({ text: v.string(), argv: words }), 'a command that runs just this requirement again'),
  ),
  durationMs: milliseconds,
  repeated: v.exactOptional(about(v.looseObject({ runs: count, failed: count }), 'only with --repeat')),
});

const diagnosis = v.looseObject({
  class: about(v.string(), 'stable name; `plugfest explain <class>` tells more'),
  variant: v.exactOptional(about(v.string(), 'a finer name, where the class covers several causes')),
  title: v.string(),
  fix: v.exactOptional(v.string()),
  requirements: about(words, 'the requirements it breaks, gravest first'),
  severity: about(v.picklist(['error', 'warning', 'note']), '`note`: worth knowing, breaks no rule'),
});

const launch = v.looseObject({
  name: v.string(),
  pid: whole,
  startMs: v.exactOptional(about(milliseconds, 'milliseconds until the plugin was ready')),
  exit: v.exactOptional(
    v.looseObject({
      code: v.exactOptional(whole),
      signal: v.exactOptional(v.string()),
      killedBy: v.exactOptional(v.string()),
    }),
  ),
  leaked: about(words, 'what was left behind: processes, sockets, files'),
});

const counts = v.looseObject({
  passed: count,
  failed: about(count, 'failed MUSTs, less known failures'),
  warned: about(count, 'failed SHOULDs and MAYs, less known failures'),
  skipped: count,
  blocked: count,
  errored: about(count, 'our own faults'),
  known: v.exactOptional(about(count, 'failures that a baseline knows')),
});

const tool = { name: v.literal('plugfest'), version: v.string() };
const schemaVersion = v.literal(1);

/** One plugin's report. */
export const reportSchema = v.looseObject({
  kind: v.literal('report'),
  schemaVersion,
  tool: v.looseObject({ ...tool, requirements: about(v.string(), 'digest of the requirement data') }),
  environment: v.looseObject({ os: v.string(), arch: v.string(), node: v.string() }),
  system: about(v.string(), 'the plugin protocol family, such as hashicorp-grpc'),
  plugin: v.looseObject({
    name: v.string(),
    command: words,
    files: about(
      v.array(v.looseObject({ path: v.string(), sha256: v.string() })),
      'every word of the command that is a file',
    ),
  }),
  profile: v.looseObject({ name: v.string(), digest: v.string() }),
  areas: v.exactOptional(
    about(v.array(v.looseObject({ name: v.string(), title: v.string() })), 'what the areas of the outcomes are about'),
  ),
  startedAt: about(v.string(), 'ISO 8601, UTC'),
  durationMs: milliseconds,
  seed: whole,
  complete: about(v.boolean(), 'false when the run was narrowed, interrupted or ended early'),
  scope: about(
    v.looseObject({
      only: v.exactOptional(words),
      skip: v.exactOptional(words),
      level: v.exactOptional(level),
      smoke: v.exactOptional(v.boolean()),
    }),
    'what narrowed the run',
  ),
  strict: about(v.boolean(), 'failed SHOULDs count as well'),
  interrupted: v.boolean(),
  verdict,
  counts,
  coverage: v.looseObject({ requirements: count, probed: count, untestable: count, planned: count }),
  observed: v.looseObject({ handshake: v.exactOptional(v.string()), services: words, capabilities: words }),
  diagnoses: about(v.array(diagnosis), 'root cause first'),
  outcomes: v.array(outcome),
  launches: v.array(launch),
  notes: v.exactOptional(about(words, 'things worth knowing about the run itself')),
  baseline: v.exactOptional(
    v.looseObject({ file: v.string(), problems: about(words, 'what is wrong with the baseline') }),
  ),
});

/** What `plugfest run` writes. */
export const runReportSchema = v.looseObject({
  kind: v.literal('run'),
  schemaVersion,
  tool: v.looseObject(tool),
  verdict,
  reports: v.array(reportSchema),
});

/** Either of the two, told apart by `kind`. */
export const anyReport = v.variant('kind', [reportSchema, runReportSchema]);

/** Parts that the published schema names, so that it can be read. */
export const reportParts = { report: reportSchema, outcome, evidence, hostReaction, diagnosis, launch, counts };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Types a saved report.
 * @param value what the file holds
 * @param where the file's name, for messages
 * @throws UsageError naming the place and what was expected, when it is no report or one of a later schema
 */
export function parseReport(value: unknown, where: string): Report | RunReport {
  if (!isObject(value) || !('kind' in value) || !('schemaVersion' in value)) {
    throw new UsageError(
      `${where} is not a report of Plugfest: expected an object with \`kind\` and \`schemaVersion\``,
      { hint: 'write one with `plugfest check --report json=FILE`' },
    );
  }
  const { schemaVersion: version } = value;
  if (typeof version === 'number' && version > 1) {
    throw new UsageError(
      `${where} was written by a newer Plugfest: its schemaVersion is ${version}, and this one reads 1`,
      { hint: 'update Plugfest and try again' },
    );
  }
  const result = v.safeParse(anyReport, value);
  if (result.success) return result.output;
  const fault = describeFault(result.issues, anyReport);
  throw new UsageError(`${where}: \`${pathName(fault.keys)}\`: ${fault.sentence}`);
}
