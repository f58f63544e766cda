/**
 * The first bytes of something that may go on for ever, in one piece of memory. Keeping chunks as they come would let
 * a plugin that writes byte by byte cost a hundred times what it wrote.
 */
const leastCapacity = 256;

export class KeptBytes {
  readonly #limit: number;
  #bytes = Buffer.alloc(0);
  #length = 0;

  /** @param limit how many bytes are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Keeps what of the chunk still fits. */
  append(chunk: Uint8Array): void {
    const kept = chunk.subarray(0, this.#limit - this.#length);
    const needed = this.#length + kept.byteLength;
    if (needed > this.#bytes.byteLength) {
      const grown = Buffer.alloc(Math.min(this.#limit, Math.max(leastCapacity, 2 * this.#bytes.byteLength, needed)));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(kept, this.#length);
    this.#length = needed;
  }

  /** What is kept so far. What comes later never changes these bytes. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
