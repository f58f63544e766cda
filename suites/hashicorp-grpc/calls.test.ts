/** The calls of a profile, made to the TypeScript example: its types come from .proto files or a descriptor set. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { file_proto_counter } from '../../fixtures/good/typescript/gen/proto/counter_pb.ts';
import { file_proto_kv } from '../../fixtures/good/typescript/gen/proto/kv_pb.ts';
import { program as mutants } from '../../fixtures/mutants/hashicorp-grpc/program.ts';
import { check, type Report } from '../../src/index.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';

const root = join(import.meta.dirname, '../..');
const program = join(root, '.cache/fixtures/typescript/plugin.mjs');
const proto = (name: string): string => join(root, 'proto/fixtures', name);
const question = 'type.googleapis.com/proto.RateLimitPluginRequest';
const answer = 'type.googleapis.com/proto.RateLimitPluginResponse';

interface Call {
  readonly method: string;
  readonly [key: string]: unknown;
}

const allFiles = [
  'proto/kv.proto',
  'proto/counter.proto',
  'api/components/plugin.proto',
  'proto/rate_limit_plugin.proto',
];

function run(
  calls: Readonly<Record<string, Call>>,
  more: Readonly<Record<string, unknown>> = {},
  plugin: readonly string[] = [program],
): Promise<Report> {
  const profile = {
    name: 'my-host',
    system: 'hashicorp-grpc',
    cookie: { key: 'PLUGFEST_FIXTURE_COOKIE', value: 'conformance' },
    protocolVersions: [1],
    schema: { protoFiles: allFiles.map(proto) },
    calls: Object.entries(calls).map(([name, call]) => ({ name, ...call })),
    ...more,
  };
  return check({ command: [process.execPath, ...plugin], profile, only: ['CALL:*'] });
}

const outcomes = ({ outcomes: all }: Report): Readonly<Record<string, string>> =>
  Object.fromEntries(all.map(({ id, outcome }) => [id.replace('CALL:my-host/', ''), outcome]));

const observed = ({ outcomes: all }: Report): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(all.map(({ id, observed: text }) => [id.replace('CALL:my-host/', ''), text]));

const value = Buffer.from('hello').toString('base64');

describe('a call passes', () => {
  test('that gives what the profile states, in the order of the profile', async () => {
    const report = await run({
      put: { method: 'proto.KV/Put', request: { key: 'a', value }, response: {} },
      get: { method: '/proto.KV/Get', request: { key: 'a' }, response: { value } },
      'get-part': { method: 'proto.KV/Get', request: { key: 'a' }, response: {}, match: 'subset' },
      missing: { method: 'proto.KV/Get', request: { key: 'b' }, status: 'NOT_FOUND' },
      'missing-by-number': { method: 'proto.KV/Get', request: { key: 'b' }, status: 5, metadata: { 'x-trace': '1' } },
      count: {
        method: 'proto.Counter/Count',
        request: { to: 3 },
        response: [{ number: 1 }, { number: 2 }, { number: 3 }],
      },
      'count-nothing': { method: 'proto.Counter/Count', request: {}, response: [] },
      any: {
        method: 'api.components.Plugin/Call',
        request: { payload: { '@type': question, key: 'a' } },
        response: { reply: { '@type': answer, allow: true } },
      },
      'any-denied': {
        method: 'api.components.Plugin/Call',
        request: { payload: { '@type': question, key: 'deny-a' } },
        response: { reply: { '@type': answer } },
      },
    });
    expect([...new Set(Object.values(outcomes(report)))]).toEqual(['passed']);
    expect(report.verdict).toBe('conformant');
    expect(report.outcomes[0]).toMatchObject({ id: 'CALL:my-host/put', level: 'MUST', area: 'CALL' });
  });

  test('whose types come from a descriptor set', async () => {
    const path = join(temporaryFolder(), 'types.binpb');
    const file = [file_proto_kv, file_proto_counter].map((one) => one.proto);
    await writeFile(path, toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file })));
    const report = await run(
      { put: { method: 'proto.KV/Put', request: { key: 'a', value } } },
      { schema: { descriptorSet: path } },
    );
    expect(outcomes(report)).toEqual({ put: 'passed' });
  });
});

describe('a call fails', () => {
  test('that gives something else, and the report says where', async () => {
    const report = await run({
      put: { method: 'proto.KV/Put', request: { key: 'a', value } },
      'other-value': { method: 'proto.KV/Get', request: { key: 'a' }, response: { value: 'd29ybGQ=' } },
      'other-status': { method: 'proto.KV/Get', request: { key: 'b' } },
      'no-trailer': { method: 'proto.KV/Get', request: { key: 'a' }, trailers: { 'x-cost': '1' } },
      'too-few': { method: 'proto.Counter/Count', request: { to: 2 }, response: [{ number: 1 }] },
      'other-item': { method: 'proto.Counter/Count', request: { to: 2 }, response: [{ number: 1 }, { number: 7 }] },
      'too-slow': { method: 'proto.Counter/Count', request: { to: 2_000_000_000 }, deadline: '200ms' },
      decision: {
        method: 'api.components.Plugin/Call',
        request: { payload: { '@type': question, key: 'a' } },
        response: { reply: { '@type': answer, allow: false } },
      },
    });
    expect(observed(report)).toMatchObject({
      'other-value': `response.value is "${value}"`,
      'other-status': expect.stringMatching(/^NOT_FOUND/),
      'no-trailer': 'no trailer x-cost',
      'too-few': '2 responses',
      'other-item': 'response[1].number is 2',
      decision: 'response.reply.allow is true',
    });
    expect(outcomes(report)).toMatchObject({ put: 'passed', 'too-slow': 'failed' });
    expect(report.verdict).toBe('nonconformant');
  });
});

describe('nothing can be said', () => {
  test('of a call that nobody describes: the run is incomplete', async () => {
    const calls = { get: { method: 'proto.KV/Get', request: { key: 'a' } } };
    const report = await run(calls, { schema: {} }, [mutants, 'none']);
    expect(outcomes(report)).toEqual({ get: 'errored' });
    expect(report.outcomes[0]?.reason).toMatch(/nobody describes proto\.KV/);
    expect(report.verdict).toBe('incomplete');
  });
});

describe('what does not fit the schema is refused before anything starts', () => {
  test.each<[string, Call, RegExp]>([
    [
      'a field that does not exist',
      { method: 'proto.KV/Get', request: { kye: 'a' } },
      /call x: the request is no proto\.GetRequest.*kye/,
    ],
    [
      'an answer that cannot be',
      { method: 'proto.KV/Get', request: {}, response: { value: 5 } },
      /call x: the expected response/,
    ],
    ['a method that does not exist', { method: 'proto.KV/Gett' }, /proto\.KV has no method Gett; it has Get, Put/],
    ['a status that does not exist', { method: 'proto.KV/Get', status: 'FINE' }, /there is no status FINE/],
  ])('%s', async (_, call, message) => {
    await expect(run({ x: call })).rejects.toThrow(message);
  });

  test('and so are files that are not there', async () => {
    const calls = { x: { method: 'proto.KV/Get' } };
    await expect(run(calls, { schema: { protoFiles: ['/nonexistent/x.proto'] } })).rejects.toThrow(
      /schema\.protoFiles/,
    );
    await expect(run(calls, { schema: { descriptorSet: program } })).rejects.toThrow(/is no descriptor set/);
  });
});
