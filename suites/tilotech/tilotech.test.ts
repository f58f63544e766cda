/**
 * The suite against good plugins, controls and mutants. Every mutant must fail the requirement it breaks, for the
 * reason it is meant to, and no other MUST than the table says.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Mutant, mutants, prepare } from '../../fixtures/mutants/tilotech/table.ts';
import { tilotechFixtures, tilotechProfile } from '../../scripts/fixtures/tilotech.mjs';
import { runCheck } from '../../src/check.ts';
import type { CheckOptions } from '../../src/config/options.ts';
import { probedIds } from '../../src/report/build-report.ts';
import type { Report } from '../../src/report/report.ts';
import { Pool } from '../../src/run/pool.ts';
import { registry } from '../registry.ts';
import { suite } from './suite.ts';

/** Everything, as before a release; otherwise one mutant of each kind, and controls against every MUST. */
const isThorough = process.env['PLUGFEST_THOROUGH'] === '1';

/** Checks side by side: more of them would only wait for the same processors. */
const room = new Pool(2);

// Most of the time goes by waiting for room.
vi.setConfig({ testTimeout: 300_000 });

const musts = [...suite.requirements.values()].filter(({ level }) => level === 'MUST').map(({ id }) => id);

/** What is looked at beside the requirement a mutant breaks: all that costs no process of its own. */
const cheap = suite.probes.filter(({ id, needs }) => musts.includes(id) && !('isolated' in needs)).map(({ id }) => id);

async function check(options: CheckOptions): Promise<Report> {
  const leave = await room.enter();
  try {
    return await runCheck({ system: 'tilotech', ...options }, { registry, emit: () => undefined });
  } finally {
    leave();
  }
}

function checkMutant(mutant: Mutant, options: Partial<CheckOptions> = {}): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return check({ command: prepare(mutant, folder), profile: { ...mutant.profile }, soak: mutant.soak, ...options });
}

const failures = (report: Report, ...levels: readonly string[]): readonly string[] =>
  report.outcomes.filter(({ outcome, level }) => outcome === 'failed' && levels.includes(level)).map(({ id }) => id);

const told = ({ outcomes }: Report) =>
  Object.fromEntries(
    outcomes.map(({ id, outcome, reason, observed }) => [id, `${outcome}: ${observed ?? reason ?? ''}`]),
  );

/** What is not as the table says, in words. */
function problems(report: Report, mutant: Mutant): readonly string[] {
  const { breaks = '', also } = mutant;
  const all = told(report);
  const found: string[] = [];
  if (!all[breaks]?.startsWith('failed')) found.push(`${breaks} ${all[breaks]}`);
  for (const id of failures(report, 'MUST')) if (id !== breaks && !(id in also)) found.push(`${id} ${all[id]}`);
  for (const id of Object.keys(also))
    if (!all[id]?.startsWith('failed')) found.push(`${id} should fail as well: ${all[id]}`);
  for (const { id, outcome, reason } of report.outcomes)
    if (outcome === 'errored') found.push(`${id} errored: ${reason}`);
  const causes = report.diagnoses.filter(({ requirements }) => requirements.includes(breaks));
  if (mutant.class !== undefined && !causes.some((cause) => cause.class === mutant.class))
    found.push(`no diagnosis ${mutant.class}: ${causes.map((cause) => cause.class)}`);
  if (mutant.title && !causes.some(({ title }) => mutant.title?.test(title)))
    found.push(`no title like ${mutant.title}: ${causes.map(({ title }) => title).join(' / ')}`);
  return found;
}

describe('good plugins', () => {
  // What the library leaves to the host, or to nobody.
  const warnings: Readonly<Record<string, readonly string[]>> = {
    'tilotech-go-library': ['TILO-READY-006', 'TILO-SOCK-003', 'TILO-OUT-002'],
  };

  for (const fixture of tilotechFixtures()) {
    test.skipIf(!fixture.available)(`${fixture.name} is conformant`, async () => {
      const report = await check({ command: fixture.command, profile: tilotechProfile });
      expect(failures(report, 'MUST', 'SHOULD', 'MAY').filter((id) => !warnings[fixture.name]?.includes(id))).toEqual(
        [],
      );
      expect({ verdict: report.verdict, left: report.launches.flatMap(({ leaked }) => leaked) }).toEqual({
        verdict: 'conformant',
        left: [],
      });
      const skipped = report.outcomes.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id);
      expect(skipped).toEqual(['TILO-TERM-006', 'TILO-DISP-001', 'TILO-DISP-002', 'TILO-DISP-003']);
    });
  }
});

