import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const keys = ['command', 'cookie', 'protocolVersions', 'startTimeout', 'tls', 'auto', 'GRPC-HS-014'];

test.each([
  ['comand', 'command'],
  ['cokkie', 'cookie'],
  ['protocol-versions', 'protocolVersions'],
  ['protocol_version', 'protocolVersions'],
  ['StartTimeOut', 'startTimeout'],
  ['TLS', 'tls'],
  ['GRPC-HS-14', 'GRPC-HS-014'],
  ['grpc_hs_014', 'GRPC-HS-014'],
  ['environment', undefined],
  ['x', undefined],
  ['', undefined],
])('%j is probably %j', (word, meant) => {
  expect(nearest(word, keys)).toBe(meant);
});

test('of several that are equally near, the first', () => {
  expect(nearest('tabs', ['tags', 'taps'])).toBe('tags');
});

test('a candidate is nearest to itself', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{3,12}$/), { minLength: 1 }), fc.nat(), (words, n) => {
      const word = words[n % words.length] ?? '';
      expect(nearest(word, words)).toBe(word);
    }),
  );
});
