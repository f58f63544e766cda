/** What stands behind the end of an HTTP/1.1 answer, which no parser hands out. */

const lineEnd = /\r?\n/;
const headEnd = /\r?\n\r?\n/;

/** Where the chunks of a body end; `undefined` while they do not. */
function endOfChunks(text: string, start: number): number | undefined {
  for (let at = start; ; ) {
    const size = /^([0-9a-f]+)[^\n]*\n/i.exec(text.slice(at, at + 1024));
    if (!size) return undefined;
    const length = Number.parseInt(size[1] ?? '', 16);
    at += size[0].length;
    if (length === 0) {
      // Trailers, up to an empty line.
      for (;;) {
        const line = lineEnd.exec(text.slice(at));
        if (!line) return undefined;
        at += line.index + line[0].length;
        if (line.index === 0) return at;
      }
    }
    at += length;
    at += lineEnd.exec(text.slice(at, at + 2))?.[0].length ?? 0;
  }
}

/**
 * The bytes after the first final answer, as latin1; empty when there are none, when the answer is not complete, and
 * when only the end of the connection ends it.
 */
export function afterAnswer(bytes: Buffer): string {
  let text = bytes.toString('latin1');
  for (;;) {
    const end = headEnd.exec(text);
    if (!end) return '';
    const head = text.slice(0, end.index);
    const start = end.index + end[0].length;
    const status = Number(/^HTTP\/\d\.\d (\d{3})/.exec(head)?.[1]);
    if (status >= 100 && status < 200) {
      text = text.slice(start);
      continue;
    }
    if (/^transfer-encoding:.*chunked/im.test(head)) {
      const over = endOfChunks(text, start);
      return over === undefined ? '' : text.slice(over);
    }
    const length = status === 204 || status === 304 ? '0' : /^content-length:[ \t]*(\d+)/im.exec(head)?.[1];
    return length === undefined ? '' : text.slice(start + Number(length));
  }
}
