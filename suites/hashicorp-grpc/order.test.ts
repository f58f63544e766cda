/** Whatever the order, and whether probes share a process or have one each: the outcomes are the same. */
import { describe, expect, test } from 'vitest';
import { mutants } from '../../fixtures/mutants/hashicorp-grpc/table.ts';
import { fixtures } from '../../scripts/fixtures/fixtures.mjs';
import { type CheckOptions, check, type Report } from '../../src/index.ts';
import { checkRow, extent, limited, oneOfEach } from '../../test/support/mutants.ts';

const orders = [
  {},
  { shuffle: 7 },
  { shuffle: 11 },
  { isolate: true },
] as const satisfies readonly Partial<CheckOptions>[];

const outcomesOf = ({ outcomes }: Report): Readonly<Record<string, string>> =>
  Object.fromEntries(outcomes.map(({ id, outcome }) => [id, outcome]));

const inTurn = limited(2);

async function expectAgreement(run: (options: Partial<CheckOptions>) => Promise<Report>): Promise<void> {
  const [given, ...others] = await Promise.all(orders.map((options) => inTurn(() => run(options))));
  if (!given) throw new Error('there is no order');
  for (const [index, other] of others.entries())
    expect({ order: orders[index + 1], outcomes: outcomesOf(other) }).toEqual({
      order: orders[index + 1],
      outcomes: outcomesOf(given),
    });
}

/** Plugins that die, answer wrongly and lack something, each seen by one probe. */
const some = ['exits-at-unknown-name', 'health-not-serving', 'no-controller'];

/** What depends on how often something was done before, or on time alone, shows in another probe each time. */
const counting =
  /^exits-.*-after-handshake|-(?:tenth|fortieth|15|three|third|second)-|-after-three$|first-connection|turns-|late|at-first|cancelled-/;

const rows =
  extent === 'full'
    ? oneOfEach(
        mutants.filter(({ name }) => !counting.test(name)),
        ({ expect: { requirement, class: name } }) => `${requirement} ${name}`,
      )
    : mutants.filter(({ name }) => some.includes(name));

describe.concurrent('in the given order, in two others, and each probe alone', () => {
  const good = fixtures().filter(({ available }) => available);
  const chosen =
    extent === 'some' ? good.filter(({ name }) => name === 'go-tcp' || name === 'typescript').slice(0, 1) : good;
  test.each(chosen.map((fixture) => [fixture.name, fixture] as const))(
    'the good plugin %s',
    { timeout: 900_000 },
    async (_, { command, cookie, protocolVersions }) => {
      await expectAgreement((options) =>
        check({ command, system: 'hashicorp-grpc', cookie, protocolVersions, ...options }),
      );
    },
  );

  test.each(rows.map((row) => [row.name, row] as const))('%s', { timeout: 900_000 }, async (_, row) => {
    const only = extent === 'full' ? {} : { only: ['HL', 'CT'] };
    await expectAgreement((options) => checkRow(row, { ...only, ...options }));
  });
});
