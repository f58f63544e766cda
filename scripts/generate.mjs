#!/usr/bin/env node
/**
 * Writes what is generated and committed: the JSON Schemas, and TypeScript from the .proto files that Plugfest itself
 * reads. The fixtures' code needs more tools and has its own script, scripts/fixtures/generate.mjs.
 *
 *     npm run generate
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules/.bin');

/** Where the code of each folder of proto/ goes; the others belong to fixtures. */
const outputs = { common: 'src/gen', 'hashicorp-grpc': 'suites/hashicorp-grpc/gen' };

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

run(process.execPath, [join(root, 'scripts/generate-schemas.mjs')]);

for (const [folder, out] of Object.entries(outputs)) {
  const plugin = { local: join(bin, 'protoc-gen-es'), opt: ['target=ts', 'import_extension=ts'], out };
  const template = JSON.stringify({ version: 'v2', clean: true, plugins: [plugin] });
  run(join(bin, 'buf'), ['generate', join('proto', folder), '--template', template]);
}
