/** Plugins that mean harm: the harness ends in time, harms nobody, leaves nothing behind and tells the truth. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Hostile, hostiles, prepareHostile } from '../../fixtures/mutants/hostile/table.ts';
import { checkPrepared, extent, limited, oneOfEach } from '../../test/support/mutants.ts';
import { processesWith } from '../../test/support/processes.ts';
import { until } from '../../test/support/until.ts';

/** A machine with other work takes longer, and a hang is no matter of a few times. */
const patience = 4;

const groups = /^(?:poison|address|line-of|fork|session|fled|.*flood)/;
const chosen =
  extent === 'some'
    ? oneOfEach(hostiles, ({ name, expect: { fails, verdict } }) => `${groups.exec(name)?.[0]} ${fails} ${verdict}`)
    : hostiles;

const inTurn = limited(2);

function scopeOf({ expect: { fails } }: Hostile): { only?: string[]; smoke?: boolean } {
  if (extent === 'full') return {};
  // Some die only when there is time to: a few calls give it.
  return fails === undefined ? { smoke: true } : { only: [fails, 'HL'] };
}

describe.runIf(process.platform === 'linux').concurrent('a hostile plugin', () => {
  test.each(chosen.map((row) => [row.name, row] as const))('%s', { timeout: 900_000 }, async (_, row) => {
    await inTurn(async () => {
      const folder = mkdtempSync('/tmp/pm-');
      try {
        const { victim, ...prepared } = prepareHostile(row, folder);
        const report = await checkPrepared(() => prepared, { profile: { ...row.profile }, ...scopeOf(row) });
        const failed = report.outcomes.filter(({ outcome }) => outcome === 'failed');
        const { fails, may, verdict, withinMs, mayEscape } = row.expect;
        if (fails !== undefined) expect(failed.map(({ id }) => id)).toContain(fails);
        if (verdict) expect(report.verdict).toBe(verdict);
        const musts = failed.filter(({ level }) => level === 'MUST').map(({ id }) => id);
        if (may !== 'any') expect(musts.filter((id) => id !== fails && !may.includes(id))).toEqual([]);
        expect(report.outcomes.filter(({ outcome }) => outcome === 'errored')).toEqual([]);
        expect(report.durationMs).toBeLessThan(withinMs * patience);
        expect(readFileSync(victim.path, 'utf8')).toBe(victim.content);
        if (!mayEscape) await until('all its processes are gone', () => processesWith(victim.path).length === 0);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
});
