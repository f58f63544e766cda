/**
 * Text of others inside Markdown. Dialects differ in what they read as markup (mentions, issue numbers, maths, emoji,
 * bare links), but all of them leave code alone. So a word that holds anything but letters and quiet punctuation is
 * shown as code; escaping with backslashes would stop emphasis, but neither mentions nor links.
 */
import { oneLine, visible } from '../escape.ts';

const quiet = /^[\p{L}\p{M}\p{N}.,;:'"()/=+?!%&<>–—…≥≤×·→“”„’-]*$/u;
/** What quiet characters may still add up to: links, references, commit hashes, emoji. */
const loud = /:\S|\/\/|==|[!%&]\S|www\.|gh-\d|[0-9a-f]{7}/i;

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));

const cut = (text: string, limit: number): string => (text.length > limit ? `${text.slice(0, limit)}… (cut)` : text);

const textLimit = 600;

/** A code span: the delimiter is longer than any run of backticks inside. */
export function codeSpan(text: string): string {
  const line = cut(oneLine(text), textLimit);
  if (line === '') return '(nothing)';
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

const asEntities = (word: string): string =>
  word.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function proseWord(word: string): string {
  const [, core = word, tail = ''] = /^(.*?)([.,;:!?]*)$/u.exec(word) ?? [];
  return quiet.test(word) && !loud.test(core) ? asEntities(word) : `${codeSpan(core === '' ? word : core)}${tail}`;
}

/** A sentence on one line. What stands between backticks is code; the rest is prose without any markup. */
export function prose(text: string): string {
  const parts = cut(oneLine(text), textLimit).split(/(?<!`)`([^`]+)`(?!`)/);
  const shown = parts.map((part, index) =>
    index % 2 === 1
      ? `${part.startsWith(' ') ? ' ' : ''}${codeSpan(part)}${part.endsWith(' ') ? ' ' : ''}`
      : part
          .split(' ')
          .map((word) => (word === '' ? '' : proseWord(word)))
          .join(' '),
  );
  // Code spans that touch would become one: their delimiters would add up to a longer run.
  return (
    shown.reduce((line, part) => `${line}${line.endsWith('`') && part.startsWith('`') ? ' ' : ''}${part}`, '').trim() ||
    '(nothing)'
  );
}

/** A sentence in a cell of a table. Tables are split at pipes before code is seen, so pipes become look-alikes. */
export const cell = (text: string): string => prose(text.replaceAll('|', '│'));

/** A block of lines as they stand, in a fence longer than any run of backticks inside. */
export function fenced(lines: readonly string[], language: 'text' | 'sh'): string {
  const shown = lines.map((line) => cut(visible(line).replaceAll('\n', '\\n'), textLimit));
  const fence = '`'.repeat(Math.max(3, longestRun(shown.join('\n')) + 1));
  return [`${fence}${language}`, ...shown, fence].join('\n');
}
