/**
 * Text of others on the page. Characters that would act are spelled out and set apart, so that an escape character and
 * a plugin that printed a backslash and `x1b` do not look the same. What stands between backticks is code, as in every
 * text of ours. Nothing may grow without bound: what a plugin printed can be long.
 */
import { visible, visibleBytes } from '../escape.ts';
import type { ReportedEvidence } from '../report.ts';
import { type Markup, markup, type Part } from './html-markup.ts';

const textLimit = 2000;

function cut(text: string): string {
  if (text.length <= textLimit) return text;
  const kept = text.slice(0, textLimit).replace(/[\ud800-\udbff]$/, '');
  return `${kept}… (${text.length - kept.length} more characters in the JSON report)`;
}

const control = (spelling: string): Markup => markup`<span class="ctl">${spelling}</span>`;

/** Text whose acting characters are spelled out and marked. */
function marked(text: string): Part {
  if (visible(text) === text) return text;
  const parts: Part[] = [];
  let run = '';
  let isActing = false;
  const end = (): void => {
    if (run !== '') parts.push(isActing ? control(run) : run);
    run = '';
  };
  for (const character of text) {
    const shown = visible(character);
    if ((shown !== character) !== isActing) end();
    isActing = shown !== character;
    run += shown;
  }
  end();
  return parts;
}

/** A sentence on one line. */
export function prose(text: string): Part {
  const parts = cut(text.trim().replace(/\s+/g, ' ')).split(/(?<!`)`([^`]+)`(?!`)/);
  return parts.map((part, index) => (index % 2 === 1 ? markup`<code>${marked(part)}</code>` : marked(part)));
}

/** Words as they stand, in the type of code. */
export const code = (text: string): Markup => markup`<code>${marked(cut(text.replace(/\s+/g, ' ')))}</code>`;

/** Lines as they stand: a line feed is spelled out where it was and ends the line as well. */
function asPrinted(text: string): Part {
  const lines = cut(text).split('\n');
  return lines.map((line, index) => {
    const isLast = index === lines.length - 1;
    const isEmptyEnd = index === lines.length - 2 && lines.at(-1) === '';
    return [marked(line), !isLast && control('\\n'), !isLast && !isEmptyEnd && '\n'];
  });
}

/** What one line of evidence says. Bytes that are no text are spelled out as a whole. */
export const evidenceText = ({ text, encoding, truncated }: ReportedEvidence): Part => [
  encoding === 'base64' ? markup`<span class="ctl">${cut(visibleBytes(text))}</span>` : asPrinted(text),
  truncated && markup` <span class="cut">… (cut)</span>`,
];

/** A command on one line: pasted into a shell, a line end would run what stands before it. */
export const commandText = (text: string): string => visible(text).replaceAll('\n', '\\n');

/** `812 ms`, `1.9 s`. */
export const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** `1 launch`, `40 launches`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** A link only where the address cannot be anything but a page on the web, shown in full. */
export const webLink = (address: string): Markup =>
  /^https?:\/\/[\w.-]+(?::\d+)?(?:[/?#][\w.~:/?#@!$&()*+,;=%-]*)?$/.test(address)
    ? markup`<a href="${address}" rel="noreferrer">${address}</a>`
    : code(address);
