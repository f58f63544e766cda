import { describe, expect, test } from 'vitest';
import { isUsageError } from '../config/usage-error.ts';
import type { Level } from '../run/level.ts';
import { areaOf, type Requirement, type Requirements } from '../run/requirement.ts';
import { idsOf, isAtLeast, isNarrowed, type Scope, select } from './selection.ts';

const requirement = (id: string, level: Level, when?: Requirement['when']): Requirement => ({
  id,
  area: areaOf(id),
  level,
  basis: 'enforced',
  title: id,
  text: id,
  why: id,
  host: [],
  fix: { any: id },
  check: id,
  source: id,
  ...(when && { when }),
});

const all: Requirements = new Map(
  [
    requirement('GRPC-HS-001', 'MUST'),
    requirement('GRPC-HS-002', 'SHOULD'),
    requirement('GRPC-HS-010A', 'MAY'),
    requirement('GRPC-TLS-001', 'MAY', [{ condition: 'demanding', level: 'MUST', text: 'x' }]),
    requirement('GRPC-TR-001', 'SHOULD'),
  ].map((one) => [one.id, one]),
);

const classes = { 'output-before-handshake': ['GRPC-HS-001', 'GRPC-TR-001'] };

describe('idsOf', () => {
  test.each(['CALL:my-host/get', 'CALL:*', 'call'])('%s stands for the calls of the profile', (word) => {
    const call = requirement('CALL:my-host/get', 'MUST');
    expect(idsOf(word, new Map([...all, [call.id, call]]), classes)).toEqual([call.id]);
    expect(() => idsOf(word, all, classes)).toThrow();
  });

  test.each([
    ['GRPC-HS-002', ['GRPC-HS-002']],
    ['grpc-hs-002', ['GRPC-HS-002']],
    ['HS', ['GRPC-HS-001', 'GRPC-HS-002', 'GRPC-HS-010A']],
    ['tls', ['GRPC-TLS-001']],
    ['T*', ['GRPC-TLS-001', 'GRPC-TR-001']],
    ['GRPC-HS-*', ['GRPC-HS-001', 'GRPC-HS-002', 'GRPC-HS-010A']],
    ['GRPC-HS-00?', ['GRPC-HS-001', 'GRPC-HS-002']],
    ['*-001', ['GRPC-HS-001', 'GRPC-TLS-001', 'GRPC-TR-001']],
    ['*', [...all.keys()]],
    ['output-before-handshake', ['GRPC-HS-001', 'GRPC-TR-001']],
  ])('%s stands for %j', (word, ids) => {
    expect(idsOf(word, all, classes)).toEqual(ids);
  });

  test.each([
    ['GRPC-HS-003', 'did you mean `GRPC-HS-001`?'],
    ['output-befor-handshake', 'did you mean `output-before-handshake`?'],
    ['zzzzzzzzzz', undefined],
    ['GRPC.HS.001', 'did you mean `GRPC-HS-001`?'],
    ['', undefined],
    // What means something in a pattern means itself.
    ['(HS|TLS)', undefined],
    ['[GT]*', undefined],
    ['$^+{}\\', undefined],
  ])('%j stands for nothing', (word, hint) => {
    let error: unknown;
    try {
      idsOf(word, all, classes);
    } catch (caught) {
      error = caught;
    }
    expect(isUsageError(error) && [error.message, error.hint]).toEqual([
      `"${word}" is no requirement id, area (HS, TLS, TR), glob or diagnosis class`,
      hint,
    ]);
  });
});

describe('select', () => {
  test.each<[string, Scope, readonly string[]]>([
    ['everything', {}, [...all.keys()]],
    ['only', { only: ['HS'] }, ['GRPC-HS-001', 'GRPC-HS-002', 'GRPC-HS-010A']],
    ['only, of several words', { only: ['GRPC-HS-001', 'TR'] }, ['GRPC-HS-001', 'GRPC-TR-001']],
    ['skip', { skip: ['HS', 'TLS'] }, ['GRPC-TR-001']],
    ['skip wins over only', { only: ['HS'], skip: ['GRPC-HS-002'] }, ['GRPC-HS-001', 'GRPC-HS-010A']],
    ['MUST, with what may become one', { level: 'MUST' }, ['GRPC-HS-001', 'GRPC-TLS-001']],
    ['SHOULD and above', { level: 'SHOULD' }, ['GRPC-HS-001', 'GRPC-HS-002', 'GRPC-TLS-001', 'GRPC-TR-001']],
    ['MAY and above', { level: 'MAY' }, [...all.keys()]],
    ['level and only', { level: 'MUST', only: ['TR'] }, []],
    ['nothing named', { only: [] }, []],
  ])('%s', (_, scope, ids) => {
    expect([...select(scope, all, classes)]).toEqual(ids);
  });
});

test.each<[Scope, boolean]>([
  [{}, false],
  [{ only: ['*'] }, true],
  [{ skip: [] }, true],
  [{ level: 'MAY' }, true],
  [{ smoke: true }, true],
])('%j narrows: %s', (scope, narrowed) => {
  expect(isNarrowed(scope)).toBe(narrowed);
});

test('levels have an order', () => {
  const order: readonly Level[] = ['MAY', 'SHOULD', 'MUST'];
  const table = order.map((level) => order.map((least) => isAtLeast(level, least)));
  expect(table).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});
