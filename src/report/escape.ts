/**
 * What a plugin printed is data: here it is made harmless for the places reports are read in. A character that would
 * act instead of show (terminal controls, direction overrides, lone surrogates, what XML forbids) is spelled out, so
 * that it is seen where it matters: in the evidence.
 */

/** `\p{Cs}` matches a surrogate only where it stands alone. */
const acting = /[\p{Cc}\p{Cs}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]/gu;

const spelled = (character: string): string => {
  if (character === '\n' || character === '\t') return character;
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** Spells out every character that would act instead of show. Line feeds and tabs stay; CR LF becomes a line feed. */
export const visible = (text: string): string => text.replaceAll('\r\n', '\n').replace(acting, spelled);

/** The same on one line, runs of blanks and line ends as one blank. */
export const oneLine = (text: string): string => visible(text.trim().replace(/\s+/g, ' '));

/** As `oneLine`, cut to a length. */
export function oneLineWithin(text: string, limit: number): string {
  const line = oneLine(text);
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** Bytes that are no UTF-8, in base64, as text: printable ASCII as it is, the others as `\xff`. */
export const visibleBytes = (base64: string): string =>
  Array.from(Buffer.from(base64, 'base64'), (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as the content of an XML element. Never yields anything that XML 1.0 does not allow. */
export const xmlText = (text: string): string =>
  visible(text).replace(/[&<>"]/g, (character) => entities[character] ?? '');

/** Text as the value of an XML attribute, on one line: readers turn line ends in attributes into blanks anyway. */
export const xmlAttribute = (text: string): string => xmlText(oneLine(text));
