/**
 * Writes the published JSON Schemas from the schemas the code itself parses with, so that an editor and Plugfest never
 * disagree about a file. They are draft-07, which every editor knows. With --check nothing is written: stale files are
 * named and the exit code is 1. A folder may be given instead of schemas/.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { loadSources } from './load-sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What only code can check, such as whether a day exists, is left out: editors know less than Plugfest. */
const options = { target: 'draft-07', typeMode: 'input', ignoreActions: ['check', 'trim'] };

function render(name, { title, description, schema, definitions, complete }) {
  const { $schema, ...rest } = toJsonSchema(schema, { ...options, definitions });
  complete?.(rest);
  return format(name, { $schema, $id: name, title, description, ...rest });
}

function format(name, value) {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [biome, 'format', `--stdin-file-path=${join(root, 'schemas', name)}`],
    { input: JSON.stringify(value), encoding: 'utf8', cwd: root },
  );
  if (status !== 0) throw new Error(`cannot format ${name}: ${stderr}`);
  return stdout;
}

/** Every schema as text, by file name. */
async function generate() {
  const code = await loadSources('scripts/schema-sources.mjs');
  const systems = code.registry.map(({ system }) => system);
  const blocks = await Promise.all(
    code.registry.map(async ({ system, profileBlock }) => [system, await profileBlock()]),
  );
  const profiles = Object.assign({}, ...(await Promise.all(code.registry.map((entry) => entry.profiles()))));
  const schemas = {
    'report.v1.json': {
      title: 'Plugfest report',
      description: 'What `plugfest check` and `plugfest run` write as JSON. Further fields may be added.',
      schema: code.anyReport,
      definitions: code.reportParts,
    },
    'profile.v1.json': {
      title: 'Plugfest profile',
      description: 'What a concrete host application fixes: cookie, versions, transport security, services and calls.',
      schema: code.profileSchema(Object.fromEntries(blocks.filter(([, block]) => block !== undefined))),
      definitions: code.profileParts,
      // Examples are what editors offer; other systems may exist in a later version.
      complete: ({ properties }) => {
        properties.system.examples = systems;
      },
    },
    'config.v1.json': {
      title: 'Plugfest config',
      description: 'The plugins that `plugfest run` checks. Paths begin at the directory of the file.',
      schema: code.configSchema,
      definitions: code.configParts,
      complete: ({ $defs }) => {
        $defs.plugin.properties.system.examples = systems;
        $defs.plugin.properties.profile.examples = Object.keys(profiles);
      },
    },
    'baseline.v1.json': {
      title: 'Plugfest baseline',
      description: 'Failures that are known: they are reported, but do not count against the verdict.',
      schema: code.baselineSchema,
      definitions: code.baselineParts,
    },
  };
  return Object.entries(schemas).map(([name, parts]) => [name, render(name, parts)]);
}

const readIfThere = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const words = process.argv.slice(2);
const isCheck = words.includes('--check');
const folder = words.find((word) => !word.startsWith('--')) ?? join(root, 'schemas');

const texts = await generate();
const stale = texts.filter(([name, text]) => readIfThere(join(folder, name)) !== text);
if (!isCheck && stale.length > 0) mkdirSync(folder, { recursive: true });
for (const [name, text] of stale) {
  if (isCheck) console.error(`${name} is stale: run node scripts/generate-schemas.mjs`);
  else writeFileSync(join(folder, name), text);
}
if (isCheck && stale.length > 0) process.exitCode = 1;
