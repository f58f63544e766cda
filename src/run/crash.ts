/** Says in one line how a plugin died in the middle of something: exit, signal, and its own last words. */
import { describeExit, type Exit } from '../launch/exit.ts';
import type { Evidence, Transcript } from '../launch/transcript.ts';
import type { Cause } from './outcome.ts';
import type { Session } from './suite.ts';

/** The lines that tell most about a crash: the end of stderr, and the exit. */
export const lastWords = (transcript: Transcript, count = 6): readonly Evidence[] =>
  transcript.last(count, 'stderr', 'exit', 'signal', 'connection');

const panic = /^(?:panic: |fatal error: |thread '.*' panicked|Traceback \(most recent call last\)|Exception in thread)/;
const namedError = /^(?:\w+(?:\.\w+)*(?:Error|Exception|Interrupt|Exit))(?:: .*)?$/;

/** The line of stderr that names the crash, where one is recognised. */
export function panicLine(lines: readonly string[]): string | undefined {
  const named = lines.findLast((line) => namedError.test(line.trim()));
  const first = lines.find((line) => panic.test(line));
  if (first?.startsWith('Traceback')) return named?.trim() ?? first;
  return first ?? named?.trim();
}

const short = (text: string): string => (text.length > 160 ? `${text.slice(0, 157)}…` : text);

/** What the plugin said of its death, to stand behind a sentence. */
function wordsOf({ plugin }: Session): string {
  const line = panicLine(plugin.stderr.lastLines(60));
  return line === undefined ? '' : `; ${short(line)}`;
}

/** The cause of a death during `during`. */
export const crashCause = (session: Session, exit: Exit, during: string): Cause => ({
  class: 'crash-in-call',
  title: `The plugin ${describeExit(exit)} during ${during}${wordsOf(session)}`,
});

/** The cause of a death that nobody brought about. */
export const idleCause = (session: Session, exit: Exit): Cause => ({
  class: 'exits-when-idle',
  title: `The plugin ${describeExit(exit)} after nothing but the start of a host${wordsOf(session)}`,
});
