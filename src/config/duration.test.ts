import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

describe('a duration', () => {
  test.each<readonly [string | number, number | undefined]>([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    [' 3 s ', 3000],
    [5, 5000],
    ['5', 5000],
    [999, 999_000],
    [1000, 1000],
    [0.5, 500],
    ['0.4ms', undefined],
    ['0s', undefined],
    [0, undefined],
    [-1, undefined],
    ['-1s', undefined],
    ['', undefined],
    ['s', undefined],
    ['1d', undefined],
    ['1s2', undefined],
    ['1,5s', undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['24h', 86_400_000],
    ['597h', undefined],
  ])('of %j is %j milliseconds', (given, ms) => {
    expect(parseDuration(given)).toBe(ms);
  });

  test('is a whole number that a timer takes, or none at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^\d{1,12}(\.\d{1,3})?(ms|s|m|h)?$/)),
        (given) => {
          const ms = parseDuration(given);
          expect(ms === undefined || (Number.isInteger(ms) && ms > 0 && ms < 2 ** 31)).toBe(true);
        },
      ),
    );
  });
});
