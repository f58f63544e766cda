/** What a run tells while it goes on: one stream, in the order things happen. */
import type { Exit } from '../launch/exit.ts';

export type RunEvent =
  /** The plan is made: how many requirements will get an outcome, in which launches. */
  | { readonly type: 'planned'; readonly system: string; readonly probes: number; readonly launches: readonly string[] }
  /** A plugin process has been started. */
  | { readonly type: 'started'; readonly launch: string; readonly pid: number }
  /** Its host is connected, or has given up. */
  | { readonly type: 'opened'; readonly launch: string; readonly readyAtMs: number | undefined }
  /** A process and everything that came of it are gone. */
  | {
      readonly type: 'ended';
      readonly launch: string;
      readonly exit: Exit | undefined;
      readonly leaked: readonly string[];
    }
  /** Something worth knowing that is no outcome. */
  | { readonly type: 'note'; readonly text: string };

export type Emit = (event: RunEvent) => void;
