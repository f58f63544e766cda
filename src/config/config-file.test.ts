import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findConfig, parseConfig, readConfig } from './config-file.ts';
import { parseData } from './data-file.ts';
import { refusal } from './refusal.ts';

const parse = async (text: string) => parseConfig(await parseData('/project/plugfest.config.yaml', text, 'config'));

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugfest-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('a config', () => {
  test('needs no more than a plugin with a name and a command', async () => {
    expect(await parse('plugins: [{ name: kv, command: [./kv, serve] }]')).toEqual({
      path: '/project/plugfest.config.yaml',
      plugins: [{ name: 'kv', command: ['./kv', 'serve'], cwd: '/project' }],
      reports: {},
      concurrency: undefined,
    });
  });

  test('resolves paths against its own directory, and leaves names of shipped profiles alone', async () => {
    const { plugins, reports } = await parse(`
plugins:
  - { name: a, command: [./a], cwd: plugins/a, profile: hosts/mine.plugfest.yaml, baseline: known.yaml }
  - { name: b, command: [node, b.js], cwd: /opt/b, profile: terraform }
  - { name: c, command: [c], profile: mine.plugfest.yaml }
  - { name: d, command: [d], profile: { name: inline, tls: none } }
reports: { junit: out/junit.xml, json: /tmp/out.json }
`);
    expect(plugins.map(({ cwd, profile, baseline }) => ({ cwd, profile, baseline }))).toEqual([
      { cwd: '/project/plugins/a', profile: '/project/hosts/mine.plugfest.yaml', baseline: '/project/known.yaml' },
      { cwd: '/opt/b', profile: 'terraform', baseline: undefined },
      { cwd: '/project', profile: '/project/mine.plugfest.yaml', baseline: undefined },
      { cwd: '/project', profile: { name: 'inline', tls: 'none' }, baseline: undefined },
    ]);
    expect(reports).toEqual({ junit: '/project/out/junit.xml', json: '/tmp/out.json' });
  });

  test('hands its own strict and timeout to plugins that have none', async () => {
    const { plugins, concurrency } = await parse(`
plugins:
  - { name: a, command: [a] }
  - { name: b, command: [b], strict: false, timeout: 90s }
strict: true
timeout: 10s
concurrency: 2
`);
    expect(plugins.map(({ strict, timeout }) => [strict, timeout])).toEqual([
      [true, '10s'],
      [false, '90s'],
    ]);
    expect(concurrency).toBe(2);
  });

  test('takes every option of a check', async () => {
    const { plugins } = await parse(`
plugins:
  - name: kv
    command: [./kv]
    env: { LEVEL: debug }
    system: hashicorp-grpc
    options: { generation: P2 }
    cookie: { key: KV_PLUGIN, value: hello }
    protocolVersions: [1, 2]
    tls: auto
    checksum: ${'a'.repeat(64)}
    only: [GRPC-HS-*, TLS]
    skip: [GRPC-HS-030]
    level: SHOULD
    smoke: true
    soak: false
    isolate: true
    repeat: 3
    shuffle: 0
    bail: true
`);
    expect(plugins).toEqual([
      {
        name: 'kv',
        command: ['./kv'],
        cwd: '/project',
        env: { LEVEL: 'debug' },
        system: 'hashicorp-grpc',
        options: { generation: 'P2' },
        cookie: { key: 'KV_PLUGIN', value: 'hello' },
        protocolVersions: [1, 2],
        tls: 'auto',
        checksum: 'a'.repeat(64),
        only: ['GRPC-HS-*', 'TLS'],
        skip: ['GRPC-HS-030'],
        level: 'SHOULD',
        smoke: true,
        soak: false,
        isolate: true,
        repeat: 3,
        shuffle: 0,
        bail: true,
      },
    ]);
  });

  test.each([
    [
      'a command as text',
      'plugins:\n  - name: kv\n    command: python3 "my plugin.py" --port 0\n',
      '`plugins[0].command` in the config: expected a list, the program and its arguments; no shell splits text\n' +
        '  /project/plugfest.config.yaml:3: command: python3 "my plugin.py" --port 0\n' +
        '  did you mean `command: ["python3", "my plugin.py", "--port", "0"]`?',
    ],
    [
      'no command',
      'plugins:\n  - name: kv\n',
      '`plugins[0].command` in the config: missing\n  /project/plugfest.config.yaml:2: - name: kv',
    ],
    [
      'an empty command',
      'plugins:\n  - name: kv\n    command: []\n',
      '`plugins[0].command` in the config: expected a program\n  /project/plugfest.config.yaml:3: command: []',
    ],
    [
      'a misspelt option',
      'plugins:\n  - name: kv\n    command: [./kv]\n    basline: known.yaml\n',
      '`plugins[0].basline` in the config: there is no such key; the keys are name, command, cwd, env, system, profile, ' +
        'options, cookie, protocolVersions, tls, checksum, only, skip, level, smoke, soak, isolate, repeat, shuffle, bail, strict, ' +
        'baseline, timeout\n  /project/plugfest.config.yaml:4: basline: known.yaml\n  did you mean `baseline: known.yaml`?',
    ],
    [
      'one version without brackets',
      'plugins:\n  - name: kv\n    command: [./kv]\n    protocolVersions: 5\n',
      '`plugins[0].protocolVersions` in the config: expected a list of versions such as [1]\n' +
        '  /project/plugfest.config.yaml:4: protocolVersions: 5\n  did you mean `protocolVersions: [5]`?',
    ],
    [
      'a level in small letters',
      'plugins:\n  - name: kv\n    command: [./kv]\n    level: must\n',
      '`plugins[0].level` in the config: expected MUST, SHOULD or MAY\n' +
        '  /project/plugfest.config.yaml:4: level: must\n  did you mean `level: MUST`?',
    ],
    [
      'a number as a variable',
      'plugins:\n  - name: kv\n    command: [./kv]\n    env:\n      PORT: 8080\n',
      '`plugins[0].env.PORT` in the config: expected text; quote numbers and booleans\n  /project/plugfest.config.yaml:5: PORT: 8080',
    ],
    [
      'reports as a list',
      'plugins: [{ name: kv, command: [./kv] }]\nreports: [junit]\n',
      '`reports.0` in the config: expected a format with a file, as in `junit: out.xml`\n  /project/plugfest.config.yaml:2: reports: [junit]',
    ],
    [
      'a wait in an unknown unit',
      'plugins: [{ name: kv, command: [./kv] }]\ntimeout: 5 parsecs\n',
      '`timeout` in the config: expected a duration such as 500ms, 10s or 2m\n  /project/plugfest.config.yaml:2: timeout: 5 parsecs',
    ],
    [
      'two plugins of one name',
      'plugins: [{ name: kv, command: [a] }, { name: kv, command: [b] }]\n',
      'two plugins in the config are called kv: give one another name\n  /project/plugfest.config.yaml',
    ],
    [
      'no plugins',
      'plugins: []\n',
      '`plugins` in the config: expected at least one plugin\n  /project/plugfest.config.yaml:1: plugins: []',
    ],
    ['nothing', '# later\n', 'the config: expected a map with `plugins:`\n  /project/plugfest.config.yaml'],
  ])('with %s is refused', async (_, text, message) => {
    expect(await refusal(() => parse(text))).toBe(message);
  });
});

