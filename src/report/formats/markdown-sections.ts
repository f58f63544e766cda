/** Parts of the Markdown report on what is no failure: what could not be judged stands open, the rest is folded. */
import { groupBy } from '../group-by.ts';
import { counts, type Report, type ReportedOutcome } from '../report.ts';
import { reasonOf } from './failure-facts.ts';
import { type Block, failureBlock, headOf } from './markdown-failure.ts';
import { codeSpan, prose } from './markdown-text.ts';

const number = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const folded = (summary: string, content: string): Block => ({
  full: `<details>\n<summary>${summary}</summary>\n\n${content}\n\n</details>`,
  short: `${summary}: see the JSON report.`,
});

/** A link only where the address cannot be anything else. */
const linked = (link: string): string =>
  /^https?:\/\/[\w.~:/?#@!$&'()*+,;=%-]+$/.test(link) ? `[link](<${link}>)` : codeSpan(link);

function knownItem(outcome: ReportedOutcome): string {
  const { reason = '', until, link } = outcome.known ?? {};
  const limits = [
    ...(until === undefined ? [] : [`until ${prose(until)}`]),
    ...(link === undefined ? [] : [linked(link)]),
  ];
  return `- ${headOf(outcome)}: ${[prose(reason), ...limits].join(', ')}`;
}

const namedBlocked = 5;

/** Blocked requirements by what blocks them: one cause must not look like forty failures. */
function blockedItems(outcomes: readonly ReportedOutcome[]): readonly string[] {
  const groups = groupBy(outcomes, ({ blockedBy = 'another requirement' }) => blockedBy);
  return [...groups].map(([by, blocked]) => {
    const more = blocked.length - namedBlocked;
    const names = blocked
      .slice(0, namedBlocked)
      .map(({ id }) => codeSpan(id))
      .join(', ');
    return `- ${blocked.length} blocked by ${codeSpan(by)}: ${names}${more > 0 ? ` and ${more} more` : ''}`;
  });
}

/** Everything that became of requirements beside passes and failures that count. */
export function otherSections(report: Report, heading: string): readonly Block[] {
  const { outcomes, strict, diagnoses } = report;
  const by = (kind: ReportedOutcome['outcome']) => outcomes.filter(({ outcome }) => outcome === kind);
  const failed = by('failed').filter((outcome) => !counts(outcome, strict));
  const warned = failed.filter(({ known }) => !known);
  const known = failed.filter((outcome) => outcome.known);
  const [blocked, errored, skipped] = [by('blocked'), by('errored'), by('skipped')];
  const unjudged = number(blocked.length + errored.length, 'requirement was', 'requirements were');
  const open = [
    ...errored.map((outcome) => `- ${headOf(outcome)}: ${prose(reasonOf(outcome))} (no fault of the plugin)`),
    ...blockedItems(blocked),
  ];
  const warnings = warned.map((outcome) => failureBlock(outcome, diagnoses, `${heading}#`).full);
  const skips = skipped.map((outcome) => `- ${headOf(outcome)}: ${prose(reasonOf(outcome))}`);
  return [
    ...(open.length > 0
      ? [
          {
            full: `${heading} Not judged\n\n${open.join('\n')}`,
            short: `${unjudged} not judged: see the JSON report.`,
          },
        ]
      : []),
    ...(warned.length > 0 ? [folded(number(warned.length, 'warning', 'warnings'), warnings.join('\n\n'))] : []),
    ...(known.length > 0
      ? [folded(number(known.length, 'known failure', 'known failures'), known.map(knownItem).join('\n'))]
      : []),
    ...(skipped.length > 0 ? [folded(`${skipped.length} skipped`, skips.join('\n'))] : []),
  ];
}
