/** How far a requirement is probed, for the commands that only read data. */
import { probedIds } from '../report/build-report.ts';
import type { Requirement } from '../run/requirement.ts';
import type { Suite } from '../run/suite.ts';

export type Status = 'probed' | 'untestable' | 'planned';

/** Whether a requirement is probed, cannot be, or is still to be. */
export function statusOf(suite: Suite, requirement: Requirement): Status {
  if (probedIds(suite).has(requirement.id)) return 'probed';
  return requirement.untestable === undefined ? 'planned' : 'untestable';
}
