/** `plugfest/vitest` in the test file of a plugin's author, run by Vitest with the options people use. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { broken, good, host } from './support/plugins.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = join(import.meta.dirname, '..');

interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending';
  readonly failureMessages: readonly string[];
}

/** Runs Vitest in a folder with one test file; gives its tests. */
function vitest(options: object, words: readonly string[] = []): readonly Assertion[] {
  const folder = temporaryFolder();
  const out = join(folder, 'out.json');
  const source = `import { conformance } from ${JSON.stringify(join(root, 'dist/vitest.js'))};\nconformance(${JSON.stringify(options)});\n`;
  // Beside the project's own modules, so that Vitest itself is found.
  writeFileSync(join(folder, 'plugin.test.mjs'), source);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const bin = join(root, 'node_modules/vitest/vitest.mjs');
  const all = [
    bin,
    'run',
    '--root',
    folder,
    '--config',
    join(root, 'test/support/empty-config.mjs'),
    '--reporter',
    'json',
    '--outputFile',
    out,
    ...words,
  ];
  const { stderr, stdout } = spawnSync(process.execPath, all, { cwd: root, env, encoding: 'utf8', timeout: 100_000 });
  try {
    const { testResults } = JSON.parse(readFileSync(out, 'utf8')) as {
      testResults: { assertionResults: Assertion[] }[];
    };
    return testResults.flatMap(({ assertionResults }) => assertionResults);
  } catch {
    throw new Error(`Vitest gave no result: ${stdout}${stderr}`);
  }
}

const count = (tests: readonly Assertion[], status: Assertion['status']): number =>
  tests.filter((one) => one.status === status).length;

describe('a good plugin', () => {
  test('passes, with one describe for each area and one test for each requirement', () => {
    const tests = vitest({ ...host, command: good, name: 'mine', only: ['HL', 'CT'] });
    expect(count(tests, 'failed')).toBe(0);
    expect(count(tests, 'passed')).toBeGreaterThanOrEqual(8);
    const health = tests.filter(({ title }) => title.startsWith('GRPC-HL-'));
    expect(health[0]?.ancestorTitles).toEqual(['mine conformance', 'HL Health']);
    expect(new Set(health.map(({ title }) => title)).size).toBe(health.length);
  });

  test.each<[string, readonly string[]]>([
    ['-t', ['-t', 'GRPC-HL-00[12]']],
    ['--retry', ['--retry', '2']],
    ['--sequence.shuffle', ['--sequence.shuffle']],
    ['--sequence.concurrent', ['--sequence.concurrent']],
  ])('passes under %s as well', (_, words) => {
    const tests = vitest({ ...host, command: good, only: ['HL'] }, words);
    expect(count(tests, 'failed')).toBe(0);
    expect(count(tests, 'passed')).toBe(words[0] === '-t' ? 2 : 8);
  });
});

describe('a broken plugin', () => {
  const options = { ...host, command: broken('banner'), only: ['HS-0', 'GRPC-HS-001', 'GRPC-HL-001'].slice(1) };

  test('fails the test of its root cause with the words of the terminal, and that one only', () => {
    const tests = vitest(options);
    const failed = tests.filter(({ status }) => status === 'failed');
    expect(failed.map(({ title }) => title.split(' ', 1)[0])).toEqual(['GRPC-HS-001']);
    for (const word of ['expected', 'observed', 'fix', 'reproduce'])
      expect(failed[0]?.failureMessages.join('\n')).toContain(word);
  });

  test('is told once although it is tried again', () => {
    const tests = vitest(options, ['--retry', '1']);
    expect(count(tests, 'failed')).toBe(1);
  });

  test('fails for what stands in its way, where that is not among the tests', () => {
    const tests = vitest(options, ['-t', 'GRPC-HL-001']);
    const failed = tests.filter(({ status }) => status === 'failed');
    expect(failed.map(({ title }) => title.split(' ', 1)[0])).toEqual(['GRPC-HL-001']);
    expect(failed[0]?.failureMessages.join('\n')).toContain('blocked by GRPC-HS-001');
  });
});

test('a failed SHOULD is a note, and with strict a failure', () => {
  const options = { ...host, command: broken('shutdown-exits-with-3'), only: ['GRPC-SD-002'] };
  expect(count(vitest(options), 'failed')).toBe(0);
  expect(count(vitest({ ...options, strict: true }), 'failed')).toBe(1);
});

test('the calls of a profile are tests too', () => {
  const profile = {
    name: 'my-host',
    ...host,
    schema: { protoFiles: [join(root, 'proto/fixtures/proto/kv.proto')] },
    calls: [
      { name: 'right', method: 'proto.KV/Get', request: { key: 'x' }, status: 'NOT_FOUND' },
      { name: 'wrong', method: 'proto.KV/Get', request: { key: 'x' }, status: 'OK' },
    ],
  };
  const tests = vitest({ command: good, profile, only: ['CALL:*'] });
  const told = tests
    .filter(({ title }) => title.startsWith('CALL:'))
    .map(({ title, status }) => [title.split(' ', 1)[0], status]);
  expect(told).toEqual([
    ['CALL:my-host/right', 'passed'],
    ['CALL:my-host/wrong', 'failed'],
  ]);
});
