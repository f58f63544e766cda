/** However much a plugin says, the harness stays small and comes to its end. */
import { describe, expect, test } from 'vitest';
import { leftovers, peakMemory, startCommand } from './support/command.ts';
import { until } from './support/until.ts';

describe.runIf(process.platform === 'linux')('memory stays below 200 MiB', () => {
  test.each<[string, string]>([
    ['one line without end', 'exec cat /dev/zero'],
    ['empty lines on both outputs', "yes '' >&2 & exec yes ''"],
    ['byte by byte', 'while :; do printf x; done'],
    ['long lines', 'x=$(head -c 100000 /dev/zero | tr "\\0" x); while :; do echo "$x"; done'],
  ])('%s', async (_, script) => {
    const command = startCommand([
      'check',
      '--system',
      'hashicorp-grpc',
      '--timeout',
      '1s',
      '--',
      '/bin/sh',
      '-c',
      script,
    ]);
    let peak = 0;
    await until(
      'the check is over',
      () => {
        peak = Math.max(peak, peakMemory(command.child.pid ?? 0));
        return command.hasEnded();
      },
      60_000,
    );
    expect(await command.ended).toBe(1);
    expect(peak).toBeGreaterThan(20);
    expect(peak).toBeLessThan(200);
    expect(leftovers(command)).toEqual([]);
  });
});
