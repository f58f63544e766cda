/**
 * Reads what stands on stdout as a detective would: which line is meant to be the handshake, what is wrapped around
 * it, and which part means what. Judges nothing; see `handshake-rules.ts`.
 */
import { atoi, trimSpace } from './go-text.ts';

/** What was found before field 1, in the first line's bytes. */
export type Prefix = 'bom' | 'utf-16' | 'ansi' | 'text' | 'control';

/** The parts of a handshake line, where they could be told. */
export interface Fields {
  readonly core?: string;
  readonly app?: string;
  readonly network?: string;
  readonly address?: string;
  readonly protocol?: string;
  readonly certificate?: string;
  readonly multiplex?: string;
}

/** Known ways of getting the shape wrong. */
export type Shape =
  | 'six'
  | 'three-fields'
  | 'four-fields'
  | 'no-app-version'
  | 'packer'
  | 'swapped-address'
  | 'separator-in-address'
  | 'other';

export interface HandshakeLine {
  /** The line as text, without its line end. */
  readonly text: string;
  readonly prefix: Prefix | undefined;
  /** What the prefix was, shown with escapes. */
  readonly prefixText: string;
  /** A pair of quotes or brackets around the whole line. */
  readonly wrapped: string | undefined;
  /** What stands in the place of every bar. */
  readonly separator: string | undefined;
  /** Every bar has a backslash before it. */
  readonly escaped: boolean;
  /** How many parts the separators make. */
  readonly count: number;
  /** The parts as they stand in the cleaned line. */
  readonly parts: readonly string[];
  /** Numbers of parts with blanks around them, from 1. */
  readonly padded: readonly number[];
  /** Numbers of parts in quotes, from 1. */
  readonly quoted: readonly number[];
  readonly shape: Shape;
  readonly fields: Fields;
}

const networks = /^(?:unix|tcp|tcp4|tcp6|udp|unixpacket|unixgram|npipe|pipe|ip|ipc|vsock|http|https)$/i;
const protocols = /^(?:grpcs?|netrpc|net\/rpc|http2?|h2c?|json-?rpc)$/i;
const isNetwork = (part: string | undefined): boolean => part !== undefined && networks.test(part);
const isProtocol = (part: string | undefined): boolean => part !== undefined && protocols.test(part);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ansi = /\u001b\[[0-9;?]*[A-Za-z]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const leadingControl = /^[\u0000-\u0008\u000e-\u001f\u007f\u200b\u200e\u200f\u2060]+/;
const wrappers: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '[': ']',
  '(': ')',
  '<': '>',
  '{': '}',
};

/** Text of bytes: UTF-8 where it is valid, else one character a byte; UTF-16 is recognised by its NULs. */
export function decodeLine(bytes: Buffer): { readonly text: string; readonly utf16: boolean } {
  const marked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const nuls = bytes.subarray(0, 40).filter((byte) => byte === 0).length;
  if (marked || nuls > Math.min(bytes.byteLength, 40) / 3) {
    const kept = bytes.filter((byte) => byte !== 0 && byte !== 0xff && byte !== 0xfe);
    return { text: Buffer.from(kept).toString('latin1').replace(/\r$/, ''), utf16: true };
  }
  const utf8 = bytes.toString('utf8');
  const text = utf8.includes('\ufffd') ? bytes.toString('latin1') : utf8;
  return { text: text.replace(/\r$/, ''), utf16: false };
}

interface Cleaned {
  readonly rest: string;
  readonly prefix: Prefix | undefined;
  readonly prefixText: string;
}

function cleanStart(text: string, utf16: boolean): Cleaned {
  if (utf16) return { rest: text, prefix: 'utf-16', prefixText: 'UTF-16' };
  const line = trimSpace(text);
  if (line.startsWith('\ufeff')) return { rest: line.slice(1), prefix: 'bom', prefixText: '\\ufeff' };
  const colour = line.match(ansi)?.[0];
  if (colour !== undefined && line.startsWith(colour))
    return { rest: line.replace(ansi, ''), prefix: 'ansi', prefixText: colour.replace('\u001b', '\\x1b') };
  const control = leadingControl.exec(line)?.[0];
  if (control !== undefined)
    return { rest: line.slice(control.length), prefix: 'control', prefixText: JSON.stringify(control).slice(1, -1) };
  // A handshake that was printed through a logger: text, then the line itself.
  const logged = /^(.*?(?:[^\w|+.-]|\.{2,}))([+-]?\d{1,3}\|\d+\|(?:unix|tcp)\|.+)$/.exec(line);
  if (logged?.[1] && logged[2] && !(logged[1] in wrappers))
    return { rest: logged[2], prefix: 'text', prefixText: logged[1] };
  return { rest: line, prefix: undefined, prefixText: '' };
}

function unwrap(text: string): { readonly inner: string; readonly wrapped: string | undefined } {
  const open = text[0] ?? '';
  const close = wrappers[open];
  if (close === undefined || text.length < 2) return { inner: text, wrapped: undefined };
  return text.endsWith(close)
    ? { inner: text.slice(1, -1), wrapped: open + close }
    : { inner: text, wrapped: undefined };
}

