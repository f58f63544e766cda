import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parseData } from './data-file.ts';
import { defaultProfile, duration, type Profile, parseProfile } from './profile.ts';
import { refusal } from './refusal.ts';

const blocks = {
  'hashicorp-grpc': v.strictObject({ deadlines: v.optional(v.strictObject({ call: v.optional(duration) })) }),
};

const parse = async (text: string): Promise<Profile> =>
  parseProfile(await parseData('mine.plugfest.yaml', text, 'profile'), blocks);

/** What a profile says, without the functions and the digest. */
const said = ({ block: _, digest: __, ...rest }: Profile) => rest;

describe('a profile', () => {
  test('needs no more than a name', async () => {
    expect(said(await parse('name: mine\n'))).toEqual({
      name: 'mine',
      system: undefined,
      title: undefined,
      cookie: undefined,
      versions: [],
      common: { services: [], calls: [] },
      tls: undefined,
      env: {},
      startTimeoutMs: undefined,
      requires: [],
      schema: {},
      checksum: undefined,
    });
  });

  test('says what a host fixes', async () => {
    const text = `
name: kv-host
system: hashicorp-grpc
title: The KV host
cookie: { key: KV_PLUGIN, value: hello }
protocolVersions: [1]
tls: auto
env: { MODE: test }
startTimeout: 1.5s
requires: [health]
services: [proto.KV]
calls:
  - { name: get, method: proto.KV/Get, request: { key: a }, response: { value: b }, match: subset, deadline: 2s }
  - { name: none, method: /proto.KV/Get, request: {}, status: NOT_FOUND, metadata: { tenant: t } }
schema: { protoFiles: [kv.proto] }
checksum: ${'AB'.repeat(32)}
`;
    const calls = [
      {
        name: 'get',
        method: 'proto.KV/Get',
        request: { key: 'a' },
        response: { value: 'b' },
        match: 'subset',
        deadline: '2s',
      },
      { name: 'none', method: '/proto.KV/Get', request: {}, status: 'NOT_FOUND', metadata: { tenant: 't' } },
    ];
    expect(said(await parse(text))).toEqual({
      name: 'kv-host',
      system: 'hashicorp-grpc',
      title: 'The KV host',
      cookie: { key: 'KV_PLUGIN', value: 'hello' },
      versions: [{ version: 1, services: ['proto.KV'], calls }],
      common: { services: ['proto.KV'], calls },
      tls: 'auto',
      env: { MODE: 'test' },
      startTimeoutMs: 1500,
      requires: ['health'],
      schema: { protoFiles: ['kv.proto'] },
      checksum: 'ab'.repeat(32),
    });
  });

  test('gives each version its own services, and what is common where it has none', async () => {
    const { versions } = await parse(
      'name: mine\nservices: [a.Common]\nprotocolVersions:\n  5: { services: [a.Five] }\n  6:\n',
    );
    expect(versions).toEqual([
      { version: 5, services: ['a.Five'], calls: [] },
      { version: 6, services: ['a.Common'], calls: [] },
    ]);
  });

  test('keeps the block of a system for that system', async () => {
    const profile = await parse('name: mine\nhashicorp-grpc: { deadlines: { call: 2s } }\n');
    expect(profile.block('hashicorp-grpc')).toEqual({ deadlines: { call: '2s' } });
    expect(profile.block('polaris')).toBeUndefined();
    expect(profile.block('name')).toBeUndefined();
  });

  test('has a digest of what it says and not of how it is written', async () => {
    const { digest } = await parse('name: mine\ntls: none\n');
    expect((await parse('# ours\n{ name: mine, tls: none }\n')).digest).toBe(digest);
    expect((await parse('name: mine\ntls: auto\n')).digest).not.toBe(digest);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('of nobody is called default', () => {
    expect(said(defaultProfile)).toMatchObject({ name: 'default', versions: [], requires: [] });
  });
});

const keys =
  '$schema, name, title, description, source, system, cookie, protocolVersions, tls, env, startTimeout, requires, ' +
  'services, calls, schema, checksum, hashicorp-grpc';

describe('a faulty profile', () => {
  test.each([
    ['tls: true', '`tls` in the profile: expected `auto` or `none`', 'tls: auto'],
    ['tls: false', '`tls` in the profile: expected `auto` or `none`', 'tls: none'],
    ['tls: autp', '`tls` in the profile: expected `auto` or `none`', 'tls: auto'],
    ['requires: health', '`requires` in the profile: expected a list of capabilities', 'requires: [health]'],
    [
      'protocolVersions: 1',
      '`protocolVersions` in the profile: expected a list of versions such as [1], or a map from version to its services and calls',
      'protocolVersions: [1]',
    ],
    ['protocolVersions: [one]', '`protocolVersions[0]` in the profile: expected a whole number', undefined],
    ['startTimeout: soon', '`startTimeout` in the profile: expected a duration such as 500ms, 10s or 2m', undefined],
    ['startTimeout: 0', '`startTimeout` in the profile: expected a duration such as 500ms, 10s or 2m', undefined],
    ['env: { PORT: 1 }', '`env.PORT` in the profile: expected text; quote numbers and booleans', undefined],
    ['cookie: KV_PLUGIN', '`cookie` in the profile: expected { key, value }', undefined],
    ['cookie: { key: KV_PLUGIN }', '`cookie.value` in the profile: missing', undefined],
    ['checksum: abc', '`checksum` in the profile: expected a SHA-256 of 64 hexadecimal digits', undefined],
    ['cokie: {}', `\`cokie\` in the profile: there is no such key; the keys are ${keys}`, 'cookie: {}'],
    [
      'calls: [{ name: a, method: Get }]',
      '`calls[0].method` in the profile: expected a method such as package.Service/Method',
      undefined,
    ],
    [
      'hashicorp-grpc: { deadlines: { cal: 2s } }',
      '`hashicorp-grpc.deadlines.cal` in the profile: there is no such key; the keys are call',
      'hashicorp-grpc: { deadlines: { call: 2s } }',
    ],
  ])('with `%s` is told', async (line, sentence, corrected) => {
    const hint = corrected === undefined ? '' : `\n  did you mean \`${corrected}\`?`;
    expect(await refusal(() => parse(`name: mine\n${line}\n`))).toBe(
      `${sentence}\n  mine.plugfest.yaml:2: ${line}${hint}`,
    );
  });

  test.each([
    ['no name', 'tls: none\n', '`name` in the profile: missing\n  mine.plugfest.yaml'],
    [
      'a name with blanks',
      'name: my host\n',
      '`name` in the profile: expected a short name without blanks\n  mine.plugfest.yaml:1: name: my host',
    ],
    [
      'a key glued to its value',
      'name:mine\n',
      'the profile: expected a map of keys, such as `name: my-host`\n  mine.plugfest.yaml\n  did you mean `name: mine`?',
    ],
    ['nothing', '', 'the profile: expected a map of keys, such as `name: my-host`\n  mine.plugfest.yaml'],
  ])('with %s is told', async (_, text, message) => {
    expect(await refusal(() => parse(text))).toBe(message);
  });
});
