import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { describeFault, pathName } from './schema-fault.ts';

/** What is told of a value: where, what is wrong, and the line as it was probably meant. */
function told(schema: v.GenericSchema, value: unknown, line?: string) {
  const result = v.safeParse(schema, value);
  if (result.success) return undefined;
  const fault = describeFault(result.issues, schema);
  return { at: pathName(fault.keys), sentence: fault.sentence, corrected: fault.correct(line) };
}

test.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 2, 'b'], 'a[2].b'],
  [[0], '[0]'],
])('%j is called %j', (keys, name) => {
  expect(pathName(keys)).toBe(name);
});

const call = v.strictObject({ method: v.string(), count: v.optional(v.number()) });
const named = v.strictObject({ count: v.number() });
const mode = v.picklist(['auto', 'none'], 'expected `auto` or `none`');
const schema = v.strictObject({
  mode: v.optional(mode),
  words: v.optional(v.array(v.string(), 'expected a list of words')),
  calls: v.optional(v.union([v.array(call), v.record(v.string(), named)], 'expected calls')),
});

describe('a fault', () => {
  test.each([
    ['of type without a message of its own', { calls: [{ method: 7 }] }, 'calls[0].method', 'expected string, got 7'],
    ['of a missing key', { calls: [{}] }, 'calls[0].method', 'missing'],
    [
      'in the branch of a union that got furthest',
      { calls: { a: { count: '1' } } },
      'calls.a.count',
      'expected number, got "1"',
    ],
    ['in no branch of a union in particular', { calls: true }, 'calls', 'expected calls'],
  ])('%s is placed and told', (_, value, at, sentence) => {
    expect(told(schema, value)).toEqual({ at, sentence, corrected: undefined });
  });

  test('of an unknown key names the keys there are', () => {
    expect(told(schema, { modes: 'auto' }, 'modes: auto')).toEqual({
      at: 'modes',
      sentence: 'there is no such key; the keys are mode, words, calls',
      corrected: 'mode: auto',
    });
  });
});

describe('a correction', () => {
  test.each([
    ['a key that lacks a letter', { mod: 'auto' }, 'mod: auto  # why', 'mode: auto  # why'],
    ['a key without its line', { mod: 'auto' }, undefined, 'mode'],
    ['a word that is nothing like any', { mode: 'client' }, 'mode: client', undefined],
    ['a key that is nothing like any', { timeout: 1 }, 'timeout: 1', undefined],
    ['a word that lacks a letter', { mode: 'aut' }, 'mode: aut', 'mode: auto'],
    ['yes for a word', { mode: true }, 'mode: true', 'mode: auto'],
    ['no for a word', { mode: false }, 'mode: false', 'mode: none'],
    ['one for a list of one', { words: 'a' }, 'words: a', 'words: [a]'],
    ['one number for a list of one', { words: 7 }, 'words: 7', 'words: [7]'],
    ['a map for a list', { words: {} }, 'words: {}', undefined],
    ['text for a map, the blank after the colon forgotten', 'mode:auto', undefined, 'mode: auto'],
  ])('of %s', (_, value, line, corrected) => {
    expect(told(schema, value, line)?.corrected).toBe(corrected);
  });
});
