/** One failure in Markdown, with everything it takes to understand and fix it. */
import type { Diagnosis, ReportedOutcome } from '../report.ts';
import { type Fact, factsOf, reasonOf } from './failure-facts.ts';
import { codeSpan, fenced, prose } from './markdown-text.ts';

/** A part of the page, and what stands for it where there is no room. */
export interface Block {
  readonly full: string;
  readonly short?: string;
}

/** Further lines of evidence are in the JSON report. */
const shownLines = 12;

/** A fact is an item of a list, or a paragraph with a fence, which stays out of lists: indentation would break it. */
interface Part {
  readonly text: string;
  readonly isItem: boolean;
}

function partOf(fact: Fact): Part {
  const label = `**${fact.label}:**`;
  switch (fact.kind) {
    case 'text':
      return { text: `- ${label} ${prose(fact.text)}`, isItem: true };
    case 'lines': {
      const more = fact.lines.length - shownLines;
      const lines = more > 0 ? [...fact.lines.slice(0, shownLines), `… ${more} more in the JSON report`] : fact.lines;
      return { text: `${label}\n\n${fenced(lines, 'text')}`, isItem: false };
    }
    case 'command':
      return { text: `${label}\n\n${fenced([fact.command], 'sh')}`, isItem: false };
    case 'host': {
      const items = fact.reactions.map(({ phrase, words, remark }) => {
        const said = words === undefined ? '' : `: ${codeSpan(words)}`;
        return `  - ${prose(phrase)}${said}${remark === undefined ? '' : ` (${prose(remark)})`}`;
      });
      return { text: [`- ${label}`, ...items].join('\n'), isItem: true };
    }
  }
}

const joinParts = (parts: readonly Part[]): string =>
  parts
    .map(({ text, isItem }, index) => {
      if (index === 0) return text;
      return `${isItem && parts[index - 1]?.isItem ? '\n' : '\n\n'}${text}`;
    })
    .join('');

/** Id, level and title on one line. */
export const headOf = ({ id, level, title }: ReportedOutcome): string => `${codeSpan(id)} (${level}) ${prose(title)}`;

/** One failure; without room, its id and reason only. */
export function failureBlock(outcome: ReportedOutcome, diagnoses: readonly Diagnosis[], heading: string): Block {
  const facts = joinParts(factsOf(outcome, diagnoses).map(partOf));
  return {
    full: [`${heading} ${headOf(outcome)}`, prose(reasonOf(outcome)), facts].filter((part) => part !== '').join('\n\n'),
    short: `- ${headOf(outcome)}: ${prose(reasonOf(outcome))}`,
  };
}
