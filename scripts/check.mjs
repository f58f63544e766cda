/** `npm run check`: types, lint, dead code, generated files and the package itself. */
import { node, step } from './run.mjs';

step('types', node, ['node_modules/typescript/bin/tsc', '-p', '.']);
step('lint and format', node, ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']);
step('dead code', node, ['node_modules/knip/bin/knip.js']);
step('schemas are fresh', node, ['scripts/generate-schemas.mjs', '--check']);
step('build', node, ['scripts/build.mjs']);
step('package', node, ['node_modules/publint/src/cli.js', '--strict']);
