/** `npm run demo`: builds everything, then checks the example plugins and one broken one, as a user would. */
import { spawnSync } from 'node:child_process';
import { fixtures } from './fixtures/fixtures.mjs';
import { node, step } from './run.mjs';

step('build', node, ['scripts/build.mjs', '--no-types']);
step('example plugins', node, ['scripts/fixtures/build.mjs']);

const shown = ['typescript', 'go-kv', 'python'];

/** Checks a plugin and says whether the verdict is the one the demo promises. */
function check(title, words, expected) {
  console.log(`\n${'─'.repeat(80)}\n${title}\n`);
  const { status } = spawnSync(node, ['dist/bin.js', 'check', ...words], { stdio: 'inherit' });
  if (status === expected) return true;
  console.error(`the demo expected exit code ${expected}, got ${status}`);
  return false;
}

const results = fixtures()
  .filter(({ name }) => shown.includes(name))
  .map((fixture) => {
    if (!fixture.available) {
      console.log(`\n${fixture.name}: left out, ${fixture.reason}`);
      return true;
    }
    const { key, value } = fixture.cookie;
    const words = ['--name', fixture.name, '--cookie', `${key}=${value}`, '--', ...fixture.command];
    return check(`A good plugin, written in ${fixture.language}`, words, 0);
  });

const broken = ['--name', 'broken', '--cookie', 'PLUGFEST_FIXTURE_COOKIE=conformance', '--protocol-version', '1'];
results.push(
  check(
    'A broken plugin: it prints a banner before its handshake',
    [...broken, '--', node, '.cache/fixtures/mutants/hashicorp-grpc.mjs', 'banner'],
    1,
  ),
);
process.exitCode = results.every(Boolean) ? 0 : 1;
