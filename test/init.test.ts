/** `plugfest init` on real plugins: what it writes is a profile that the plugin passes, and nothing is lost. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { polarisFixtures } from '../scripts/fixtures/polaris-fixtures.mjs';
import { profileText } from '../src/config/profile-text.ts';
import { leftovers, startCommand } from './support/command.ts';
import { broken, cookie, good, hostWords } from './support/plugins.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

async function plugfest(cwd: string, words: readonly string[]) {
  const command = startCommand(words, { cwd });
  const code = await command.ended;
  expect(leftovers(command)).toEqual([]);
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

const init = (cwd: string, ...words: string[]) =>
  plugfest(cwd, ['init', '--name', 'kv', '--cookie', `${cookie.key}=${cookie.value}`, ...words, '--', ...good]);

const polaris = polarisFixtures().find(({ name }) => name === 'polaris-typescript-P3')?.command ?? [];

/** The file as it is once the # before its calls are taken away. */
const uncommented = (text: string): string =>
  text.slice(0, text.indexOf('# calls:')).concat(text.slice(text.indexOf('# calls:')).replace(/^# /gm, ''));

describe('what is written', () => {
  test('is what was seen, and the plugin passes with it', async () => {
    const folder = temporaryFolder();
    const { code, stdout, stderr } = await init(folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('kv.plugfest.yaml is written');
    expect(stdout).toContain('- run: npx --yes plugfest check --profile kv.plugfest.yaml -- ');
    const path = join(folder, 'kv.plugfest.yaml');
    expect(parse(readFileSync(path, 'utf8'))).toEqual({
      name: 'kv',
      system: 'hashicorp-grpc',
      cookie,
      protocolVersions: [1],
      services: expect.arrayContaining(['api.components.Plugin', 'proto.Counter', 'proto.KV']),
    });
    expect((await plugfest(folder, ['check', '--smoke', '--profile', path, '--', ...good])).code).toBe(0);
  });

  test('has a call for each method, which needs no more than the # taken away', async () => {
    const folder = temporaryFolder();
    await init(folder);
    const path = join(folder, 'kv.plugfest.yaml');
    const text = uncommented(readFileSync(path, 'utf8'));
    const { calls } = parse(text) as { calls: readonly { name: string; method: string }[] };
    expect(calls).toEqual(
      expect.arrayContaining([
        { name: 'kv-get', method: 'proto.KV/Get', request: { key: '' }, response: { value: '' } },
        { name: 'counter-count', method: 'proto.Counter/Count', request: { to: 0 }, response: [{ number: 0 }] },
      ]),
    );
    writeFileSync(path, text);
    const words = ['check', '--only', 'CALL:kv/kv-put', '--profile', path, '--json', '--', ...good];
    const { stdout, stderr } = await plugfest(folder, words);
    const { outcomes } = JSON.parse(stdout || stderr) as { outcomes: readonly { id: string; outcome: string }[] };
    expect(outcomes).toEqual([expect.objectContaining({ id: 'CALL:kv/kv-put', outcome: 'passed' })]);
  });

  test('is for Polaris as well', async () => {
    const folder = temporaryFolder();
    const words = ['--name', 'limiter', '--', ...polaris];
    expect((await plugfest(folder, ['init', ...words])).code).toBe(0);
    const text = readFileSync(join(folder, 'limiter.plugfest.yaml'), 'utf8');
    expect(parse(uncommented(text))).toMatchObject({
      system: 'polaris',
      services: ['api.RateLimiter'],
      calls: expect.arrayContaining([expect.objectContaining({ method: 'api.RateLimiter/Allow' })]),
    });
  });

  test('keeps what a plugin calls its messages on one line', () => {
    const text = profileText({
      name: 'x',
      system: 'hashicorp-grpc',
      command: 'npx plugfest',
      cookie: undefined,
      versions: [],
      tls: undefined,
      services: [],
      capabilities: [],
      calls: [{ method: 'a.B/C', request: { 'x\nname: evil': 'y\nname: evil' }, response: { '\u2028': '#\r' } }],
      startMs: undefined,
    });
    expect(parse(text)).toEqual({ name: 'x', system: 'hashicorp-grpc' });
  });
});

describe('nothing is written', () => {
  test('over a file that is there, unless --force says so', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'kv.plugfest.yaml'), 'mine');
    expect(await init(folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('kv.plugfest.yaml is there already'),
    });
    expect(readFileSync(join(folder, 'kv.plugfest.yaml'), 'utf8')).toBe('mine');
    expect((await init(folder, '--force')).code).toBe(0);
    expect(readFileSync(join(folder, 'kv.plugfest.yaml'), 'utf8')).toContain('name: kv');
  });

  test.each<[string, readonly string[], RegExp]>([
    ['a plugin that is not there', ['--', './nothing'], /no such file/],
    ['a plugin that does not get ready', [...hostWords, '--', ...broken('banner')], /Line 1 on stdout/],
    ['an unknown system', ['--system', 'hashicorp-grcp', '--', ...good], /did you mean `--system hashicorp-grpc`/],
    ['a cookie without a value', ['--cookie', 'KEY', '--', ...good], /expected KEY=VALUE/],
    ['no program', [], /missing required argument/],
    ['a folder that is not there', ['--output', 'no/where.yaml', '--', ...good], /there is no folder/],
  ])('for %s', async (_, words, message) => {
    const folder = temporaryFolder();
    const { code, stderr } = await plugfest(folder, ['init', ...words]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(folder, 'no'))).toBe(false);
  });
});
