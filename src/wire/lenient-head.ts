/** Lets heads of HTTP/1.1 answers through that Go's client takes and Node's parser does not. */
import type { Socket } from 'node:net';

/** What Go's client reads of a head, in bytes. */
export const longestHead = 10 << 20;

/** Go takes names with blanks in them for names that nobody asks for. */
const nameWithBlank = /^[!#$%&'*+.^_`|~0-9A-Za-z-][!#$%&'*+.^_`|~0-9A-Za-z -]*:/;
const isOdd = (line: string): boolean => nameWithBlank.test(line) && line.slice(0, line.indexOf(':')).includes(' ');

/** A head, as latin1, without headers whose names hold blanks and without repetitions of the same Content-Length. */
export function ownHead(head: string): string {
  let length: string | undefined;
  let isDropping = false;
  const kept = head.split('\n').filter((line, at) => {
    if (at === 0) return true;
    // A folded line goes with the one before it.
    if (/^[ \t]/.test(line)) return !isDropping;
    const value = /^content-length:(.*)$/i.exec(line.trimEnd())?.[1]?.trim();
    isDropping = isOdd(line) || (value !== undefined && value === length);
    length ??= value;
    return !isDropping;
  });
  return kept.join('\n');
}

/** Prepares a connection; the function that comes back says that the next bytes begin an answer. */
export function acceptLenientHeads(socket: Socket): () => void {
  const push = socket.push.bind(socket);
  let held = Buffer.alloc(0);
  let isHead = true;
  const release = (bytes: Buffer): boolean => {
    held = Buffer.alloc(0);
    isHead = false;
    return bytes.byteLength === 0 || push(bytes);
  };
  const take = (bytes: Buffer): boolean => {
    held = Buffer.concat([held, bytes]);
    const text = held.toString('latin1');
    if (!'HTTP/'.startsWith(text.slice(0, 5))) return release(held);
    const end = /\n\r?\n/.exec(text);
    if (!end) return held.byteLength > longestHead ? release(held) : true;
    const over = end.index + end[0].length;
    const own = Buffer.from(ownHead(text.slice(0, end.index)) + text.slice(end.index, over), 'latin1');
    const rest = held.subarray(over);
    if (!/^HTTP\/\d\.\d 1(?!01)\d\d/.test(text)) return release(Buffer.concat([own, rest]));
    // More heads follow those that only inform.
    held = Buffer.alloc(0);
    const isWanted = push(own);
    return rest.byteLength > 0 ? take(rest) : isWanted;
  };
  socket.push = (chunk: unknown): boolean => {
    if (isHead && Buffer.isBuffer(chunk)) return take(chunk);
    if (held.byteLength > 0) release(held);
    return push(chunk);
  };
  return () => {
    isHead = true;
  };
}
