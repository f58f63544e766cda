/**
 * Markup that is safe by construction: only the literal parts of a template in this program become markup, and every
 * value put into one is text, whether it stands between tags or between the quotes of an attribute. There is no way
 * from a string to markup, so nothing that a plugin printed can find one.
 */
import { visible } from '../escape.ts';

/** A piece of a page. Only templates make it. */
export class Markup {
  readonly #html: string;
  constructor(parts: TemplateStringsArray, values: readonly Part[]) {
    this.#html = withoutLayout(parts).reduce((page, part, index) => `${page}${textOf(values[index - 1])}${part}`);
  }
  toString(): string {
    return this.#html;
  }
}

/** What may stand in a template: nothing for `undefined` and `false`. */
export type Part = Markup | string | number | false | undefined | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const plain = /^[\w .,:;/()|=+*#@!?-]*$/;

/** Most values are plain words, and a page has a hundred thousand of them. */
const escaped = (text: string): string =>
  plain.test(text) ? text : visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');

function textOf(part: Part): string {
  if (part instanceof Markup) return part.toString();
  if (part === undefined || part === false) return '';
  return typeof part === 'object' ? part.map(textOf).join('') : escaped(String(part));
}

const lean = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Line ends and indentation of a template lay out the source: on the page they are one blank. */
function withoutLayout(parts: TemplateStringsArray): readonly string[] {
  const known = lean.get(parts) ?? parts.map((part) => part.replace(/\n\s*/g, ' '));
  lean.set(parts, known);
  return known;
}

/** Makes markup. Attributes must be written between double quotes. */
export const markup = (parts: TemplateStringsArray, ...values: readonly Part[]): Markup => new Markup(parts, values);
