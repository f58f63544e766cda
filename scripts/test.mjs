/** `npm test`: builds what the tests run against, then runs them. Words after `--` go to Vitest. */
import { node, step } from './run.mjs';

const required = (process.env.PLUGFEST_REQUIRE ?? '').split(',');

step('build', node, ['scripts/build.mjs']);
step('fixtures', node, ['scripts/fixtures/build.mjs']);
// Other people's plugins take minutes to fetch and build the first time: where the Go toolchain is demanded, they are.
if (required.includes('go')) step('third-party plugins', node, ['scripts/fixtures/third-party.mjs']);
step('tests', node, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)]);
