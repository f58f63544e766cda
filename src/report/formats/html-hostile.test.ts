/** Whatever a plugin prints, the page has the markup it has for harmless words, and shows what was printed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visible } from '../escape.ts';
import { hostileReport, hostileText } from './hostile-report.ts';
import { html } from './html.ts';
import { elementsOf, type HtmlElement, parseHtml, textOf } from './html-parse.ts';
import { sampleRun } from './sample-report.ts';

/** What text may bring along: code between backticks, and marks around what is spelled out or cut off. */
const isMark = ({ name, attributes }: HtmlElement): boolean =>
  (name === 'code' && attributes['class'] === undefined) || /^(?:ctl|cut)$/.test(attributes['class'] ?? '');

/** Every element with the names of its attributes, and with the values that are ours alone. */
const skeleton = (page: string): readonly string[] =>
  elementsOf(parseHtml(page))
    .filter((element) => !isMark(element))
    .map(({ name, attributes }) => {
      const { id, href, value, content, 'data-a': area, 'aria-label': label, datetime, ...own } = attributes;
      const others = Object.keys({ id, href, value, content, area, label, datetime }).join();
      return `${name} ${others} ${JSON.stringify(own)} ${href?.startsWith('#')}`;
    });

test('hostile text never becomes markup', () => {
  const quiet = skeleton(html.render(sampleRun([hostileReport('word.')])));
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(skeleton(html.render(sampleRun([hostileReport(text)])))).toEqual(quiet);
    }),
    { numRuns: 100 },
  );
});

test('hostile text is shown, every character of it, and none that acts', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const page = parseHtml(html.render(hostileReport(text)));
      const cells = elementsOf(page).filter(({ name }) => name === 'td');
      const printed = text
        .split('\n')
        .map((line) => visible(`${line} `).slice(0, -1))
        .join('\\n\n');
      expect(cells.map(textOf)).toContain(printed.replace(/\\n\n$/, '\\n'));
      expect(textOf(page).replace(/[\t\n]/g, '')).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
    }),
    { numRuns: 100 },
  );
});
