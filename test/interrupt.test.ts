/** A run may be told to stop before it has found out anything: it still ends with a report that says so. */
import { describe, expect, test } from 'vitest';
import { check } from '../src/index.ts';
import { until } from './support/until.ts';

const command = ['/bin/sh', '-c', 'exec sleep 60'];

describe.each([
  ['whose system is named', { system: 'hashicorp-grpc' }],
  ['whose system must be found out', {}],
])('a check %s', (_, options) => {
  test('that was told to stop beforehand starts nothing', async () => {
    const report = await check({ command, ...options, signal: AbortSignal.abort() });
    expect([report.interrupted, report.verdict, report.launches]).toEqual([true, 'incomplete', []]);
    expect(report.outcomes.length).toBeGreaterThan(100);
    expect(new Set(report.outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['skipped']));
  });

  test.each([0, 1, 20, 200])('that is told to stop after %i ms ends', async (ms) => {
    const controller = new AbortController();
    const running = check({ command, ...options, signal: controller.signal });
    setTimeout(() => controller.abort(), ms);
    const report = await running;
    expect([report.interrupted, report.verdict]).toEqual([true, 'incomplete']);
    expect(report.outcomes.filter(({ outcome }) => outcome === 'errored')).toEqual([]);
    const begun = report.launches.map(({ pid }) => pid);
    await until('its processes are gone', () => begun.every((pid) => !isAlive(pid)));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
