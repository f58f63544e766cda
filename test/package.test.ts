/** The package as npm would publish it, unpacked into an empty project: nothing is missing and nothing is too much. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtures } from '../scripts/fixtures/fixtures.mjs';

const root = join(import.meta.dirname, '..');
const ours = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const plugin = fixtures().find(({ name }) => name === 'typescript');

let project: string;
let packed: readonly string[];
const inPackage = (path: string): string => join(project, 'node_modules/plugfest', path);

/** A program of the project, with nothing of this test run in its environment. */
function run(command: string, args: readonly string[]) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_|npm_)/.test(name)));
  const options = { cwd: project, encoding: 'utf8', env: { ...env, NO_COLOR: '1', GITHUB_STEP_SUMMARY: '' } } as const;
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, timeout: 100_000 });
  return { status, stdout, stderr };
}

const cookie = plugin?.cookie ?? { key: '', value: '' };
const options = JSON.stringify({ command: plugin?.command, cookie, smoke: true });

const sources: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "user", "private": true, "type": "module" }',
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: ['node'] },
    include: ['*.ts'],
  }),
  'library.ts': `import { check, isUsageError, type Report } from 'plugfest';
const events: string[] = [];
const checking = check(${options});
for await (const event of checking) events.push(event.type);
const report: Report = await checking;
try { await check({ command: [] }); } catch (error) { events.push(String(isUsageError(error))); }
process.stdout.write(JSON.stringify([report.verdict, events[0], events.at(-1)]));
`,
  'conformance.test.ts': `import { conformance } from 'plugfest/vitest';
conformance({ ...${options}, command: ${JSON.stringify(plugin?.command)} as string[] });
`,
};

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'plugfest-package-'));
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', project];
  const [{ filename, files }] = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8' }));
  packed = files.map(({ path }: { path: string }) => path);
  const modules = join(project, 'node_modules');
  mkdirSync(inPackage('.'), { recursive: true });
  execFileSync('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', inPackage('.')]);
  for (const name of [...Object.keys(ours.dependencies), 'vitest', 'typescript', '@types/node']) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(project, name), text);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed package', () => {
  test('holds what is built, the schemas and the words about it', () => {
    const folders = new Set(packed.map((path) => path.split('/')[0]));
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'schemas'];
    expect([...folders].sort()).toEqual(expected);
    expect(packed).toContain('dist/THIRD-PARTY-NOTICES.txt');
    expect(packed.filter((path) => /[.]test[.]|fixture/.test(path))).toEqual([]);
  });

  test('loads nothing but Node, its dependencies and its peers', () => {
    const files = readdirSync(inPackage('dist'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.js'),
    );
    const loaded = files.flatMap((file) => {
      const text = readFileSync(join(inPackage('dist'), file), 'utf8');
      return [
        ...text.matchAll(/(?:^|[;}\s])(?:import|export)\b[^'";]*?from\s*"([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/g),
      ];
    });
    const allowed = new Set([...Object.keys(ours.dependencies), ...Object.keys(ours.peerDependencies)]);
    const foreign = loaded
      .map(([, from, lazily]) => from ?? lazily ?? '')
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
      .filter(
        (name) =>
          !allowed.has(
            name
              .split('/')
              .slice(0, name.startsWith('@') ? 2 : 1)
              .join('/'),
          ),
      );
    expect(loaded.length).toBeGreaterThan(10);
    expect([...new Set(foreign)]).toEqual([]);
  });

  test('passes on the licences of what is bundled', () => {
    const notices = readFileSync(inPackage('dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['commander', 'valibot', 'yaml', 'picocolors', '@bufbuild/protobuf'])
      expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
    for (const name of Object.keys(ours.dependencies)) expect(notices).not.toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  test('brings as many packages as the README says', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    type Locked = { readonly [flag: string]: boolean };
    const brought = Object.entries<Locked>(packages).filter(
      ([path, one]) => path !== '' && !one['dev'] && !one['devOptional'] && !one['optional'] && !one['peer'],
    );
    expect(readFileSync(inPackage('README.md'), 'utf8')).toMatch(new RegExp(`brings ${brought.length}\\s+packages`));
  });

  test('its command runs', () => {
    expect(run(process.execPath, [inPackage('dist/bin.js'), '--version'])).toMatchObject({
      status: 0,
      stdout: `${ours.version}\n`,
    });
    const words = ['check', '--smoke', '--cookie', `${cookie.key}=${cookie.value}`, '--', ...(plugin?.command ?? [])];
    expect(run(process.execPath, [inPackage('dist/bin.js'), ...words])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('✓ conformant'),
    });
  });

  test('its types stand under nodenext, and its declarations by themselves', () => {
    const compiler = join(project, 'node_modules/typescript/bin/tsc');
    expect(run(process.execPath, [compiler, '-p', '.'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('it can be imported', () => {
    writeFileSync(
      join(project, 'library.mjs'),
      (sources['library.ts'] ?? '').replace(/, type Report|: \w+(\[\])?(?= =)/g, ''),
    );
    expect(run(process.execPath, ['library.mjs'])).toMatchObject({
      status: 0,
      stdout: '["conformant","planned","true"]',
    });
    const schema = "import.meta.resolve('plugfest/schemas/report.v1.json')";
    expect(run(process.execPath, ['--input-type=module', '-e', schema])).toMatchObject({ status: 0, stderr: '' });
  });

  test('it brings its tests into Vitest', () => {
    const vitest = join(project, 'node_modules/vitest/vitest.mjs');
    const { status, stdout, stderr } = run(process.execPath, [vitest, 'run', '--testNamePattern', 'GRPC-HL']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/Tests {2}\d+ passed/);
  });
});
