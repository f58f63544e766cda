/** Go's notions of text that decide what the reference host reads; JavaScript's are laxer in every one of them. */

// unicode.IsSpace: U+FEFF is not among them, which String.prototype.trim would strip.
const goSpace = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const outerSpace = new RegExp(`^${goSpace}+|${goSpace}+$`, 'g');

/** strings.TrimSpace */
export const trimSpace = (text: string): string => text.replace(outerSpace, '');

/** strconv.Atoi: an optional sign and decimal digits, nothing else; `undefined` when it would fail. */
export function atoi(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** strconv.ParseBool */
export function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  return undefined;
}

/** fmt's %q, as far as it matters here. */
export const quote = (text: string): string =>
  `"${text.replace(/["\\]|[^ -~]/gu, (c) => {
    if (c === '"' || c === '\\') return `\\${c}`;
    const code = c.codePointAt(0) ?? 0;
    const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    if (short[c]) return short[c];
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code === 0xfeff ? '\\ufeff' : c;
  })}"`;

export type TcpAddress =
  | { readonly ok: true; readonly host: string; readonly port: string }
  | { readonly ok: false; readonly error: string };

/** net.SplitHostPort with its error texts. */
export function splitHostPort(address: string): TcpAddress {
  const fail = (why: string): TcpAddress => ({ ok: false, error: `address ${address}: ${why}` });
  const colon = address.lastIndexOf(':');
  if (colon < 0) return fail('missing port in address');
  let host: string;
  if (address.startsWith('[')) {
    const end = address.indexOf(']');
    if (end < 0) return fail("missing ']' in address");
    if (end + 1 === address.length) return fail('missing port in address');
    if (end + 1 !== colon)
      return fail(address[end + 1] === ':' ? 'too many colons in address' : 'missing port in address');
    host = address.slice(1, end);
    if (address.indexOf('[', 1) >= 0) return fail("unexpected '[' in address");
    if (address.indexOf(']', end + 1) >= 0) return fail("unexpected ']' in address");
  } else {
    host = address.slice(0, colon);
    if (host.includes(':')) return fail('too many colons in address');
    if (address.includes('[')) return fail("unexpected '[' in address");
    if (address.includes(']')) return fail("unexpected ']' in address");
  }
  return { ok: true, host, port: address.slice(colon + 1) };
}
