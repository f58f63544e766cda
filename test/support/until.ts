/** Waits for something that must come to pass; generous, because machines are slow, and never longer than needed. */
import { expect } from 'vitest';
import { eventually } from '../../src/run/within.ts';

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  expect(await eventually(condition, { limitMs, everyMs: 10 }), `waited in vain until ${what}`).toBe(true);
}
