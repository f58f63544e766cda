/**
 * A strict reader of the HTML that our own format may write: listed elements and attributes, every element closed, the
 * five entities, attributes between double quotes. Anything else is an error. Used by tests to prove that nothing else
 * ever stands on a page.
 */

export interface HtmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (HtmlElement | string)[];
}

const elements = new Set(
  `html head meta title style body a header span b button main h1 h2 h3 h4 bdi em p ul ol li strong time section div dl
  dt dd svg rect i form input select option fieldset legend label output kbd details summary code table thead tbody tr
  th td pre footer script`.split(/\s+/),
);
const attributes = new Set(
  `lang charset http-equiv content name id class href hidden type data-v data-s data-l data-a data-d data-k datetime
  viewBox preserveAspectRatio aria-hidden aria-label aria-keyshortcuts width height role placeholder autocomplete
  spellcheck value for open tabindex scope rel`.split(/\s+/),
);
const empty = new Set(['meta', 'input']);
const raw = new Set(['style', 'script']);
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function decode(text: string): string {
  return text.replace(/&([^;]*;)?/g, (whole, name: string | undefined) => {
    const character = entities[name?.slice(0, -1) ?? ''];
    if (character === undefined) throw new Error(`no such entity: ${whole}`);
    return character;
  });
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const rest = text.replace(/\s+([\w-]+)(?:="([^"<>]*)")?/g, (_, name: string, value = '') => {
    if (!attributes.has(name)) throw new Error(`attribute ${name} may not stand on the page`);
    if (name in found) throw new Error(`attribute ${name} stands twice`);
    found[name] = decode(value);
    return '';
  });
  if (rest.trim() !== '') throw new Error(`not an attribute: ${rest}`);
  return found;
}

interface Open extends HtmlElement {
  readonly children: (HtmlElement | string)[];
}

/** Parses a page to its root element. @throws Error for whatever may not stand there */
export function parseHtml(page: string): HtmlElement {
  const top: Open = { name: '', attributes: {}, children: [] };
  const stack = [top];
  const tag = /([^<]*)<(\/?)([a-z][a-z\d]*)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*(\/?)>/gy;
  tag.lastIndex = '<!doctype html>'.length;
  if (!page.startsWith('<!doctype html>')) throw new Error('no doctype');
  while (stack.length > 1 || top.children.every((child) => typeof child === 'string')) {
    const at = tag.lastIndex;
    const [, before = '', slash, name = '', words = '', closed] = tag.exec(page) ?? [];
    const open = stack.at(-1);
    if (!open || !elements.has(name)) throw new Error(`not our HTML at ${JSON.stringify(page.slice(at, at + 80))}`);
    if (before !== '') open.children.push(decode(before));
    if (slash) {
      if (stack.pop()?.name !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    const element: Open = { name, attributes: attributesOf(words), children: [] };
    open.children.push(element);
    if (raw.has(name)) {
      const end = page.indexOf(`</${name}`, tag.lastIndex);
      element.children.push(page.slice(tag.lastIndex, end));
      tag.lastIndex = end + name.length + 3;
    } else if (!empty.has(name) && !closed) {
      stack.push(element);
    }
  }
  if (page.slice(tag.lastIndex) !== '\n') throw new Error('text after the end of the page');
  const root = top.children.find((child) => typeof child !== 'string');
  if (typeof root !== 'object') throw new Error('no element');
  return root;
}

/** All elements of a page, in its order. */
export const elementsOf = (element: HtmlElement): readonly HtmlElement[] => [
  element,
  ...element.children.flatMap((child) => (typeof child === 'string' ? [] : elementsOf(child))),
];

/** The text in an element. */
export const textOf = (element: HtmlElement): string =>
  element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
