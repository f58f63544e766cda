/** The published JSON Schemas are fresh, and agree with what the code itself accepts. */
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import {
  conformantReport,
  interruptedReport,
  nonconformantReport,
  sampleRun,
} from '../report/formats/sample-report.ts';
import { parseReport } from '../report/report-schema.ts';
import { refusal } from './refusal.ts';

const names = ['baseline.v1.json', 'config.v1.json', 'profile.v1.json', 'report.v1.json'];
const root = join(import.meta.dirname, '../..');
const published = (name: string): Promise<string> => readFile(join(root, 'schemas', name), 'utf8');
const run = (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, ['scripts/generate-schemas.mjs', ...words], { cwd: root });

describe('the published schemas', () => {
  test('are what the code generates now', async () => {
    expect(await run('--check')).toEqual({ stdout: '', stderr: '' });
    expect((await readdir(join(root, 'schemas'))).sort()).toEqual(names);
  });

  test('are known to be stale when they differ', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plugfest-schemas-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await run(folder);
    for (const name of names) expect(await readFile(join(folder, name), 'utf8')).toBe(await published(name));
    await appendFile(join(folder, 'config.v1.json'), '\n');
    await expect(run('--check', folder)).rejects.toMatchObject({
      code: 1,
      stderr: 'config.v1.json is stale: run node scripts/generate-schemas.mjs\n',
    });
  });

  test.each(names)('%s has its name as its id, and compiles in the strictest mode', async (name) => {
    const schema = JSON.parse(await published(name)) as { $id: string; title: string; description: string };
    expect(schema.$id).toBe(name);
    expect(schema.title).toMatch(/^Plugfest /);
    expect(schema.description).not.toBe('');
    expect(() => new Ajv({ strict: true, strictRequired: true }).compile(schema)).not.toThrow();
  });
});

async function validator(name: string): Promise<(value: unknown) => boolean> {
  const validate = new Ajv({ strict: true }).compile(JSON.parse(await published(name)) as object);
  return (value) => validate(value) === true;
}

const isReport = async (value: unknown): Promise<boolean> =>
  (await refusal(() => parseReport(value, 'out.json'))) === 'accepted';

interface Mutilation {
  readonly at: string;
  readonly value: unknown;
}

/** Every copy of a value in which one thing somewhere is gone, of another type, or one more. */
function* mutilations(value: unknown, at = 'top'): Generator<Mutilation> {
  yield { at: `${at} is null`, value: null };
  yield { at: `${at} is a list or map`, value: Array.isArray(value) ? {} : [] };
  yield { at: `${at} is text or a number`, value: typeof value === 'string' ? 7 : 'text' };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const inner of mutilations(item, `${at}[${index}]`))
        yield { ...inner, value: value.with(index, inner.value) };
    }
  } else if (typeof value === 'object' && value !== null) {
    yield { at: `${at} has one more field`, value: { ...value, later: ['field'] } };
    for (const [key, item] of Object.entries(value)) {
      const rest = Object.entries(value).filter(([other]) => other !== key);
      yield { at: `${at} lacks ${key}`, value: Object.fromEntries(rest) };
      for (const inner of mutilations(item, `${at}.${key}`))
        yield { ...inner, value: { ...value, [key]: inner.value } };
    }
  }
}

describe('report.v1.json', () => {
  test.each([
    ['a conformant report', conformantReport()],
    ['a nonconformant report', nonconformantReport()],
    ['an interrupted report', interruptedReport()],
    ['a run', sampleRun([conformantReport()])],
    ['a run of nothing', sampleRun([])],
  ])('accepts %s, and of its mutilations exactly those that Plugfest reads', async (_, report) => {
    const validate = await validator('report.v1.json');
    expect(validate(report)).toBe(true);
    const disagreed: string[] = [];
    let refused = 0;
    for (const { at, value } of mutilations(report)) {
      const isFine = validate(value);
      // Valibot takes a list for a map in which everything may be left out; nobody loses by that.
      const isHarmless = /\.(?:scope|exit) is a list or map$/.test(at);
      if (isFine !== (await isReport(value)) && !isHarmless) disagreed.push(at);
      if (!isFine) refused += 1;
    }
    expect(disagreed).toEqual([]);
    expect(refused).toBeGreaterThan(10);
  });
});

