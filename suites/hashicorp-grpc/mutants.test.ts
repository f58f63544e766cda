/** Every mutant is caught, by the requirement it breaks and for the reason it is broken. */
import { describe, expect, test } from 'vitest';
import { mutants } from '../../fixtures/mutants/hashicorp-grpc/table.ts';
import { diagnosisClasses } from '../../src/diagnose/classes.ts';
import { checkRow, differences, extent, lacks, limited, oneOfEach } from '../../test/support/mutants.ts';

const rows = mutants.filter(({ kind }) => kind === 'mutant');
const chosen =
  extent === 'some' ? oneOfEach(rows, ({ expect: { requirement, class: name } }) => `${requirement} ${name}`) : rows;

/** Each check starts some processes of its own. */
const inTurn = limited(2);

describe.concurrent('a mutant', () => {
  test.each(chosen.map((row) => [row.name, row] as const))('%s', { timeout: 600_000 }, async (_, row) => {
    if (lacks(row)) return;
    const own = [row.expect.requirement ?? '', ...row.shownBy];
    const report = await inTurn(() => checkRow(row, extent === 'full' ? {} : { only: own }));
    expect(differences(row, report)).toEqual([]);
    const breaksMust = report.outcomes.some(({ outcome, level }) => outcome === 'failed' && level === 'MUST');
    expect(report.verdict === 'nonconformant').toBe(breaksMust);
  });
});

test('every MUST that is probed has a mutant that breaks it', async () => {
  const { suite } = await import('./suite.ts');
  const probed = new Set(suite.probes.flatMap(({ id, needs }) => [id, ...(needs.settles ?? [])]));
  const broken = new Set(rows.map(({ expect: { requirement } }) => requirement));
  const missing = [...suite.requirements.values()]
    .filter(({ id, level }) => level === 'MUST' && probed.has(id) && !broken.has(id))
    .map(({ id }) => id);
  expect(missing).toEqual([]);
});

test('what a row names is a requirement and a class', async () => {
  const { suite } = await import('./suite.ts');
  const ids = mutants.flatMap(({ expect: { requirement, also, warnings }, shownBy }) => [
    ...(requirement === undefined ? [] : [requirement]),
    ...Object.keys(also),
    ...warnings,
    ...shownBy,
  ]);
  expect(ids.filter((id) => !suite.requirements.has(id))).toEqual([]);
  const classes = rows.flatMap(({ expect: { class: name } }) => (name === undefined ? [] : [name]));
  expect(classes.filter((name) => !(name in diagnosisClasses))).toEqual([]);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
