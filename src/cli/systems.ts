/** Finds systems by name for the commands that only read data. */
import { registry } from '../../suites/registry.ts';
import { nearest } from '../config/nearest.ts';
import { UsageError } from '../config/usage-error.ts';
import { probedIds } from '../report/build-report.ts';
import type { Requirement } from '../run/requirement.ts';
import type { Suite } from '../run/suite.ts';

/** The suite of a system. @throws UsageError */
export async function suiteNamed(name: string): Promise<Suite> {
  const entry = registry.find(({ system }) => system === name);
  if (entry) return entry.load();
  const names = registry.map(({ system }) => system);
  const meant = nearest(name, names);
  throw new UsageError(`there is no system "${name}"; the systems are ${names.join(', ')}`, {
    hint: meant === undefined ? undefined : `did you mean \`${meant}\`?`,
  });
}

export type Status = 'probed' | 'untestable' | 'planned';

/** Whether a requirement is probed, cannot be, or is still to be. */
export function statusOf(suite: Suite, requirement: Requirement): Status {
  if (probedIds(suite).has(requirement.id)) return 'probed';
  return requirement.untestable === undefined ? 'planned' : 'untestable';
}
