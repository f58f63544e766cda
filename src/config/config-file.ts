/**
 * `plugfest.config.yaml`, `.json` or `.mjs`: the plugins that `plugfest run` checks. It is looked for in one directory
 * only: what a run checks must not depend on what lies further up. Paths in it begin at the file's own directory, so
 * that a run means the same wherever it is started.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type * as v from 'valibot';
import { configSchema } from './config-schema.ts';
import { type DataFile, parseDataFile, readDataFile } from './data-file.ts';
import type { CheckOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

/** One plugin of a config file: options of a check, all paths absolute. */
type ConfiguredPlugin = CheckOptions & { readonly name: string; readonly cwd: string };

/** A config file, parsed. */
export interface Config {
  readonly path: string;
  readonly plugins: readonly ConfiguredPlugin[];
  /** Absolute paths by format. */
  readonly reports: Readonly<Record<string, string>>;
  readonly concurrency: number | undefined;
}

/** Words of a command line, as far as quotes tell. */
const wordsOf = (line: string): readonly string[] =>
  Array.from(line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, double, single, bare]) => double ?? single ?? bare ?? '');

/** Text as a command is the mistake everybody makes once: splitting it would be guessing, so the list is shown. */
function refuseCommandText(file: DataFile): void {
  const data: unknown = file.value;
  const plugins: unknown = typeof data === 'object' && data !== null && 'plugins' in data ? data.plugins : undefined;
  for (const [index, entry] of Array.isArray(plugins) ? plugins.entries() : []) {
    const command: unknown = typeof entry === 'object' && entry !== null && 'command' in entry ? entry.command : [];
    if (typeof command !== 'string') continue;
    const place = file.locate(['plugins', index, 'command']);
    const where = place ? `${file.path}:${place.line}: ${place.text.trim()}` : file.path;
    throw new UsageError(
      `\`plugins[${index}].command\` in the config: expected a list, the program and its arguments; no shell splits text\n  ${where}`,
      { hint: `did you mean \`command: ${JSON.stringify(wordsOf(command)).replaceAll(',', ', ')}\`?` },
    );
  }
}

/** A profile is a file when it looks like a path; a bare word is the name of a shipped one. */
const isPath = (profile: string): boolean => /[\\/]|\.(?:ya?ml|json|[cm]?js)$/.test(profile);

type Data = v.InferOutput<typeof configSchema>;

/** In a module a field may be there without a value, such as one from the environment. */
const withoutGaps = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };

function pluginOf(entry: Data['plugins'][number], data: Data, folder: string): ConfiguredPlugin {
  const { profile, baseline, cwd = '.', strict = data.strict, timeout = data.timeout, ...rest } = entry;
  const from = (path: string): string => resolve(folder, path);
  return {
    ...withoutGaps(rest),
    cwd: from(cwd),
    ...(profile !== undefined && { profile: typeof profile === 'string' && isPath(profile) ? from(profile) : profile }),
    ...(baseline !== undefined && { baseline: from(baseline) }),
    ...(strict !== undefined && { strict }),
    ...(timeout !== undefined && { timeout }),
  };
}

/** Parses a config that was read already. @throws UsageError */
export function parseConfig(file: DataFile): Config {
  refuseCommandText(file);
  const data = parseDataFile(file, configSchema, 'config');
  const names = data.plugins.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(`two plugins in the config are called ${twice}: give one another name\n  ${file.path}`);
  }
  const folder = dirname(resolve(file.path));
  const reports = Object.entries(data.reports ?? {}).map(([format, path]) => [format, resolve(folder, path)] as const);
  return {
    path: file.path,
    plugins: data.plugins.map((entry) => pluginOf(entry, data, folder)),
    reports: Object.fromEntries(reports),
    concurrency: data.concurrency,
  };
}

const fileNames = ['plugfest.config.yaml', 'plugfest.config.json', 'plugfest.config.mjs'] as const;

/** The config file of a directory, if there is one. @throws UsageError when there are several */
export function findConfig(directory: string): string | undefined {
  const found = fileNames.map((name) => join(directory, name)).filter((path) => existsSync(path));
  if (found.length > 1) {
    throw new UsageError(`there is more than one config: ${found.join(' and ')}`, {
      hint: 'delete all but one, or name one with --config',
    });
  }
  return found[0];
}

/**
 * Reads the config of a run.
 * @param directory where to look for it
 * @param file the file to read instead, as given with `--config`
 * @throws UsageError when there is none, or it is not what it should be
 */
export async function readConfig(directory: string, file?: string): Promise<Config> {
  const path = file === undefined ? findConfig(directory) : resolve(directory, file);
  if (path === undefined) {
    throw new UsageError(`there is no config in ${directory}: expected ${fileNames.join(', ')}`, {
      hint: 'name one with --config, or check one plugin with `plugfest check -- <program>`',
    });
  }
  return parseConfig(await readDataFile(path, 'config'));
}
