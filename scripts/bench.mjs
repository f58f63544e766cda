/**
 * `npm run bench`: what Plugfest costs, beside the least that the same work can cost. Both sides of a ratio are measured
 * in one run and in turns. A ratio above its target is marked; the machine must be idle for the numbers to mean anything.
 *
 *     npm run bench                    # everything; some minutes
 *     npm run bench -- start smoke     # only these parts: start, smoke, full, many, fixtures
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { race, timed } from './bench/measure.mjs';
import { fixtures } from './fixtures/fixtures.mjs';
import { realHosts } from './fixtures/hosts.mjs';
import { polarisFixtures } from './fixtures/polaris-fixtures.mjs';
import { tilotechFixtures } from './fixtures/tilotech.mjs';
import { loadSources } from './load-sources.mjs';
import { node, step } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const plugfest = [node, join(root, 'dist/bin.js')];
const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`);

function print(title, ms, { than, ratio, target, more = '' }) {
  const against = than === undefined ? '' : `  ${seconds(than).padStart(8)}`;
  const compared =
    ratio === undefined ? '' : `  x ${ratio.toFixed(2)} (target ${target}${ratio > target ? ', missed' : ''})`;
  console.log(`${title.padEnd(58)}${seconds(ms).padStart(8)}${against}${compared}${more}`);
}

function usable(list, name) {
  const found = list.find((one) => one.name === name);
  if (!found?.available) throw new Error(`${name}: ${found?.reason ?? 'unknown'}`);
  return found;
}

const checkOf = (fixture, ...words) => [
  ...plugfest,
  'check',
  '--quiet',
  ...words,
  // The prototype of Polaris plugins is a go-plugin to whoever is not told.
  ...(fixture.generation ? ['--system', 'polaris'] : []),
  ...(fixture.cookie ? ['--cookie', `${fixture.cookie.key}=${fixture.cookie.value}`] : []),
  ...(fixture.protocolVersions ?? []).flatMap((version) => ['--protocol-version', String(version)]),
  '--',
  ...fixture.command,
];

/** The command answers before anything is loaded. */
async function start() {
  const [ours, bare] = await race([() => timed([...plugfest, '--version']), () => timed([node, '-e', '0'])], 15);
  print('plugfest --version | node -e 0', ours, { than: bare, ratio: ours / bare, target: 1.5 });
}

/** What a host needs to load a plugin, beside a real host that loads, pings and ends it. */
async function smoke() {
  const plugin = usable(fixtures(), 'go-kv');
  const host = usable(realHosts(), 'go-host');
  const cookie = `${plugin.cookie.key}=${plugin.cookie.value}`;
  const words = ['--command', JSON.stringify(plugin.command), '--cookie', cookie];
  const real = async () => {
    await timed([node, '-e', '0']);
    await timed([host.program, ...words]);
  };
  const [ours, theirs] = await race([() => timed(checkOf(plugin, '--smoke', '--system', 'hashicorp-grpc')), real], 9);
  print('check --smoke | node -e 0 and a real Go host', ours, { than: theirs, ratio: ours / theirs, target: 2 });
}

/** The starts of a report, as the floor host makes them. */
async function startsOf(report, plugin) {
  const { registry, makeProfile } = await loadSources('scripts/bench/sources.ts');
  const suite = await registry.find(({ system }) => system === report.system).load();
  const profile = makeProfile({ name: 'floor', cookie: plugin.cookie, protocolVersions: plugin.protocolVersions });
  const directory = mkdtempSync(join(tmpdir(), 'floor-'));
  try {
    return report.launches.map(({ name }, index) => {
      const launch = suite.launches.find((one) => one.name === name.split('/')[0]) ?? suite.launches[0];
      const made = launch.environment({
        profile,
        directory: mkdtempSync(join(directory, `${index}-`)),
        gate: undefined,
      });
      return { name, environment: Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Everything, beside a host that makes the same starts with one health check and one Shutdown each. */
async function full() {
  const plugin = usable(fixtures(), 'go-kv');
  const { output } = await timed(checkOf(plugin, '--json'));
  const starts = await startsOf(JSON.parse(output), plugin);
  const floor = [node, join(root, 'scripts/bench/floor-host.mjs'), JSON.stringify({ command: plugin.command, starts })];
  const [ours, least] = await race([() => timed(checkOf(plugin)), () => timed(floor)], 5);
  print(`check | the floor host, ${starts.length} starts each`, ours, {
    than: least,
    ratio: ours / least,
    target: 1.5,
  });
}

/** Many plugins in one run: the time grows with their number, the memory does not. */
async function many() {
  const plugin = usable(fixtures(), 'go-kv');
  const folder = mkdtempSync(join(tmpdir(), 'plugfest-bench-'));
  const run = async (count) => {
    const { command, cookie, protocolVersions } = plugin;
    const plugins = Array.from({ length: count }, (_, index) => ({
      name: `copy-${index}`,
      command,
      cookie,
      protocolVersions,
    }));
    writeFileSync(join(folder, 'plugfest.config.json'), JSON.stringify({ plugins }));
    return timed([...plugfest, 'run', '--quiet'], { cwd: folder });
  };
  try {
    const few = await run(20);
    print('run, 20 plugins', few.ms, { more: `  ${few.peakMiB.toFixed(0)} MiB` });
    const all = await run(100);
    const ratio = all.ms / few.ms / 5;
    print('run, 100 plugins, and its time for each against 20', all.ms, {
      ratio,
      target: 1.1,
      more: `  ${all.peakMiB.toFixed(0)} MiB (target 200)`,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Everything, for each of the good plugins of all systems. */
async function everyFixture() {
  for (const fixture of [...fixtures(), ...polarisFixtures(), ...tilotechFixtures()]) {
    if (!fixture.available) {
      console.log(`check, ${fixture.name}: left out, ${fixture.reason}`);
      continue;
    }
    const { ms, peakMiB, output } = await timed(checkOf(fixture, '--json'));
    const { system, launches, counts } = JSON.parse(output);
    const more = `  ${launches.length} starts, ${counts.passed} passed, ${peakMiB.toFixed(0)} MiB`;
    print(`check, ${fixture.name} (${system})`, ms, { more });
  }
}

const parts = { start, smoke, full, many, fixtures: everyFixture };
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; the parts are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
step('build', node, ['scripts/build.mjs', '--no-types']);
step('fixtures', node, ['scripts/fixtures/build.mjs']);
console.log('');
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) await measure();
}
