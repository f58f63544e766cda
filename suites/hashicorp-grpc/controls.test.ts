/** Plugins that are odd and right break nothing; a harness that takes oddity for a fault is worse than none. */
import { describe, expect, test } from 'vitest';
import { mutants } from '../../fixtures/mutants/hashicorp-grpc/table.ts';
import { checkRow, differences, type Extent, extent, lacks, limited } from '../../test/support/mutants.ts';

const controls = mutants.filter(({ kind }) => kind === 'control');

const options = { some: { smoke: true }, all: { level: 'MUST' }, full: {} } as const satisfies Record<Extent, object>;

const inTurn = limited(2);

describe.concurrent('a control', () => {
  test.each(controls.map((row) => [row.name, row] as const))('%s', { timeout: 600_000 }, async (_, row) => {
    if (lacks(row)) return;
    const report = await inTurn(() => checkRow(row, options[extent]));
    expect(differences(row, report)).toEqual([]);
    expect(report.verdict).toBe('conformant');
  });
});
