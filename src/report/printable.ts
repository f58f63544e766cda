/** What a plugin printed is data: nothing of it may steer a terminal. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text with every control and direction character shown as an escape; line feeds and tabs become blanks. */
export const printable = (text: string): string =>
  text
    .replace(unsafe, (c) => {
      const code = c.charCodeAt(0);
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    })
    .replace(/[\n\t]/g, ' ');

/** As `printable`, cut to a length. */
export function printableWithin(text: string, limit: number): string {
  const safe = printable(text);
  return safe.length > limit ? `${safe.slice(0, limit - 1)}…` : safe;
}
