/** Durations as people write them: `500ms`, `5s`, `2m`, `1.5s`. */

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** What a duration looks like, for error messages. */
export const durationForm = 'a duration such as 500ms, 10s or 2m';

/**
 * Milliseconds of a duration, or `undefined` when it is none. A number without a unit counts seconds below 1000 and
 * milliseconds from there on: nobody waits 5000 seconds for a plugin, or 60 milliseconds.
 */
export function parseDuration(value: string | number): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*$/.exec(String(value));
  if (!match?.[1]) return undefined;
  const amount = Number(match[1]);
  const unit = match[2] === undefined ? (amount < 1000 ? 1000 : 1) : units[match[2]];
  const ms = Math.round(amount * (unit ?? 1));
  return ms > 0 && ms <= 2 ** 31 - 1 ? ms : undefined;
}
