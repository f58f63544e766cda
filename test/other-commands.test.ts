/** The commands beside `check`: run, baseline, list, explain, report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Report, RunReport } from '../src/index.ts';
import { type CommandOptions, leftovers, startCommand } from './support/command.ts';
import { broken, cookie, good, hostWords } from './support/plugins.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

async function plugfest(words: readonly string[], options: CommandOptions = {}) {
  const command = startCommand(words, options);
  const code = await command.ended;
  expect(leftovers(command)).toEqual([]);
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

describe('run', () => {
  const profile = { name: 'my-host', system: 'hashicorp-grpc', cookie, protocolVersions: [1] };
  const config = {
    profile: 'host.plugfest.json',
    plugins: [
      { name: 'good', command: good, only: ['HL'] },
      { name: 'silent', command: broken('banner'), only: ['HS'] },
    ],
    report: { junit: 'out.xml' },
  };

  function project(plugins = config.plugins): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'host.plugfest.json'), JSON.stringify(profile));
    const own = plugins.map((plugin) => ({ ...plugin, profile: './host.plugfest.json' }));
    writeFileSync(join(folder, 'plugfest.config.json'), JSON.stringify({ plugins: own, reports: config.report }));
    return folder;
  }

  test('checks every plugin of the config, in one report', async () => {
    const cwd = project();
    const { code, stdout } = await plugfest(['run', '--json'], { cwd });
    expect(code).toBe(1);
    const run = JSON.parse(stdout) as RunReport;
    expect(run).toMatchObject({ kind: 'run', verdict: 'nonconformant' });
    expect(run.reports.map(({ plugin, verdict }) => [plugin.name, verdict])).toEqual([
      ['good', 'conformant'],
      ['silent', 'nonconformant'],
    ]);
    expect(readFileSync(join(cwd, 'out.xml'), 'utf8').match(/<testsuite /g)?.length).toBeGreaterThanOrEqual(2);
  });

  test('checks only those that are named', async () => {
    const cwd = project();
    expect((await plugfest(['run', 'good'], { cwd })).code).toBe(0);
    const { code, stderr } = await plugfest(['run', 'bad'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/no plugin "bad".*good, silent/);
  });

  test('wants a config', async () => {
    const { code, stderr } = await plugfest(['run'], { cwd: temporaryFolder() });
    expect(code).toBe(2);
    expect(stderr).toContain('plugfest.config');
  });
});

describe('baseline', () => {
  const plugin = broken('banner');
  const check = (path: string, ...words: readonly string[]) =>
    plugfest(['check', ...hostWords, '--baseline', path, ...words, '--', ...plugin]);

  test('is written by update, and then holds', async () => {
    const path = join(temporaryFolder(), 'known.yaml');
    const words = [...hostWords, '--only', 'HS', '--baseline', path, '--', ...plugin];
    expect((await plugfest(['baseline', 'update', ...words])).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('GRPC-HS-001');
    const { code, stdout } = await check(path, '--only', 'HS');
    expect(stdout).toContain('known');
    // What waits behind the known failure was not judged.
    expect(code).toBe(3);
  });

  test('keeps reasons and comments when it is updated', async () => {
    const path = join(temporaryFolder(), 'known.yaml');
    writeFileSync(
      path,
      'known:\n  # see the tracker\n  - id: GRPC-HS-001\n    reason: the banner stays until summer\n',
    );
    const words = [...hostWords, '--only', 'HS', '--baseline', path, '--', ...plugin];
    await plugfest(['baseline', 'update', ...words]);
    expect(readFileSync(path, 'utf8')).toMatch(/# see the tracker\n[\s\S]*the banner stays until summer/);
  });

  test.each<[string, string, readonly string[], RegExp]>([
    ['did not fail', 'id: GRPC-HL-001', good, /GRPC-HL-001 is listed .* passed: remove it/],
    ['means nothing', 'id: GRPC-XX-001', good, /GRPC-XX-001 is listed .* matches no requirement: /],
    ['is past its date', 'id: GRPC-HS-001\n    until: 2020-01-01', plugin, /until 2020-01-01, and that day is over/],
  ])('fails the run over an entry that %s', async (_, entry, command, message) => {
    const path = join(temporaryFolder(), 'known.yaml');
    writeFileSync(path, `known:\n  - ${entry}\n    reason: old\n`);
    const words = ['check', ...hostWords, '--only', 'HL,GRPC-HS-001', '--baseline', path, '--', ...command];
    const { code, stdout } = await plugfest(words);
    expect(code).toBe(1);
    expect(stdout).toMatch(message);
  });
});

describe('list and explain', () => {
  test('list names every requirement with level and status', async () => {
    const { code, stdout } = await plugfest(['list', 'hashicorp-grpc']);
    expect(code).toBe(0);
    expect(stdout.match(/GRPC-[A-Z]+-\d{3}/g)?.length).toBeGreaterThanOrEqual(204);
    expect(stdout).toMatch(/● GRPC-HL-001\s+MUST/);
  });

  test('list tells the coverage, and JSON for programs', async () => {
    expect((await plugfest(['list', 'hashicorp-grpc', '--coverage'])).stdout).toMatch(/204/);
    const listed = JSON.parse((await plugfest(['list', 'hashicorp-grpc', '--json'])).stdout);
    expect(JSON.stringify(listed)).toContain('GRPC-HS-018');
  });

  test('explain tells rule, reason, hosts, fixes and probe', async () => {
    const { code, stdout } = await plugfest(['explain', 'GRPC-HS-018']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/MUST|SHOULD|MAY/);
    for (const word of ['why', 'hosts', 'mend', 'go:', 'python:', 'typescript:', 'probed', 'source'])
      expect(stdout.toLowerCase()).toContain(word);
  });

  test('explain knows the classes of diagnoses as well', async () => {
    const { code, stdout } = await plugfest(['explain', 'output-before-handshake']);
    expect(code).toBe(0);
    expect(stdout).toContain('GRPC-HS-001');
  });

  test('and what it does not know it says', async () => {
    const { code, stderr } = await plugfest(['explain', 'GRPC-HS-999']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/GRPC-HS-999[\s\S]*did you mean/);
    expect((await plugfest(['list', 'hashicorp'])).code).toBe(2);
  });
});

describe('report', () => {
  test('turns a saved report into any format', async () => {
    const path = join(temporaryFolder(), 'out.json');
    const { stdout } = await plugfest(['check', ...hostWords, '--smoke', '--json', '--', ...broken('banner')]);
    writeFileSync(path, stdout);
    const saved = JSON.parse(stdout) as Report;
    const to = async (format: string) => (await plugfest(['report', path, '--to', format])).stdout;
    expect(JSON.parse(await to('json'))).toEqual(saved);
    expect(await to('junit')).toContain('<testsuite');
    expect(await to('markdown')).toContain('nonconformant');
    expect(await to('html')).toMatch(/<!doctype html>/i);
    expect(await to('terminal')).toContain('✗ nonconformant');
  });

  test.each<[string, string, RegExp]>([
    ['is no JSON', 'not json', /JSON/],
    ['is something else', '{"kind":"recipe"}', /report/],
    ['is of a later version', '{"kind":"report","schemaVersion":99}', /schemaVersion|version/],
  ])('refuses a file that %s', async (_, text, message) => {
    const path = join(temporaryFolder(), 'out.json');
    writeFileSync(path, text);
    const { code, stdout, stderr } = await plugfest(['report', path, '--to', 'markdown']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
