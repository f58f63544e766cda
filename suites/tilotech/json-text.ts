/**
 * JSON as the reference host reads and writes it: Go's decoder takes the first value of a body and looks at nothing
 * after it; Go's encoder escapes `<`, `>` and `&`.
 */

export type FirstValue =
  | { readonly ok: true; readonly value: unknown /** What follows the value. */; readonly rest: string }
  /** `error` is what the host would show. */
  | { readonly ok: false; readonly error: string };

/** Where the first value of a text ends; `undefined` when it does not. */
function endOfValue(text: string, start: number): number | undefined {
  const first = text[start] ?? '';
  if (!'{["'.includes(first)) {
    // As soon as the value is over Go looks no further: `nullx` is null.
    const [literal = ''] = /^(?:null|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(text.slice(start)) ?? [];
    return start + Math.max(1, literal.length);
  }
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0 && !inString) return at + 1;
  }
  return undefined;
}

/** Reads the first JSON value of a body, as `json.Decoder` does. */
export function firstValue(body: Uint8Array): FirstValue {
  const text = Buffer.from(body).toString('utf8');
  const start = text.search(/[^ \t\r\n]/);
  if (start === -1) return { ok: false, error: 'EOF' };
  const end = endOfValue(text, start);
  if (end === undefined) return { ok: false, error: 'unexpected EOF' };
  try {
    return { ok: true, value: JSON.parse(text.slice(start, end)), rest: text.slice(end) };
  } catch {
    const character = text[start] ?? '';
    return { ok: false, error: `invalid character ${quote(character)} looking for beginning of value` };
  }
}

const quote = (character: string): string => (character === "'" ? "'\\''" : `'${character}'`);

/** What Go calls the type of a JSON value. */
export function typeOf(value: unknown): 'null' | 'array' | 'object' | 'string' | 'number' | 'bool' {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'boolean' ? 'bool' : type === 'string' || type === 'number' ? type : 'object';
}

const escapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

/** A value as Go's encoder writes it. */
export const goJson = (value: unknown): string =>
  (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16)}`,
  );

/** The same value with every letter of its texts and names escaped, which means the same to every JSON parser. */
export const escapedJson = (value: unknown): string =>
  (JSON.stringify(value) ?? 'null').replace(/"(?:[^"\\]|\\.)*"/g, (literal) => {
    const text = JSON.parse(literal) as string;
    const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
    return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
  });

/** One value in a few words, for reports. */
export function brief(value: unknown, limit = 160): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
