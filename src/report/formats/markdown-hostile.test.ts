/** Whatever a plugin prints, the page has the markup it has for harmless words, and nothing a dialect could act on. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileReport, hostileText } from './hostile-report.ts';
import { markdown } from './markdown.ts';
import { sampleRun } from './sample-report.ts';

/** Takes out fenced blocks and code spans by the rules of CommonMark; what is left is what a reader of Markdown acts on. */
function withoutCode(text: string): readonly string[] {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,})(.*)$/.exec(line);
    if (fence !== undefined) {
      if (mark?.[2] === '' && (mark[1]?.length ?? 0) >= fence.length) fence = undefined;
      continue;
    }
    if (mark && !mark[2]?.includes('`')) fence = mark[1];
    lines.push(fence === undefined ? line.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, '') : 'FENCE');
  }
  if (fence !== undefined) lines.push('A FENCE IS LEFT OPEN');
  return lines;
}

/** The markup of a page: what is neither a word nor quiet punctuation. */
const markupOf = (text: string): readonly string[] =>
  withoutCode(text).map((line) => line.replace(/&(?:amp|lt|gt);/g, '').replace(/[^*_#<>|`~[\]@$\\^{}]/g, ''));

test('hostile text never becomes markup', () => {
  const quiet = markupOf(markdown.render(sampleRun([hostileReport('word.')])));
  fc.assert(
    fc.property(hostileText, (text) => {
      const page = markdown.render(sampleRun([hostileReport(text)]));
      expect(markupOf(page)).toEqual(quiet);
      expect(withoutCode(page).join(' ')).not.toMatch(/@|:\/\/|www\.|#\d|GH-\d|:\w+:|[\p{Cc}\u202e]/iu);
    }),
    { numRuns: 300 },
  );
});
