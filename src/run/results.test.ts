import { describe, expect, test } from 'vitest';
import { blocked, errored, failed, gravest, type Outcome, passed, skipped } from './outcome.ts';
import { type Contribution, Results } from './results.ts';

const fault = failed({ expected: 'a', observed: 'b' });
const late = failed({ expected: 'in time', observed: 'late', timing: true });
const ours: Outcome = { outcome: 'errored', reason: 'x' };
const said = (outcome: Outcome, launch = 'plain', more: Partial<Contribution> = {}): Contribution => ({
  outcome,
  launches: [launch],
  durationMs: 1.4,
  ...more,
});

test.each<[string, readonly Outcome[], Outcome | undefined]>([
  ['none of none', [], undefined],
  ['a failure of all', [passed(), skipped('s'), fault, ours, blocked('B', 'b')], fault],
  ['our own fault before a pass', [passed(), ours], ours],
  ['a pass before what could not be seen', [blocked('B', 'b'), passed(), skipped('s')], passed()],
  ['what was blocked before what was skipped', [skipped('s'), blocked('B', 'b')], blocked('B', 'b')],
  ['the first among equals', [fault, late], fault],
])('gravest: %s', (_, outcomes, found) => {
  expect(gravest(outcomes)).toEqual(found);
});

describe('Results', () => {
  test('merge what several launches said', () => {
    const results = new Results();
    results.add('A-001', said(passed(), 'plain'));
    results.add('A-001', said(fault, 'again', { stateDependent: true }));
    results.add('A-001', said(passed(), 'plain'));
    expect(results.get('A-001')).toEqual({
      id: 'A-001',
      outcome: fault,
      launches: ['plain', 'again'],
      durationMs: 4,
      stateDependent: true,
    });
    expect(results.get('A-002')).toBeUndefined();
    expect([results.has('A-001'), results.has('A-002')]).toEqual([true, false]);
  });

  test('forget what they are told to forget, and no more', () => {
    const results = new Results();
    for (const outcome of [late, fault, passed()]) results.add('A-001', said(outcome));
    results.drop('A-001', (outcome) => outcome.outcome === 'failed' && outcome.timing === true);
    expect(results.get('A-001')?.outcome).toBe(fault);
    results.drop('A-001');
    results.drop('A-001');
    expect(results.has('A-001')).toBe(false);
    results.add('A-002', said(late));
    results.drop('A-002', () => true);
    expect(results.ids()).toEqual([]);
  });

  test('of several runs are one: failed once is failed', () => {
    const [first, second] = [new Results(), new Results()];
    first.add('A-001', said(passed()));
    first.add('A-002', said(skipped('s')));
    second.add('A-001', said(fault, 'again'));
    second.add('A-003', said(passed()));
    const all = new Results();
    all.merge(first);
    all.merge(second);
    expect(all.ids()).toEqual(['A-001', 'A-002', 'A-003']);
    expect(all.get('A-001')).toMatchObject({ outcome: fault, launches: ['plain', 'again'] });
  });
});

test('errored tells what was thrown', () => {
  const error = new TypeError('x is not a function');
  expect(errored(error)).toEqual({ outcome: 'errored', reason: error.stack });
  expect(errored('thrown')).toEqual({ outcome: 'errored', reason: 'thrown' });
});
