/**
 * Requirements are data: one atomic rule of a system each, kept in JSON files keyed by id.
 * The parser refuses what TypeScript's own JSON import cannot see: unknown keys, levels, reactions and repeated ids.
 */
import * as v from 'valibot';
import type { HostReaction, Level, Reaction } from './level.ts';

const text = v.pipe(v.string(), v.trim(), v.minLength(1));

const level = v.picklist(['MUST', 'SHOULD', 'MAY'] satisfies Level[]);

const hostReaction = v.strictObject({
  versions: text,
  reaction: v.picklist(['rejects', 'breaks', 'hangs', 'crashes', 'degrades', 'tolerates'] satisfies Reaction[]),
  message: v.optional(text),
  note: v.optional(text),
} satisfies Record<keyof HostReaction, v.GenericSchema>);

const requirement = v.strictObject({
  level,
  /** Other levels that hold under a named condition; a probe that fails under it names it. */
  when: v.optional(
    v.array(v.strictObject({ condition: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/)), level, text })),
  ),
  /** For rules that hold only in some situation, such as `with AutoMTLS`: shown beside the level. */
  applies: v.optional(text),
  /** On what the level rests. */
  basis: v.picklist(['enforced', 'breaks', 'documented', 'reference', 'ecosystem', 'recommended']),
  /** The capability the rule is about: not offered and not demanded by the profile means skipped. */
  capability: v.optional(text),
  title: text,
  text,
  why: text,
  host: v.array(hostReaction),
  fix: v.strictObject({
    any: text,
    go: v.optional(text),
    python: v.optional(text),
    typescript: v.optional(text),
    rust: v.optional(text),
    java: v.optional(text),
  }),
  /** How Plugfest probes it, in one or two sentences. */
  check: text,
  source: text,
  /** Why no probe can exist. */
  untestable: v.optional(text),
});
/** The languages that fixes are given for, and how they are called, in the order of telling. */
const fixLanguages = {
  any: 'In general',
  go: 'Go',
  python: 'Python',
  typescript: 'TypeScript',
  rust: 'Rust',
  java: 'Java',
} as const;

/** What is known to mend a break of the rule, with the name of the language it is for. */
export const fixesOf = ({ fix }: Requirement): readonly { readonly language: string; readonly text: string }[] =>
  Object.entries(fixLanguages).flatMap(([key, language]) => {
    const text = fix[key as keyof typeof fixLanguages];
    return text === undefined ? [] : [{ language, text }];
  });

/** One atomic rule of a system. */
export type Requirement = v.InferOutput<typeof requirement> & { readonly id: string; readonly area: string };

export type Requirements = ReadonlyMap<string, Requirement>;

const idPattern = /^[A-Z]+(?:-[A-Z0-9]+)+-\d{3}[A-Z]?$/;

/** The area of an id is its part before the number: `HS` of `GRPC-HS-014`; calls of a profile are one area. */
export const areaOf = (id: string): string => (id.startsWith('CALL:') ? 'CALL' : (id.split('-').at(-2) ?? id));

/**
 * Parses requirement data, one object per area file, into one map in file order.
 * @throws Error naming the file's index, the id and the fault, when the data is not what it should be.
 */
export function parseRequirements(files: readonly unknown[]): Requirements {
  const all = new Map<string, Requirement>();
  for (const [index, file] of files.entries()) {
    const entries = v.parse(v.record(v.string(), v.unknown()), file);
    for (const [id, value] of Object.entries(entries)) {
      if (!idPattern.test(id)) throw new Error(`requirement file ${index}: "${id}" is not a requirement id`);
      if (all.has(id)) throw new Error(`requirement file ${index}: ${id} is declared twice`);
      const result = v.safeParse(requirement, value);
      if (!result.success) {
        const issue = result.issues[0];
        throw new Error(`${id}: ${v.getDotPath(issue) ?? 'entry'}: ${issue.message}`);
      }
      all.set(id, { ...result.output, id, area: areaOf(id) });
    }
  }
  return all;
}
