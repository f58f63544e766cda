/** The project's own sentences as Markdown. What stands between backticks is code already; the rest must stay text. */

const literal = (text: string): string =>
  text.replace(/[*<[\]~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (character) => `\\${character}`);

/** A sentence. */
export const sentence = (text: string): string =>
  text
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? part : literal(part)))
    .join('');

/** A sentence in a cell of a table, where a pipe would begin the next one even inside code. */
const cell = (text: string): string => sentence(text).replaceAll('|', '\\|');

/** A table of sentences. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(cell)))].join('\n');
}

/** Paragraphs, tables and lists below each other; what is undefined is left out. */
export const blocks = (parts: readonly (string | undefined)[]): string =>
  `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;

/** Where GitHub and npm let a heading be linked to. */
export const anchor = (heading: string): string => heading.toLowerCase();
