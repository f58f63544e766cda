/** A plugin whose system nobody names is told by what it does: each example of each system, and a program of none. */
import { describe, expect, test } from 'vitest';
import { fixtures } from '../scripts/fixtures/fixtures.mjs';
import { polarisFixtures } from '../scripts/fixtures/polaris-fixtures.mjs';
import { tilotechFixtures } from '../scripts/fixtures/tilotech.mjs';
import { check, type Report } from '../src/index.ts';
import { broken, cookie } from './support/plugins.ts';
import { isRequired } from './support/required.ts';

/** The prototype of Polaris plugins takes a cookie that nobody else has and that differs from its successors'. */
const askedByCookie = 'P0';

const plugins = [
  ...fixtures().map((fixture) => ({ ...fixture, system: 'hashicorp-grpc' })),
  ...tilotechFixtures().map((fixture) => ({ ...fixture, system: 'tilotech' })),
  ...polarisFixtures()
    .filter(({ generation }) => generation !== askedByCookie)
    .map((fixture) => ({ ...fixture, language: fixture.name.split('-')[1] ?? '', system: 'polaris' })),
];

const noteOf = ({ notes = [] }: Report): string => notes.find((note) => /recognised|cannot be told/.test(note)) ?? '';

const look = (command: readonly string[]): Promise<Report> => check({ command, smoke: true });

describe('an example plugin', () => {
  test.each(plugins)('$name', async ({ system, command, language, ...rest }) => {
    if (!rest.available) {
      expect(isRequired(language), rest.reason).toBe(false);
      return;
    }
    const report = await look(command);
    expect(report.system).toBe(system);
    expect(noteOf(report)).toMatch(new RegExp(`^recognised as ${system}: it `));
  });
});

test('a go-plugin that never looks at its cookie is nobody else’s', async () => {
  const report = await look(broken('cookie-unchecked'));
  expect(report.system).toBe('hashicorp-grpc');
  expect(noteOf(report)).toMatch(/^recognised as hashicorp-grpc: it prints a handshake line/);
});

test('a cookie that was given is used', async () => {
  const report = await check({ command: broken('none'), smoke: true, cookie });
  expect({ system: report.system, note: noteOf(report) }).toEqual({
    system: 'hashicorp-grpc',
    note: 'recognised as hashicorp-grpc: it prints a handshake line that names grpc',
  });
});

test('a program of no system is judged as a go-plugin, and what it does instead is told', async () => {
  const report = await look(['/bin/echo', 'hello']);
  expect(report.verdict).toBe('nonconformant');
  expect(noteOf(report)).toBe(
    'the system cannot be told from what the plugin does: it prints `hello`, exited with code 0; it is judged as hashicorp-grpc (--system names another)',
  );
});
