/** What a check tells while it goes on. */
import type { ReportedOutcome } from './report/report.ts';
import type { RunEvent } from './run/events.ts';

/** What a check tells while it goes on, in the order things happen. */
export type CheckEvent =
  | RunEvent
  /** A requirement has its final outcome. */
  | { readonly type: 'outcome'; readonly outcome: ReportedOutcome };
