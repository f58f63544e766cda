/**
 * The suite against its own mutants and controls: each mutant fails its requirement for the stated reason and no other
 * MUST, controls fail nothing, and every MUST that is probed has a mutant.
 */
import { existsSync, rmdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { type Mutant, mutants, program } from '../../fixtures/mutants/polaris/table.ts';
import { polarisFixtures } from '../../scripts/fixtures/polaris-fixtures.mjs';
import { runCheck } from '../../src/check.ts';
import { probedIds } from '../../src/report/build-report.ts';
import type { Report, ReportedOutcome } from '../../src/report/report.ts';
import { registry } from '../registry.ts';
import { suite } from './suite.ts';

/** Everything, as before a release; otherwise one mutant for each MUST, and a few controls and good plugins. */
const isThorough = process.env['PLUGFEST_THOROUGH'] === '1';

/** A loaded machine needs its time; a hang must still end. */
const patience = 300_000;

const check = (mutant: Mutant, more: { isolate?: true; shuffle?: number } = {}): Promise<Report> =>
  runCheck(
    {
      command: [process.execPath, program, ...mutant.args],
      name: mutant.name,
      system: 'polaris',
      profile: {
        name: 'mutants',
        system: 'polaris',
        startTimeout: mutant.startTimeout,
        polaris: { ...mutant.options, deadlines: mutant.deadlines },
        'hashicorp-grpc': {
          deadlines: { call: '3s', refuse: '1500ms', shutdown: '1s', grace: '1s', listen: '600ms' },
        },
      },
      ...(mutant.soak && { soak: true }),
      // What the library demands has mutants of its own.
      ...(mutant.options['generation'] === 'P1' || mutant.options['generation'] === 'P0' ? { only: ['POL-*'] } : {}),
      ...more,
    },
    { registry, emit: () => undefined },
  );

const failed = ({ outcomes }: Report): readonly ReportedOutcome[] =>
  outcomes.filter(({ outcome }) => outcome === 'failed');

/** What a reader needs of a report that is not what it should be. */
const digest = (outcomes: readonly ReportedOutcome[]): readonly string[] =>
  outcomes.map(({ id, level, outcome, reason }) => `${id} ${level} ${outcome}: ${reason ?? ''}`);

/** None of the go-plugins looks out for the end of its host. */
const unwatched = ['GRPC-SD-009'];

function judge(mutant: Mutant, report: Report): void {
  const { requirement, also, warnings, title, class: name } = mutant.expect;
  const errored = report.outcomes.filter(({ outcome }) => outcome === 'errored');
  expect(digest(errored)).toEqual([]);
  const must = failed(report).filter(({ level }) => level === 'MUST');
  const lesser = failed(report).filter(({ level }) => level !== 'MUST');
  const allowed = [requirement, ...Object.keys(also)];
  expect(digest(must.filter(({ id }) => !allowed.includes(id)))).toEqual([]);
  const tolerated = [...allowed, ...warnings, ...unwatched];
  const own = lesser.filter(({ id }) => id.startsWith('POL-') && !tolerated.includes(id));
  expect(digest(own)).toEqual([]);
  if (requirement === undefined) {
    expect({ verdict: report.verdict, failed: digest(must) }).toEqual({ verdict: 'conformant', failed: [] });
    expect(digest(failed(report))).toEqual([]);
    return;
  }
  expect(failed(report).map(({ id }) => id)).toContain(requirement);
  if (name === undefined) return;
  const diagnosis = report.diagnoses.find(({ requirements }) => requirements.includes(requirement));
  expect(diagnosis?.class).toBe(name);
  expect(diagnosis?.title).toMatch(title ?? /./);
}

afterAll(() => {
  try {
    // A plugin that insists on its path has made it.
    rmdirSync('/tmp/polaris-pluggable-sockets');
  } catch {
    // It was not there, or somebody uses it.
  }
});

test('the mutants are built', () => {
  expect(existsSync(program)).toBe(true);
});

type Row = readonly [kind: string, name: string, about: string, mutant: Mutant];

/** These use the one default folder of the machine, which must not be in use at the same time. */
const inDefaultFolder = ['fixed-path', 'other-default'];
const plainControls = ['other-entries', 'another-plugin-beside', 'both-generations'];

const isMust = (id: string | undefined): boolean => suite.requirements.get(id ?? '')?.level === 'MUST';

/** The first mutant of a requirement stands for the others. */
const isPlain = ({ kind, name, expect: { requirement } }: Mutant): boolean =>
  kind === 'control'
    ? plainControls.includes(name)
    : isMust(requirement) && mutants.find((other) => other.expect.requirement === requirement)?.name === name;

const rows: readonly Row[] = mutants
  .filter((mutant) => isThorough || isPlain(mutant))
  .map((mutant) => [mutant.kind, mutant.name, mutant.about, mutant]);
const isAlone = ([, name]: Row): boolean => inDefaultFolder.includes(name);

/** Plugins that wait for something leave the machine to others meanwhile. */
describe.concurrent.each(rows.filter((row) => !isAlone(row)))('%s %s', (_kind, _name, about, mutant) => {
  test(about, async () => judge(mutant, await check(mutant)), patience);
});

describe.each(rows.filter(isAlone))('%s %s', (_kind, _name, about, mutant) => {
  test(about, async () => judge(mutant, await check(mutant)), patience);
});

const ways = [
  ['in another order', { shuffle: 7 }],
  ...(isThorough
    ? ([
        ['in a third order', { shuffle: 4711 }],
        ['with one process for each probe', { isolate: true }],
      ] as const)
    : []),
] as const;

const inOtherWays = isThorough
  ? ['none', 'two-sockets', 'unknown-type-kills', 'no-reply-P2', 'stale-socket-kept']
  : ['two-sockets'];

describe.each(mutants.filter(({ name }) => inOtherWays.includes(name)).map((mutant) => [mutant.name, mutant] as const))(
  '%s fails the same',
  (_name, mutant) => {
    test.each(ways)('%s', async (_way, more) => judge(mutant, await check(mutant, more)), patience);
  },
);

const plainFixtures = ['polaris-go-P3', 'polaris-python-P2', 'polaris-typescript-P3', 'polaris-p1-P1'];
const goodPlugins = polarisFixtures().filter(({ name }) => isThorough || plainFixtures.includes(name));

describe.concurrent.each(goodPlugins.map((fixture) => [fixture.name, fixture] as const))(
  'the good plugin %s',
  (_name, fixture) => {
    test(
      'is conformant, and shows everything that its generation has',
      async () => {
        expect(fixture).toMatchObject({ available: true });
        const profile = { name: 'patient', polaris: { deadlines: { call: '3s' } } };
        const options = { command: fixture.command, system: 'polaris', profile };
        const report = await runCheck({ ...options, only: ['POL-*'] }, { registry, emit: () => undefined });
        expect({ verdict: report.verdict, told: digest(failed(report)) }).toEqual({ verdict: 'conformant', told: [] });
        const lacking = report.outcomes.filter(({ outcome }) => outcome === 'skipped');
        const isOther =
          /somebody else|generation|go-plugin|--soak|POLARIS_PLUGINS_SOCKETS_FOLDER|TCP|v1:|revision|default/;
        expect(digest(lacking.filter(({ reason = '' }) => !isOther.test(reason)))).toEqual([]);
      },
      patience,
    );
  },
);

test('every probed MUST has a mutant that fails it', () => {
  const caught = new Set(mutants.map(({ expect: { requirement } }) => requirement));
  const must = [...probedIds(suite)].filter((id) => suite.requirements.get(id)?.level === 'MUST');
  expect(must.filter((id) => !caught.has(id))).toEqual([]);
});

test('every requirement is probed, or says why it cannot be', () => {
  const probed = probedIds(suite);
  const open = [...suite.requirements.values()].filter(
    ({ id, untestable }) => !probed.has(id) && untestable === undefined,
  );
  expect(open.map(({ id }) => id)).toEqual([]);
});
