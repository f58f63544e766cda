/**
 * A strict reader of the XML that our own formats may write: prolog, elements, attributes, text and the five entities.
 * Anything else, and every character XML 1.0 forbids, is an error. Used by tests to prove output well-formed.
 */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text between the children, joined. */
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function decode(raw: string): string {
  if (raw.includes('<') || raw.includes(']]>')) throw new Error(`unescaped markup in ${JSON.stringify(raw)}`);
  return raw.replace(/&(\w+;)?/g, (whole, name: string | undefined) => {
    const character = entities[name?.slice(0, -1) ?? ''];
    if (character === undefined) throw new Error(`no such entity: ${whole}`);
    return character;
  });
}

function attributesOf(raw: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const rest = raw.replace(/\s+([\w-]+)="([^"<]*)"/g, (_, name: string, value: string) => {
    if (name in found) throw new Error(`attribute ${name} stands twice`);
    found[name] = decode(value);
    return '';
  });
  if (rest.trim() !== '') throw new Error(`not an attribute: ${rest}`);
  return found;
}

interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** Parses a document to its root element. @throws Error for whatever is not well-formed */
export function parseXml(text: string): XmlElement {
  const bad = forbidden.exec(text);
  if (bad) throw new Error(`character U+${bad[0].codePointAt(0)?.toString(16)} is not allowed in XML`);
  const prolog = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(text);
  if (!prolog) throw new Error('no XML declaration');
  const top: Open = { name: '', attributes: {}, children: [], text: '' };
  const stack = [top];
  const tag = /([^<]*)(?:<(\/?)([A-Za-z][\w-]*)((?:\s+[\w-]+="[^"]*")*)\s*(\/?)>|$)/y;
  tag.lastIndex = prolog[0].length;
  while (tag.lastIndex < text.length) {
    const at = tag.lastIndex;
    const match = tag.exec(text);
    const open = stack.at(-1);
    if (!match || !open) throw new Error(`not well-formed at ${JSON.stringify(text.slice(at, at + 60))}`);
    const [, before = '', slash, name, attributes = '', empty] = match;
    open.text += decode(before);
    if (name === undefined) continue;
    if (slash) {
      if (stack.pop()?.name !== name || stack.length === 0) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    const element: Open = { name, attributes: attributesOf(attributes), children: [], text: '' };
    open.children.push(element);
    if (!empty) stack.push(element);
  }
  const [root] = top.children;
  if (stack.length !== 1 || top.children.length !== 1 || !root) throw new Error('not exactly one closed root element');
  if (top.text.trim() !== '') throw new Error(`text outside the root element: ${top.text.trim()}`);
  return root;
}
