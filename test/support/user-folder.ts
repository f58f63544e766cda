/**
 * An empty directory of a plugin's author, with Plugfest and Vitest installed and plugins under the names the README
 * uses. The example plugins know another cookie than the README does, so each is behind a wrapper that translates it.
 */
import type { SpawnSyncOptionsWithStringEncoding } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll } from 'vitest';
import { fixtures } from '../../scripts/fixtures/fixtures.mjs';

const root = join(import.meta.dirname, '..', '..');

/** What is wrong with `./my-plugin`: nothing, a banner before its handshake, or numbers for text in its log. */
export type Scenario = 'good' | 'banner' | 'logs';

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

const commandOf = (name: string): readonly string[] => {
  const fixture = fixtures().find((one) => one.name === name);
  if (!fixture) throw new Error(`there is no fixture ${name}`);
  return fixture.command;
};

const translate = '[ "$MY_APP_PLUGIN" = hello ] && export PLUGFEST_FIXTURE_COOKIE=conformance';
const banner = [process.execPath, join(root, '.cache/fixtures/mutants/hashicorp-grpc.mjs'), 'banner'];

function scripts(): Readonly<Record<Scenario, string>> {
  const native = fixtures().find(({ name, available }) => name === 'go-kv' && available)?.command;
  const good = `exec ${quoted(native ?? commandOf('typescript'))}`;
  return {
    good,
    banner: `exec ${quoted(banner)}`,
    logs: `echo '{"@level":"info","@message":42}' >&2\n${good}`,
  };
}

export interface UserFolder {
  readonly path: string;
  /** How a command of the author is started. */
  readonly options: SpawnSyncOptionsWithStringEncoding;
  /** Puts another plugin in the place of `./my-plugin`. */
  setScene(scenario: Scenario): void;
}

function install(path: string): void {
  const modules = join(path, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync(root, join(modules, 'plugfest'));
  symlinkSync(join(root, 'dist/bin.js'), join(modules, '.bin/plugfest'));
  symlinkSync(realpathSync(join(root, 'node_modules/vitest')), join(modules, 'vitest'));
  symlinkSync(join(root, 'node_modules/.bin/vitest'), join(modules, '.bin/vitest'));
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n');
}

/** Makes the directory; it is removed after the tests of the file. */
export function userFolder(): UserFolder {
  const path = mkdtempSync(join(tmpdir(), 'plugfest-user-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  install(path);
  const executable = (name: string, text: string): void => {
    writeFileSync(join(path, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(path, name), 0o755);
  };
  const [python = '', pythonPlugin = ''] = commandOf('python');
  const [, typescriptPlugin = ''] = commandOf('typescript');
  const inNode = "if (process.env.MY_APP_PLUGIN === 'hello') process.env.PLUGFEST_FIXTURE_COOKIE = 'conformance';";
  const inPython = `import os, runpy, sys
if os.environ.get("MY_APP_PLUGIN") == "hello": os.environ["PLUGFEST_FIXTURE_COOKIE"] = "conformance"
sys.path.insert(0, os.path.dirname(${JSON.stringify(pythonPlugin)}))
runpy.run_path(${JSON.stringify(pythonPlugin)}, run_name="__main__")
`;
  writeFileSync(join(path, 'plugin.js'), `${inNode}\nawait import(${JSON.stringify(typescriptPlugin)});\n`);
  writeFileSync(join(path, 'plugin.py'), inPython);
  mkdirSync(join(path, 'bin'));
  executable('bin/python3', `exec '${python}' "$@"`);
  const scenes = scripts();
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|npm_|NODE_ENV|TEST)/.test(name));
  const PATH = `${join(path, 'bin')}${delimiter}${process.env['PATH']}`;
  return {
    path,
    options: {
      cwd: path,
      encoding: 'utf8',
      timeout: 100_000,
      env: { ...Object.fromEntries(inherited), PATH, NO_COLOR: '1', CI: '1', GITHUB_STEP_SUMMARY: '' },
    },
    setScene: (scenario) => executable('my-plugin', `${translate}\n${scenes[scenario]}`),
  };
}
