import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shuffle } from './shuffle.ts';

const letters = [...'abcdefghij'];

test('the same seed gives the same order, everywhere', () => {
  expect(shuffle(letters, 1).join('')).toBe(shuffle(letters, 1).join(''));
  expect([0, 1, 2, 4_294_967_297].map((seed) => shuffle(letters, seed).join(''))).toMatchInlineSnapshot(`
    [
      "digefjhbac",
      "hidcbfjeag",
      "ajebgfdich",
      "hidcbfjeag",
    ]
  `);
});

test('nothing is lost, nothing is added, and the list stays as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.nat(), (list, seed) => {
      const before = [...list];
      expect(shuffle(list, seed).sort()).toEqual([...list].sort());
      expect(list).toEqual(before);
    }),
  );
});

test('every place is reached from every place', () => {
  const seen = letters.map(() => new Set<string>());
  for (let seed = 0; seed < 300; seed += 1)
    for (const [at, letter] of shuffle(letters, seed).entries()) seen[at]?.add(letter);
  expect(seen.map(({ size }) => size)).toEqual(letters.map(() => 10));
});
