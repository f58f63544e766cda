/** `plugfest check` as it is lived in: its options, what it prints and writes, and its exit codes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Report } from '../src/index.ts';
import { type CommandOptions, leftovers, startCommand } from './support/command.ts';
import { broken, good, hostWords } from './support/plugins.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

async function plugfest(words: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const command = startCommand(words, options);
  const code = await command.ended;
  expect(leftovers(command)).toEqual([]);
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

const check = (words: readonly string[], plugin: readonly string[] = good, options: CommandOptions = {}) =>
  plugfest(['check', ...hostWords, ...words, '--', ...plugin], options);

async function report(words: readonly string[], plugin: readonly string[] = good): Promise<Report> {
  const { stdout } = await check(['--json', ...words], plugin);
  return JSON.parse(stdout) as Report;
}

describe('what it says', () => {
  test('of a good plugin: the verdict, and how many requirements passed', async () => {
    const { code, stdout, stderr } = await check(['--smoke']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ conformant {2}\d+ passed/);
    expect(stdout).not.toContain('\u001b[');
    expect(stderr).toBe('');
  });

  test('of a broken one: the diagnosis first, then evidence, host and fix', async () => {
    const { code, stdout } = await check(['--only', 'HL'], broken('health-throws-for-unknown'));
    expect(code).toBe(0);
    expect(stdout).toContain('Warnings');
    const silent = await check(['--smoke'], broken('banner'));
    expect(silent.code).toBe(1);
    const places = ['Diagnosis', '  ● ', '    fix', 'Failed', 'expected', 'observed', 'evidence', 'host', 'reproduce'];
    const found = places.map((place) => silent.stdout.indexOf(place));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found[0]).toBeGreaterThan(0);
  });

  test('with --verbose: every requirement; with --quiet: no details', async () => {
    const loud = await check(['--only', 'HL', '--verbose']);
    expect(loud.stdout).toMatch(/GRPC-HL-001.*\n(?:.*\n)*.*GRPC-HL-007/);
    const quiet = await check(['--smoke', '--quiet'], broken('banner'));
    expect(quiet.stdout).toContain('Diagnosis');
    expect(quiet.stdout).not.toContain('reproduce');
  });

  test.each([
    ['of a rule', ['--smoke'], 'banner'],
    ['that no probe of its own has shown', ['--only', 'HL'], 'exits-30-ms-after-streams-open'],
  ])('the command that reproduces a failure %s reproduces it', async (_, words, fault) => {
    const { outcomes } = await report(words, broken(fault));
    const failed = outcomes.find(({ outcome }) => outcome === 'failed');
    const argv = failed?.reproduce?.argv ?? [];
    expect(argv.slice(0, 2)).toEqual(['plugfest', 'check']);
    const again = await plugfest(['check', '--json', ...argv.slice(2)]);
    const repeated = (JSON.parse(again.stdout) as Report).outcomes.filter(({ outcome }) => outcome === 'failed');
    expect(repeated.map(({ id }) => id)).toContain(failed?.id);
    expect(again.code).toBe(1);
  });
});

describe('what is probed', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['one id', ['--only', 'GRPC-HL-002'], /^GRPC-HL-002$/],
    ['an area', ['--only', 'hl'], /^GRPC-HL-/],
    ['two words', ['--only', 'HL,GRPC-CT-*'], /^GRPC-(?:HL|CT)-/],
    ['a class', ['--only', 'health-not-serving'], /^GRPC-HL-/],
    ['all but an area', ['--only', 'HL,CT', '--skip', 'CT'], /^GRPC-HL-/],
  ])('%s', async (_, words, pattern) => {
    const { outcomes, complete } = await report(words);
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.map(({ id }) => id).filter((id) => !pattern.test(id))).toEqual([]);
    expect(complete).toBe(false);
  });

  test('one level', async () => {
    const { outcomes, scope } = await report(['--only', 'HL', '--level', 'must']);
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.filter(({ level }) => level !== 'MUST')).toEqual([]);
    expect(scope).toMatchObject({ level: 'MUST' });
  });

  test('the same in another order, several times, and alone', async () => {
    const plain = await report(['--only', 'HL']);
    const verdicts = ({ outcomes }: Report) => outcomes.map(({ id, outcome }) => [id, outcome]);
    expect(verdicts(await report(['--only', 'HL', '--shuffle', '7']))).toEqual(verdicts(plain));
    expect(verdicts(await report(['--only', 'HL', '--repeat', '2']))).toEqual(verdicts(plain));
    const alone = await report(['--only', 'HL', '--isolate', '--concurrency', '2']);
    expect(verdicts(alone)).toEqual(verdicts(plain));
    expect(alone.launches.length).toBeGreaterThan(plain.launches.length);
  });

  test('no more after the first failed MUST, with --bail', async () => {
    const { outcomes, complete } = await report(['--only', 'CT,SD', '--bail'], broken('shutdown-crashes-at-exit'));
    expect(complete).toBe(false);
    expect(outcomes.filter(({ level, outcome }) => level === 'MUST' && outcome === 'failed').length).toBeLessThan(2);
  });
});

describe('exit codes', () => {
  test('a SHOULD counts with --strict', async () => {
    expect((await check(['--only', 'SD'], broken('shutdown-exits-with-3'))).code).toBe(0);
    expect((await check(['--only', 'SD', '--strict'], broken('shutdown-exits-with-3'))).code).toBe(1);
  });

  test('a program that is not there is judged, not refused', async () => {
    const { code, stdout } = await check([], ['/nonexistent/plugin']);
    expect(code).toBe(1);
    expect(stdout).toContain('GRPC-LE-001');
  });

  test('a checksum that does not fit', async () => {
    const { code, stdout } = await check(['--checksum', 'a'.repeat(64)]);
    expect(code).toBe(1);
    expect(stdout).toContain('checksum-mismatch');
  });

  test.each<[string, readonly string[], RegExp]>([
    ['no program', ['check'], /expected a program to check/],
    ['an unknown option', ['check', '--onyl', 'HL', '--', 'x'], /unknown option '--onyl'[\s\S]*--only/],
    ['an unknown command', ['chekc'], /unknown command 'chekc'[\s\S]*check/],
    ['a cookie without a value', ['check', '--cookie', 'A', '--', 'x'], /--cookie: expected KEY=VALUE/],
    ['a version that is none', ['check', '--protocol-version', 'one', '--', 'x'], /expected a whole number/],
    ['a system that is none', ['check', '--system', 'hashicorp', '--', 'x'], /no system "hashicorp".*hashicorp-grpc/],
    ['a word that means nothing', ['check', ...hostWords, '--only', 'HX', '--', 'x'], /"HX" is no requirement id/],
    [
      'a profile that is not there',
      ['check', '--profile', 'terrafrom', '--', 'x'],
      /no file and no profile[\s\S]*terraform/,
    ],
    ['a baseline that is not there', ['check', '--baseline', '/nonexistent.yaml', '--', 'x'], /\/nonexistent\.yaml/],
    ['a format that is none', ['check', '--report', 'pdf=x', '--', 'x'], /pdf[\s\S]*json/],
    ['a level that is none', ['check', '--level', 'CAN', '--', 'x'], /MUST, SHOULD or MAY/],
    ['a folder that is not there', ['check', ...hostWords, '--cwd', '/nonexistent', '--', 'x'], /there is no folder/],
    ['a time that is none', ['check', ...hostWords, '--timeout', 'soon', '--', 'x'], /timeout[\s\S]*10s/],
    ['loud and quiet', ['check', '--quiet', '--verbose', '--', 'x'], /exclude each other/],
  ])('2 for %s', async (_, words, message) => {
    const { code, stdout, stderr } = await plugfest(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^plugfest: /);
  });
});

describe('what it writes', () => {
  test('a report in every format, and the job summary', async () => {
    const folder = temporaryFolder();
    const summary = join(folder, 'summary.md');
    writeFileSync(summary, 'before\n');
    const formats = { json: 'r.json', junit: 'r.xml', markdown: 'r.md', html: 'deep/r.html' };
    mkdirSync(join(folder, 'deep'));
    const words = Object.entries(formats).flatMap(([name, file]) => ['--report', `${name}=${join(folder, file)}`]);
    const { code, stdout } = await check(['--smoke', '--json', ...words], good, {
      env: { GITHUB_STEP_SUMMARY: summary },
    });
    expect(code).toBe(0);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(read('r.json')).toBe(stdout);
    expect(read('r.xml')).toMatch(/^<\?xml[\s\S]*<testcase[\s\S]*GRPC-HL-001/);
    expect(read('r.md')).toContain('conformant');
    expect(read('deep/r.html')).toMatch(/^<!doctype html>/i);
    expect(read('summary.md')).toMatch(/^before\n[\s\S]*conformant/);
  });

  test('and says so before it begins where it cannot', async () => {
    const folder = temporaryFolder();
    const words = ['--report', 'markdown=/nonexistent/folder/r.md', '--report', `json=${join(folder, 'r.json')}`];
    const { code, stdout, stderr } = await check(['--smoke', ...words]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('/nonexistent/folder');
  });
});
