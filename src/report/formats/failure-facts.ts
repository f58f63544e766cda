/**
 * What a failure is told with, in the order it is told, whatever the format: cause, expectation, evidence, what a real
 * host does, fix, the command to see it again. Formats only decide how it looks.
 */
import type { HostReaction } from '../../run/level.ts';
import { oneLine, visible, visibleBytes } from '../escape.ts';
import type { Diagnosis, ReportedEvidence, ReportedOutcome } from '../report.ts';

/** `text` may hold words of the plugin; `lines` and `command` are shown as they stand. */
export type Fact =
  | { readonly label: string; readonly kind: 'text'; readonly text: string }
  | { readonly label: string; readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly label: string; readonly kind: 'host'; readonly reactions: readonly HostLine[] }
  | { readonly label: string; readonly kind: 'command'; readonly command: string };

/** One thing a real host does: a phrase of ours, the host's own words, and a remark. */
interface HostLine {
  readonly phrase: string;
  readonly words?: string;
  readonly remark?: string;
}

const phrases: Readonly<Record<HostReaction['reaction'], string>> = {
  rejects: 'rejects the plugin',
  breaks: 'takes the plugin, then the session or a call fails',
  hangs: 'hangs',
  crashes: 'crashes itself',
  degrades: 'works, with a loss',
  tolerates: 'does not notice',
};

function hostLines({ host = [], hostSays }: ReportedOutcome): readonly HostLine[] {
  const reactions = host.map(({ versions, reaction, message, note }) => ({
    phrase: `${versions === 'all' ? '' : `${versions} `}${phrases[reaction]}`,
    ...(message !== undefined && { words: message }),
    ...(note !== undefined && { remark: note }),
  }));
  return hostSays === undefined ? reactions : [{ phrase: 'says here', words: hostSays }, ...reactions];
}

/** One line of a transcript: launch, time, source, text; what was cut off is said. */
function evidenceLine({ launch, atMs, source, text, encoding, truncated }: ReportedEvidence): string {
  const shown = encoding === 'base64' ? visibleBytes(text) : visible(text).replaceAll('\n', '\\n');
  return `${oneLine(launch)} +${Math.round(atMs)} ms ${oneLine(source)}: ${shown}${truncated ? ' … (cut)' : ''}`;
}

/** The sentence that says what is wrong. */
export const reasonOf = ({ reason, observed, title }: ReportedOutcome): string => reason ?? observed ?? title;

function remarks({ stateDependent, repeated }: ReportedOutcome): readonly string[] {
  return [
    ...(stateDependent ? ['fails only in a process that other probes have used before; alone it passes'] : []),
    ...(repeated ? [`failed in ${repeated.failed} of ${repeated.runs} runs`] : []),
  ];
}

/** Every fact of a failed outcome that is known. */
export function factsOf(outcome: ReportedOutcome, diagnoses: readonly Diagnosis[]): readonly Fact[] {
  const facts: Fact[] = [];
  const add = (label: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') facts.push({ label, kind: 'text', text });
  };
  const diagnosis = diagnoses.find(({ requirements }) => requirements.includes(outcome.id));
  if (diagnosis) {
    const isSaid = diagnosis.title === reasonOf(outcome);
    add('Diagnosis', isSaid ? `\`${diagnosis.class}\`` : `${diagnosis.title} (${diagnosis.class})`);
  }
  for (const remark of remarks(outcome)) add('Note', remark);
  add('Expected', outcome.expected);
  add('Observed', outcome.observed);
  const { evidence = [], fix, source, reproduce } = outcome;
  if (evidence.length > 0) facts.push({ label: 'Evidence', kind: 'lines', lines: evidence.map(evidenceLine) });
  const reactions = hostLines(outcome);
  if (reactions.length > 0) facts.push({ label: 'A real host', kind: 'host', reactions });
  add('Fix', fix);
  if (reproduce) facts.push({ label: 'Reproduce', kind: 'command', command: reproduce.text });
  add('Source', source);
  return facts;
}