/** A line with other separators than bars; an address on TCP may hold the same character. */
const otherSeparator = /^[+-]?\d{1,2}([,;:\t /])\d+\1(?:unix|tcp)\1.+\1(?:grpc|netrpc)/;

function split(inner: string): { parts: readonly string[]; separator: string | undefined; escaped: boolean } {
  const separator = otherSeparator.exec(inner)?.[1];
  if (separator === undefined) {
    const escaped = /^[^|]*\\\|(?:[^|]*\\\|){2,}[^|]*$/.test(inner);
    return { parts: (escaped ? inner.replaceAll('\\|', '|') : inner).split('|'), separator, escaped };
  }
  const words = inner.split(separator);
  const at = words.findIndex((word, index) => index > 3 && isProtocol(word));
  const parts = [...words.slice(0, 3), words.slice(3, at).join(separator), ...words.slice(at)];
  return { parts, separator, escaped: false };
}

const unquote = (part: string): string => (unwrap(part).wrapped?.match(/["'`]/) ? unwrap(part).inner : part);

const bare = (part: string): string => unquote(trimSpace(part));

function assign(parts: readonly string[]): { readonly shape: Shape; readonly fields: Fields } {
  const [a, b, c, d, e, f, g] = parts;
  const some = (fields: { readonly [name in keyof Fields]: string | undefined }): Fields =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  if (parts.length === 2 && isNetwork(a)) return { shape: 'other', fields: some({ network: a, address: b }) };
  if (parts.length === 3 && isNetwork(b)) return { shape: 'three-fields', fields: some({ network: b, address: c }) };
  if (parts.length === 4 && isProtocol(d) && isNetwork(b))
    return { shape: 'no-app-version', fields: some({ core: a, network: b, address: c, protocol: d }) };
  if (parts.length === 4 && b === '0' && atoi(a ?? '') !== 1)
    return { shape: 'packer', fields: some({ network: c, address: d }) };
  if (parts.length === 4) return { shape: 'four-fields', fields: some({ core: a, app: b, network: c, address: d }) };
  if (isNetwork(d) && !isNetwork(c) && isProtocol(e))
    return { shape: 'swapped-address', fields: some({ core: a, app: b, protocol: e, certificate: f, multiplex: g }) };
  if (/^unix$/i.test(c ?? '') && !isProtocol(e)) {
    const at = parts.findIndex((part, index) => index > 4 && isProtocol(part));
    if (at > 0) {
      const address = parts.slice(3, at).join('|');
      const rest = { protocol: parts[at], certificate: parts[at + 1], multiplex: parts[at + 2] };
      return { shape: 'separator-in-address', fields: some({ core: a, app: b, network: c, address, ...rest }) };
    }
  }
  const all = some({ core: a, app: b, network: c, address: d, protocol: e, certificate: f, multiplex: g });
  return { shape: parts.length >= 5 ? 'six' : 'other', fields: all };
}

/** Takes a line apart. */
export function readLine(bytes: Buffer): HandshakeLine {
  const { text, utf16 } = decodeLine(bytes);
  const { rest, prefix, prefixText } = cleanStart(text, utf16);
  const { inner, wrapped } = unwrap(rest);
  const { parts, separator, escaped } = split(inner);
  // A blank at the edge of a path may belong to it, and hosts ignore what stands in the last fields.
  const isStrict = (index: number): boolean => [0, 1, 2, 4].includes(index);
  const isPadded = parts.some((part, index) => isStrict(index) && part !== trimSpace(part));
  const numbersWhere = (holds: (part: string) => boolean): readonly number[] =>
    parts.flatMap((part, index) => (holds(part) ? [index + 1] : []));
  return {
    text,
    prefix,
    prefixText,
    wrapped,
    separator,
    escaped,
    count: separator === undefined ? parts.length : 1,
    parts,
    padded: isPadded ? numbersWhere((part) => part !== trimSpace(part)) : [],
    quoted: numbersWhere((part) => bare(part) !== trimSpace(part)),
    ...assign(parts.map((part, index) => (isPadded || isStrict(index) ? bare(part) : unquote(part)))),
  };
}

/** Whether a line was meant to be a handshake, however wrong it is; a log line that happens to hold bars is not. */
export function looksLikeHandshake({ parts, prefix, fields }: HandshakeLine): boolean {
  if (parts.length === 2) return isNetwork(parts[0]) && /[/:]/.test(parts[1] ?? '');
  if (parts.length < 3) return false;
  const values = parts.map(bare);
  const namesTransport = values.some((value) => isNetwork(value) || isProtocol(value));
  const startsSmall = /^[+-]?(?:v|0x)?\d{1,2}(?:\.\d+)?$/i.test(values[0] ?? '') || prefix !== undefined;
  const startsTwoNumbers =
    /^\d{1,2}$/.test(values[0] ?? '') && atoi(values[1] ?? '') !== undefined && parts.length >= 4;
  return (namesTransport && (startsSmall || fields.protocol !== undefined)) || startsTwoNumbers;
}

/** Whether a line is a handshake that a host would at least take apart. */
export const isWellFormed = (line: HandshakeLine): boolean =>
  line.count >= 4 &&
  line.prefix === undefined &&
  line.wrapped === undefined &&
  atoi(line.parts[0] ?? '') === 1 &&
  /^(?:unix|tcp)$/.test(line.parts[2] ?? '');
