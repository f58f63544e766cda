/** Every wait has a deadline: these are the only ways to wait for a plugin. */
import type { PluginProcess } from '../launch/plugin-process.ts';
import { settlesWithin } from '../launch/settles-within.ts';
import { DeadlinePassed, PluginExited } from './plugin-fact.ts';

/**
 * Waits for `work`, at most `limitMs`. @throws DeadlinePassed naming what was waited for.
 */
export async function within<T>(work: Promise<T>, { limitMs, what }: { limitMs: number; what: string }): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed(what, limitMs)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** As `within`, and gives up as soon as the plugin has ended. @throws PluginExited, DeadlinePassed */
export function whileAlive<T>(
  plugin: PluginProcess,
  work: Promise<T>,
  limit: { limitMs: number; what: string },
): Promise<T> {
  const gone = plugin.whenExited.then((exit) => {
    throw new PluginExited(exit);
  });
  gone.catch(() => undefined);
  return within(Promise.race([work, gone]), limit);
}

/** Whether the plugin has ended: a death shows on its sockets a moment before its exit does. */
export async function hasExited({ exited, whenExited }: PluginProcess, limitMs = 50): Promise<boolean> {
  return exited !== undefined || settlesWithin(whenExited, limitMs);
}

/** For what may be the death of the plugin. @throws PluginExited when it has ended, or ends in a moment */
export async function assertAlive(plugin: PluginProcess): Promise<void> {
  if (await hasExited(plugin)) throw new PluginExited(await plugin.whenExited);
}

/** Waits until `condition` holds, asking at most every `everyMs`; false when `limitMs` has passed before. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  { limitMs, everyMs = 5 }: { limitMs: number; everyMs?: number },
): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.min(everyMs, left)));
  }
}
