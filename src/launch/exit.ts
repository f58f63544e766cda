/** How a process ended, and how that is told. */

export interface Exit {
  readonly code?: number;
  readonly signal?: string;
  readonly atMs: number;
  /** Why Plugfest killed it; absent when it ended by itself or by its host's request. */
  readonly killedBy?: string;
}

/** `exited with code 1`, `ended by SIGKILL`. */
export function describeExit(exit: Exit): string {
  const how = exit.signal === undefined ? `exited with code ${exit.code ?? 0}` : `ended by ${exit.signal}`;
  return exit.killedBy === undefined ? how : `${how} (killed by Plugfest: ${exit.killedBy})`;
}
