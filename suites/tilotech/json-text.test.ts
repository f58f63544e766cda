import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { envelopeOf, isEncodedTwice, matches } from './body-match.ts';
import { escapedJson, firstValue, goJson } from './json-text.ts';

describe('the first value of a body', () => {
  test.each([
    ['null\n', null, '\n'],
    ['  {"a":[1,"}"]} rest', { a: [1, '}'] }, ' rest'],
    ['"a\\"b" 2', 'a"b', ' 2'],
    ['1 2', 1, ' 2'],
    ['-1.5e3x', -1500, 'x'],
    ['null{"took":3}', null, '{"took":3}'],
    ['true', true, ''],
    ['[]{}', [], '{}'],
  ])('of %s', (text, value, rest) => {
    expect(firstValue(Buffer.from(text))).toEqual({ ok: true, value, rest });
  });

  test.each([
    ['', 'EOF'],
    [' \n', 'EOF'],
    ['{"a":', 'unexpected EOF'],
    ['"abc', 'unexpected EOF'],
    ['<html>', "invalid character '<' looking for beginning of value"],
    ['\ufeffnull', "invalid character '\ufeff' looking for beginning of value"],
  ])('is missing in %j: %s', (text, error) => {
    expect(firstValue(Buffer.from(text))).toEqual({ ok: false, error });
  });

  test('is any value that JSON can write, whatever follows', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n', ' x', '\n{'), (value, rest) => {
        expect(firstValue(Buffer.from(JSON.stringify(value) + rest))).toEqual({
          ok: true,
          value: JSON.parse(JSON.stringify(value)),
          rest,
        });
      }),
    );
  });
});

describe('what the host writes', () => {
  test('is escaped as Go escapes it', () => {
    expect(goJson({ k: '<&>\u2028' })).toBe('{"k":"\\u003c\\u0026\\u003e\\u2028"}');
  });

  test('means the same to every parser, escaped or not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(goJson(value))).toEqual(plain);
        expect(JSON.parse(escapedJson(value))).toEqual(plain);
      }),
    );
  });
});

describe('an expected body', () => {
  const exact = (value: unknown) => ({ value, match: 'exact' as const });

  test.each([
    [{ a: 1, b: 2 }, { value: { a: 1 }, match: 'subset' }, true],
    [{ a: 1 }, { value: { a: 1, b: 2 }, match: 'subset' }, false],
    [{ a: [{ b: 1, c: 2 }] }, { value: { a: [{ b: 7 }] }, match: 'shape' }, true],
    [{ a: [{ c: 2 }] }, { value: { a: [{ b: 7 }] }, match: 'shape' }, false],
    [{ a: 'x' }, { value: { a: null }, match: 'shape' }, true],
    [{}, { value: { a: null }, match: 'shape' }, false],
    [{}, { value: null, match: 'shape' }, false],
    [null, { value: null, match: 'shape' }, true],
    [{ a: 1, b: 2 }, { value: { a: 1 }, match: 'exact' }, false],
  ] as const)('%j against %j: %s', (value, wanted, is) => {
    expect(matches(value, wanted)).toBe(is);
  });

  test('is found in an envelope, or encoded twice', () => {
    expect(envelopeOf({ ok: true, data: [1] }, exact([1]))).toBe('data');
    expect(envelopeOf([1, 2], exact(1))).toBeUndefined();
    expect(envelopeOf([null], exact(null))).toBe('[0]');
    expect(isEncodedTwice('{"a":1}', exact({ a: 1 }))).toBe(true);
    expect(isEncodedTwice('{', exact({ a: 1 }))).toBe(false);
  });
});
