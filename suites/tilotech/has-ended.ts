/** A plugin that says it is ready and ends, without anybody having done anything to it. */
import { describeExit } from '../../src/launch/exit.ts';
import { failed } from '../../src/run/outcome.ts';
import type { Broken } from '../../src/run/suite.ts';
import type { TiloSession } from './session.ts';

/** What its end breaks. The process must have ended. */
export function hasEnded(session: TiloSession): Broken {
  const exit = session.plugin.exited ?? { atMs: session.ready.atMs };
  const afterMs = Math.max(0, Math.round(exit.atMs - session.ready.atMs));
  return {
    by: 'TILO-READY-007',
    stage: 'start',
    outcome: failed({
      expected: 'the plugin runs on after it has said that it is ready',
      observed: `the plugin ${describeExit(exit)} ${afterMs} ms after the ready line`,
      evidence: session.transcript.last(5, 'stdout', 'stderr', 'exit'),
      cause: {
        class: 'exits-when-idle',
        title: `The plugin ${describeExit(exit)} ${afterMs} ms after it said that it is ready, without a call: every call costs a restart`,
        fix: 'Run in the foreground until SIGTERM: start no daemon, and keep the main function waiting.',
      },
    }),
  };
}