describe('profile.v1.json', () => {
  test('accepts every profile that is shipped', async () => {
    const validate = await validator('profile.v1.json');
    const systems = await readdir(join(root, 'suites'), { withFileTypes: true });
    const folders = systems
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(root, 'suites', name, 'profiles'));
    const files = await Promise.all(
      folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((file) => join(folder, file))),
    );
    const refused: string[] = [];
    for (const file of files.flat()) if (!validate(parse(await readFile(file, 'utf8')))) refused.push(file);
    expect(refused).toEqual([]);
    expect(files.flat().length).toBeGreaterThan(10);
  });

  test.each([
    ['no name', {}, false],
    ['an unknown key', { name: 'mine', cokie: {} }, false],
    ['tls as a switch', { name: 'mine', tls: true }, false],
    ['a duration', { name: 'mine', startTimeout: '1.5s' }, true],
    ['a duration in an unknown unit', { name: 'mine', startTimeout: '5 parsecs' }, false],
    ['versions as a list', { name: 'mine', protocolVersions: [5, 6] }, true],
    ['versions as a map', { name: 'mine', protocolVersions: { 5: { services: ['a.B'] }, 6: null } }, true],
    ['a version that is no number', { name: 'mine', protocolVersions: { five: null } }, false],
    ['the block of a system', { name: 'mine', 'hashicorp-grpc': { deadlines: { call: '2s' } } }, true],
    [
      'an unknown key in the block of a system',
      { name: 'mine', 'hashicorp-grpc': { deadlines: { cal: '2s' } } },
      false,
    ],
    ['a call', { name: 'mine', calls: [{ name: 'get', method: 'proto.KV/Get', request: { key: 'a' } }] }, true],
    ['a call without a method', { name: 'mine', calls: [{ name: 'get' }] }, false],
  ])('judges %s', async (_, profile, isFine) => {
    expect((await validator('profile.v1.json'))(profile)).toBe(isFine);
  });
});

const kv = { name: 'kv', command: ['./kv', 'serve'] };

describe('config.v1.json', () => {
  test.each([
    ['one plugin', { plugins: [kv] }, true],
    [
      'everything at the top',
      { plugins: [kv], reports: { junit: 'a.xml' }, concurrency: 2, timeout: 10, strict: true },
      true,
    ],
    ['no plugins', { plugins: [] }, false],
    ['a command as text', { plugins: [{ ...kv, command: './kv serve' }] }, false],
    ['a profile in place', { plugins: [{ ...kv, profile: { name: 'mine' } }] }, true],
    ['a number in env', { plugins: [{ ...kv, env: { PORT: 1 } }] }, false],
    ['an unknown level', { plugins: [{ ...kv, level: 'must' }] }, false],
    ['an unknown key', { plugins: [{ ...kv, comand: [] }] }, false],
  ])('judges %s', async (_, config, isFine) => {
    expect((await validator('config.v1.json'))(config)).toBe(isFine);
  });

  test('offers systems and shipped profiles to editors', async () => {
    const schema = JSON.parse(await published('config.v1.json')) as {
      $defs: { plugin: { properties: Record<string, { examples?: string[] }> } };
    };
    const { system, profile } = schema.$defs.plugin.properties;
    expect(system?.examples).toContain('hashicorp-grpc');
    expect(profile?.examples).toContain('terraform');
  });
});

describe('baseline.v1.json', () => {
  test.each([
    ['a list under known', { known: [{ id: 'GRPC-HS-001', reason: 'old' }] }, true],
    ['a bare list', [{ id: 'GRPC-HS-001', reason: 'old', until: '2026-12-31' }], true],
    ['nothing known', { known: null }, true],
    ['an entry without a reason', [{ id: 'GRPC-HS-001' }], false],
    ['another form of day', [{ id: 'GRPC-HS-001', reason: 'old', until: '31.12.2026' }], false],
  ])('judges %s', async (_, baseline, isFine) => {
    expect((await validator('baseline.v1.json'))(baseline)).toBe(isFine);
  });
});