describe('the config file', () => {
  const yaml = 'plugins: [{ name: kv, command: [./kv] }]\n';
  const json = '{ "plugins": [{ "name": "kv", "command": ["./kv"] }] }\n';
  const module = `export default { plugins: [{ name: 'kv', command: ['./kv'], baseline: process.env.PLUGFEST_NEVER_SET }] };\n`;

  test.each([
    ['plugfest.config.yaml', yaml],
    ['plugfest.config.json', json],
    ['plugfest.config.mjs', module],
  ])('is found as %s', async (name, text) => {
    const folder = await folderWith({ [name]: text });
    expect(await readConfig(folder)).toEqual({
      path: join(folder, name),
      plugins: [{ name: 'kv', command: ['./kv'], cwd: folder }],
      reports: {},
      concurrency: undefined,
    });
  });

  test('may be another one that is named', async () => {
    const folder = await folderWith({ 'plugfest.config.yaml': 'plugins: []\n', 'nightly.yaml': yaml });
    expect((await readConfig(folder, 'nightly.yaml')).path).toBe(join(folder, 'nightly.yaml'));
  });

  test('is not looked for further up', async () => {
    const folder = await folderWith({ 'plugfest.config.yaml': yaml });
    expect(findConfig(join(folder, 'below'))).toBeUndefined();
    expect(await refusal(() => readConfig(join(folder, 'below')))).toBe(
      `there is no config in ${join(folder, 'below')}: expected plugfest.config.yaml, plugfest.config.json, plugfest.config.mjs\n` +
        '  name one with --config, or check one plugin with `plugfest check -- <program>`',
    );
  });

  test('must be the only one', async () => {
    const folder = await folderWith({ 'plugfest.config.yaml': yaml, 'plugfest.config.json': json });
    expect(await refusal(() => readConfig(folder))).toBe(
      `there is more than one config: ${join(folder, 'plugfest.config.yaml')} and ${join(folder, 'plugfest.config.json')}\n` +
        '  delete all but one, or name one with --config',
    );
  });

  test('that is a module tells a fault without a line', async () => {
    const folder = await folderWith({
      'plugfest.config.mjs': "export default { plugins: [{ name: 'kv', command: './kv' }] };",
    });
    expect(await refusal(() => readConfig(folder))).toBe(
      '`plugins[0].command` in the config: expected a list, the program and its arguments; no shell splits text\n' +
        `  ${join(folder, 'plugfest.config.mjs')}\n  did you mean \`command: ["./kv"]\`?`,
    );
  });
});
