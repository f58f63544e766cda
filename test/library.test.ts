/** Plugfest as a library: the promise, the events, the signal. */
import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { check, isUsageError } from '../src/index.ts';
import { parseReport } from '../src/report/report-schema.ts';
import { broken, good, host } from './support/plugins.ts';
import { processesWith } from './support/processes.ts';

describe('check', () => {
  test('gives a report that keeps its schema', async () => {
    const report = await check({ ...host, command: good, smoke: true });
    expect(report.verdict).toBe('conformant');
    expect(parseReport(report, 'the report')).toEqual(report);
  });

  test('gives the events in order, even to who begins late', async () => {
    const checking = check({ ...host, command: good, only: ['HL'] });
    await checking;
    const types: string[] = [];
    for await (const event of checking) types.push(event.type);
    expect(types[0]).toBe('planned');
    expect(types.filter((type) => type === 'outcome').length).toBeGreaterThanOrEqual(8);
  });

  test('rejects bad options, and nothing else', async () => {
    const wrong = await check({ ...host, command: good, only: ['HX'] }).catch((error: unknown) => error);
    expect(isUsageError(wrong)).toBe(true);
    const unknown = { ...host, command: good, onyl: ['HL'] };
    await expect(check(unknown)).rejects.toThrow(/onyl/);
    expect((await check({ ...host, command: ['/nonexistent/plugin'] })).verdict).toBe('nonconformant');
  });

  test('ends early at a signal, with a report, and leaves nothing', async () => {
    const controller = new AbortController();
    const checking = check({ ...host, command: broken('none'), signal: controller.signal });
    for await (const event of checking) if (event.type === 'outcome') controller.abort();
    const report = await checking;
    expect(report).toMatchObject({ interrupted: true, complete: false });
    const pids = report.launches.map(({ pid }) => pid);
    const alive = pids.filter((pid) => processesWith(`${pid}`).some((line) => Number.parseInt(line, 10) === pid));
    expect(alive).toEqual([]);
  });

  test('lets go of a signal that outlives it, so that many checks hold no more memory than one', async () => {
    const { signal } = new AbortController();
    await check({ ...host, command: good, smoke: true, signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