describe('controls', () => {
  const controls = mutants.filter(({ kind }) => kind === 'control');
  const full = ['none', 'no-methods', 'dispatcher'];

  test.concurrent.each(controls.map((mutant) => [mutant.name, mutant] as const))(
    '%s is conformant',
    async (_, mutant) => {
      const isFull = isThorough || full.includes(mutant.name);
      const report = await checkMutant(mutant, isFull ? {} : { level: 'MUST' });
      const all = told(report);
      const unexpected = failures(report, 'MUST', 'SHOULD', 'MAY').filter((id) => !mutant.warns.includes(id));
      expect(unexpected.map((id) => `${id} ${all[id]}`)).toEqual([]);
      expect(report.verdict).toBe('conformant');
    },
  );
});

describe('mutants', () => {
  const sorts = new Set<string>();
  const isFirstOfItsSort = ({ breaks, class: name, start }: Mutant): boolean => {
    const sort = `${breaks} ${name} ${Object.keys(start)}`;
    return !sorts.has(sort) && Boolean(sorts.add(sort));
  };
  const all = mutants.filter(({ kind }) => kind === 'mutant');
  const broken = isThorough ? all : all.filter(isFirstOfItsSort);

  test.concurrent.each(broken.map((mutant) => [mutant.name, mutant] as const))('%s', async (_, mutant) => {
    const report = await checkMutant(mutant, {
      only: [...cheap, mutant.breaks ?? '', ...Object.keys(mutant.also), ...mutant.provokedBy],
    });
    expect(problems(report, mutant)).toEqual([]);
    expect(report.verdict).toBe(musts.includes(mutant.breaks ?? '') ? 'nonconformant' : 'conformant');
  });
});

describe('the order of probes does not matter', () => {
  // None that ends by itself: how much of it is seen before is a matter of time.
  const names = isThorough ? ['none', 'crash-ends-the-plugin', 'status-201'] : ['crash-ends-the-plugin'];
  const verdicts = ({ outcomes }: Report) =>
    Object.fromEntries(outcomes.filter(({ outcome }) => outcome !== 'blocked').map(({ id, outcome }) => [id, outcome]));

  test.each(names)('for %s', async (name) => {
    const mutant = mutants.find((row) => row.name === name);
    if (!mutant) throw new Error(`there is no mutant ${name}`);
    const given = verdicts(await checkMutant(mutant));
    for (const options of isThorough
      ? [{ shuffle: 1 }, { shuffle: 2 }, { isolate: true }]
      : [{ shuffle: 2, isolate: true }])
      expect(verdicts(await checkMutant(mutant, options)), JSON.stringify(options)).toEqual(given);
  });
});

describe('the table is complete', () => {
  test('every probed requirement has a mutant that breaks it', () => {
    const broken = new Set(mutants.map(({ breaks }) => breaks));
    expect([...probedIds(suite)].filter((id) => !broken.has(id))).toEqual([]);
  });

  test('every requirement is probed or says why not', () => {
    const probed = probedIds(suite);
    const silent = [...suite.requirements.values()].filter(({ id, untestable }) => !probed.has(id) && !untestable);
    expect(silent.map(({ id }) => id)).toEqual([]);
    expect([...suite.requirements.values()].filter(({ id, untestable }) => probed.has(id) && untestable)).toEqual([]);
    expect(suite.requirements.size).toBe(66);
  });

  test('every requirement of a diagnosis class exists, and every class of a mutant is listed', () => {
    const ids = Object.values(suite.classes).flat();
    expect(ids.filter((id) => !suite.requirements.has(id))).toEqual([]);
    const unlisted = mutants.filter((row) => row.class !== undefined && row.breaks !== undefined);
    expect(
      unlisted.filter((row) => !suite.classes[row.class ?? '']?.includes(row.breaks ?? '')).map(({ name }) => name),
    ).toEqual([]);
  });
});
