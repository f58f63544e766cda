#!/usr/bin/env node
/**
 * Writes what is generated and committed: the JSON Schemas, and TypeScript from the .proto files that Plugfest itself
 * reads. The fixtures' code needs more tools and has its own script, scripts/fixtures/generate.mjs.
 *
 *     npm run generate
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules/.bin');

/** Where the code goes, and of which files and folders below proto/ it is made; the others belong to fixtures. */
const outputs = {
  'src/gen': ['common/grpc/reflection/v1/reflection.proto'],
  'suites/hashicorp-grpc/gen': ['hashicorp-grpc'],
  'suites/polaris/gen': ['polaris', 'fixtures/api/components/plugin.proto', 'fixtures/proto/rate_limit_plugin.proto'],
};

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * @param {string} folder below proto/
 * @returns {string[]} its .proto files, below proto/ as well
 */
function protoFilesIn(folder) {
  const names = readdirSync(join(root, 'proto', folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.proto')).map((name) => join(folder, name));
}

run(process.execPath, [join(root, 'scripts/generate-schemas.mjs')]);

for (const [out, sources] of Object.entries(outputs)) {
  const plugin = { local: join(bin, 'protoc-gen-es'), opt: ['target=ts', 'import_extension=ts'], out };
  const template = JSON.stringify({ version: 'v2', clean: true, plugins: [plugin] });
  // A root folder cannot be named as a path: its files can.
  const files = sources.flatMap((source) => (source.endsWith('.proto') ? [source] : protoFilesIn(source)));
  const paths = files.flatMap((file) => ['--path', join('proto', file)]);
  run(join(bin, 'buf'), ['generate', 'proto', '--template', template, ...paths]);
}
