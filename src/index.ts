/** Plugfest as a library: check a plugin from a program and get the typed report. */
import { registry } from '../suites/registry.ts';
import { runCheck } from './check.ts';
import type { CheckEvent } from './check-event.ts';
import type { CheckOptions } from './config/options.ts';
import type { Report } from './report/report.ts';
import { EventQueue } from './run/event-queue.ts';

export type { CheckEvent } from './check-event.ts';
export type { CheckOptions } from './config/options.ts';
export { isUsageError, UsageError } from './config/usage-error.ts';
export type {
  Counts,
  Coverage,
  Diagnosis,
  Report,
  ReportedEvidence,
  ReportedLaunch,
  ReportedOutcome,
  RunReport,
  Verdict,
} from './report/report.ts';
export type { Level } from './run/level.ts';

/** A check under way: await it for the report, iterate it for the events. */
export interface Check extends Promise<Report>, AsyncIterable<CheckEvent> {}

/**
 * Checks one plugin.
 *
 * The promise gives the report, whatever the plugin does; it rejects with a `UsageError` for bad options. Iterating
 * gives the events in order, from the beginning even when iteration starts late.
 * @param options what the command line knows as options; `signal` ends the run early: the report then says
 *   `interrupted: true`, and nothing of the plugin is left behind
 */
export function check(options: CheckOptions & { readonly signal?: AbortSignal }): Check {
  const { signal, ...rest } = options;
  const queue = new EventQueue<CheckEvent>();
  const report = runCheck(rest, { registry, signal, emit: (event) => queue.push(event) }).finally(() => queue.end());
  return Object.assign(report, { [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator]() });
}
