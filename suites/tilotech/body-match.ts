/** Compares the body of an answer with what the profile expects. */
import { isDeepStrictEqual } from 'node:util';
import { typeOf } from './json-text.ts';
import type { Method } from './profile-block.ts';

type Wanted = NonNullable<Method['body']>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeOf(value) === 'object';

/** `null` in a shape stands for any value: it is what the profile's author left open. */
function hasShape(value: unknown, shape: unknown): boolean {
  if (shape === null) return true;
  if (typeOf(value) !== typeOf(shape)) return false;
  if (Array.isArray(value) && Array.isArray(shape))
    return shape.length === 0 || value.every((item) => hasShape(item, shape[0]));
  if (!isRecord(value) || !isRecord(shape)) return true;
  return Object.entries(shape).every(([name, part]) => name in value && hasShape(value[name], part));
}

function hasSubset(value: unknown, subset: unknown): boolean {
  if (Array.isArray(subset))
    return (
      Array.isArray(value) && value.length === subset.length && subset.every((part, at) => hasSubset(value[at], part))
    );
  if (!isRecord(subset)) return isDeepStrictEqual(value, subset);
  return (
    isRecord(value) && Object.entries(subset).every(([name, part]) => name in value && hasSubset(value[name], part))
  );
}

/** Whether a body is what was expected. A shape of `null` alone means no result. */
export function matches(value: unknown, { value: wanted, match }: Wanted): boolean {
  if (wanted === null || match === 'exact') return isDeepStrictEqual(value, wanted);
  return match === 'subset' ? hasSubset(value, wanted) : hasShape(value, wanted);
}

/** Whether a body is of the agreed type, whatever its values: for no result only `null` is. */
export const isOfType = (value: unknown, { value: wanted }: Wanted): boolean => typeOf(value) === typeOf(wanted);

/** What holds the expected body, where the plugin wrapped it in an envelope: a member, or a list of one. */
export function envelopeOf(value: unknown, wanted: Wanted): string | undefined {
  if (Array.isArray(value)) return value.length === 1 && matches(value[0], wanted) ? '[0]' : undefined;
  if (!isRecord(value)) return undefined;
  const inside = Object.entries(value).find(
    ([, part]) => matches(part, wanted) && (wanted.value !== null || part === null),
  );
  return inside?.[0];
}

/** Whether the body is a text that holds the expected value once more as JSON. */
export function isEncodedTwice(value: unknown, wanted: Wanted): boolean {
  if (typeof value !== 'string') return false;
  try {
    return matches(JSON.parse(value), wanted);
  } catch {
    return false;
  }
}
