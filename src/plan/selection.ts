/** Which requirements a run is narrowed to: ids, areas, globs and diagnosis classes. */
import { globPattern } from '../config/glob.ts';
import { nearest } from '../config/nearest.ts';
import type { CheckOptions } from '../config/options.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Level } from '../run/level.ts';
import { areaOf, type Requirements } from '../run/requirement.ts';

export interface Scope {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** The lowest level that is probed: `MUST` leaves out SHOULD and MAY. */
  readonly level?: Level;
  readonly smoke?: true;
}

/** What the options of a check narrow it to. */
export const scopeOf = ({ only, skip, level, smoke }: CheckOptions): Scope => ({
  ...(only && { only }),
  ...(skip && { skip }),
  ...(level && { level }),
  ...(smoke && { smoke: true as const }),
});

/** The ids that a word stands for. @throws UsageError when it stands for none */
export function idsOf(
  word: string,
  requirements: Requirements,
  classes: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const ofClass = classes[word];
  if (ofClass) return ofClass;
  const ids = [...requirements.keys()];
  const pattern = globPattern(word);
  const found = ids.filter((id) => pattern.test(id) || pattern.test(areaOf(id)));
  if (found.length > 0) return found;
  const areas = new Set(ids.map(areaOf));
  if (/^CALL:/.test(word) && !areas.has('CALL'))
    throw new UsageError(`"${word}" names a call, and the profile has none`);
  const meant = nearest(word, [...ids, ...areas, ...Object.keys(classes)]);
  throw new UsageError(`"${word}" is no requirement id, area (${[...areas].join(', ')}), glob or diagnosis class`, {
    hint: meant === undefined ? undefined : `did you mean \`${meant}\`?`,
  });
}

const levels: Readonly<Record<Level, number>> = { MUST: 3, SHOULD: 2, MAY: 1 };

/** Whether a level is at least as strong as another. */
export const isAtLeast = (level: Level, least: Level): boolean => levels[level] >= levels[least];

/** The ids a scope leaves. @throws UsageError for a word that means nothing */
export function select(
  scope: Scope,
  requirements: Requirements,
  classes: Readonly<Record<string, readonly string[]>>,
): ReadonlySet<string> {
  const idsOfAll = (words: readonly string[]) =>
    new Set(words.flatMap((word) => [...idsOf(word, requirements, classes)]));
  const only = scope.only && idsOfAll(scope.only);
  const skip = idsOfAll(scope.skip ?? []);
  const selected = [...requirements.values()].filter((requirement) => {
    if (only && !only.has(requirement.id)) return false;
    if (skip.has(requirement.id)) return false;
    if (scope.level === undefined) return true;
    const strongest = [requirement.level, ...(requirement.when ?? []).map((when) => when.level)];
    return strongest.some((level) => isAtLeast(level, scope.level ?? 'MAY'));
  });
  return new Set(selected.map((requirement) => requirement.id));
}

export const isNarrowed = (scope: Scope): boolean =>
  scope.only !== undefined || scope.skip !== undefined || scope.level !== undefined || scope.smoke === true;
