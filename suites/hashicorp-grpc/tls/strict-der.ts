/** DER as Go reads it: one way to write each value. OpenSSL and Node.js also read what is merely BER. */

/** Where the content of an element lies. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

const constructed = 0x20;
const [boolean, integer] = [0x01, 0x02];

/** The element at an offset; `undefined` when its head is not DER or it does not fit. */
export function elementAt(bytes: Buffer, at: number): Element | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 4 || at + 2 + count > bytes.byteLength) return undefined;
  const length = count === 0 ? first : bytes.readUIntBE(at + 2, count);
  // The shortest form, and no zero before it.
  if (count > 0 && (length < 0x80 || bytes[at + 2] === 0)) return undefined;
  const start = at + 2 + count;
  return start + length <= bytes.byteLength ? { tag, start, end: start + length } : undefined;
}

/** Elements one after the other; `undefined` when the bytes are not made up of them. */
export function childrenOf(bytes: Buffer): readonly Element[] | undefined {
  const children: Element[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const element = elementAt(bytes, at);
    if (!element) return undefined;
    children.push(element);
    at = element.end;
  }
  return children;
}

function isStrictValue(bytes: Buffer, { tag, start, end }: Element): boolean {
  if ((tag & constructed) !== 0) return isStrictDer(bytes.subarray(start, end));
  const [first = 0, second = 0] = bytes.subarray(start, end);
  if (tag === boolean) return end - start === 1 && (first === 0 || first === 0xff);
  if (tag !== integer) return true;
  const isPadded = end - start > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  return end > start && !isPadded;
}

/** Whether bytes are DER elements one after the other, and so on inside those that hold others. */
export function isStrictDer(bytes: Buffer): boolean {
  return childrenOf(bytes)?.every((element) => isStrictValue(bytes, element)) === true;
}
