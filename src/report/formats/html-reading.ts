/** For tests: a page as a reader meets it, one line for each element that holds text or opens. */
import { elementsOf, type HtmlElement, parseHtml, textOf } from './html-parse.ts';

/** The text of an element on one line. */
export const words = (element: HtmlElement): string =>
  (element.name === 'tr'
    ? element.children.map((cell) => (typeof cell === 'string' ? ' ' : words(cell))).join(' ')
    : textOf(element)
  )
    .replace(/\s+/g, ' ')
    .trim();

function reading(element: HtmlElement, depth = 0): readonly string[] {
  const { name, attributes, children } = element;
  if (name === 'head' || name === 'script' || 'hidden' in attributes) return [];
  const isLine = /^(?:h\d|p|dt|dd|li|summary|tr|pre)$/.test(name) && !children.some(isBlock);
  const id = attributes['id'] === undefined ? '' : `#${attributes['id']}`;
  const indent = '  '.repeat(depth);
  if (isLine) return words(element) === '' ? [] : [`${indent}${name}: ${words(element)}`];
  const opens = name === 'details' ? [`${indent}${'open' in attributes ? 'open' : 'folded'} ${id}`] : [];
  const deeper = opens.length > 0 ? depth + 1 : depth;
  return [...opens, ...children.flatMap((child) => (typeof child === 'string' ? [] : reading(child, deeper)))];
}

const isBlock = (child: HtmlElement | string): boolean =>
  typeof child !== 'string' && /^(?:div|ul|ol|dl|p|li|table|pre)$/.test(child.name);

/** The whole page. */
export const readPage = (page: string): string => reading(parseHtml(page)).join('\n');

/** All elements of a name. */
export const find = (page: string, name: string): readonly HtmlElement[] =>
  elementsOf(parseHtml(page)).filter((element) => element.name === name);
