/**
 * Ctrl-C ends a run in good order: nothing new begins, everything that was started ends, the partial report is
 * written. A second Ctrl-C leaves at once; the watchdog, which sees the harness go, ends what is left.
 */
export interface Interrupt {
  readonly signal: AbortSignal;
  readonly dispose: () => void;
}

export function onInterrupt(say: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) process.exit(130);
    say('interrupted: ending the plugins (again to leave at once)\n');
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handle);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
