/** However much a plugin says, on its pipes or on the wire, the harness stays small and comes to its end. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { cookie } from '../fixtures/mutants/hashicorp-grpc/core/plugin.ts';
import { leftovers, peakMemory, startCommand } from './support/command.ts';
import { until } from './support/until.ts';

const limitMiB = 200;

/** Runs a check to its end; gives its exit code and the most memory it had, in MiB. */
async function measure(words: readonly string[], limitMs: number): Promise<{ code: unknown; peak: number }> {
  const command = startCommand(['check', '--system', 'hashicorp-grpc', ...words]);
  let peak = 0;
  await until(
    'the check is over',
    () => {
      peak = Math.max(peak, peakMemory(command.child.pid ?? 0));
      return command.hasEnded();
    },
    limitMs,
  );
  const code = await command.ended;
  expect(leftovers(command)).toEqual([]);
  return { code, peak };
}

const hostile = fileURLToPath(new URL('../.cache/fixtures/mutants/hostile.mjs', import.meta.url));

describe.runIf(process.platform === 'linux')(`memory stays below ${limitMiB} MiB`, () => {
  test.each<[string, string]>([
    ['one line without end', 'exec cat /dev/zero'],
    ['empty lines on both outputs', "yes '' >&2 & exec yes ''"],
    ['byte by byte', 'while :; do printf x; done'],
    ['long lines', 'x=$(head -c 100000 /dev/zero | tr "\\0" x); while :; do echo "$x"; done'],
  ])('%s', { timeout: 120_000 }, async (_, script) => {
    const { code, peak } = await measure(['--timeout', '1s', '--', '/bin/sh', '-c', script], 100_000);
    expect(code).toBe(1);
    expect(peak).toBeGreaterThan(20);
    expect(peak).toBeLessThan(limitMiB);
  });

  // What a client has to keep for a while: headers, messages, answers to control frames, output.
  test.each([
    'giant-headers',
    'endless-headers',
    'endless-answer-to-check',
    'message-of-2-gib',
    'settings-flood',
    'ping-flood',
    'bytes-without-end',
    'endless-stdio',
    'both-floods-after',
    'line-of-100-mb-after',
  ])('%s', { timeout: 240_000 }, async (name) => {
    const words = [
      '--smoke',
      '--timeout',
      '3s',
      '--cookie',
      `${cookie.key}=${cookie.value}`,
      '--protocol-version',
      '1',
    ];
    const { code, peak } = await measure([...words, '--', process.execPath, hostile, name], 200_000);
    expect([0, 1]).toContain(code);
    expect(peak).toBeLessThan(limitMiB);
  });
});
