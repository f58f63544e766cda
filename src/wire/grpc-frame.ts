/** The five-byte prefix of gRPC messages: a compression flag and a big-endian length. */

const prefixLength = 5;

/** What stands before a message that is not compressed. */
export function messagePrefix(bytes: number): Buffer {
  const prefix = Buffer.alloc(prefixLength);
  prefix.writeUInt32BE(bytes, 1);
  return prefix;
}

/** One message as it goes over the wire, never compressed. */
export const frameMessage = (message: Uint8Array): Buffer =>
  Buffer.concat([messagePrefix(message.byteLength), message]);

export interface GrpcMessage {
  readonly compressed: boolean;
  readonly bytes: Buffer;
}

/** A length is only a promise: memory is taken as the bytes come, beginning with this much. */
const firstCapacity = 4096;

/** Cuts a stream of bytes into messages. Lengths come from the plugin, so they are bounded. */
export class FrameReader {
  readonly #limit: number;
  readonly #prefix = Buffer.alloc(prefixLength);
  #prefixHeld = 0;
  #length = 0;
  #body = Buffer.alloc(0);
  #bodyHeld = 0;

  /** @param limit the longest message that is taken, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that do not make a whole message yet. */
  get held(): number {
    return this.#prefixHeld + this.#bodyHeld;
  }

  /** Messages that are complete with these bytes. @throws RangeError for a length above the limit or a bad flag */
  push(chunk: Uint8Array): readonly GrpcMessage[] {
    const messages: GrpcMessage[] = [];
    let at = 0;
    while (at < chunk.byteLength) {
      at += this.#prefixHeld < prefixLength ? this.#takePrefix(chunk.subarray(at)) : this.#takeBody(chunk.subarray(at));
      if (this.#prefixHeld === prefixLength && this.#bodyHeld === this.#length) messages.push(this.#finish());
    }
    return messages;
  }

  #takePrefix(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, prefixLength - this.#prefixHeld);
    this.#prefix.set(taken, this.#prefixHeld);
    this.#prefixHeld += taken.byteLength;
    if (this.#prefixHeld === prefixLength) {
      const flag = this.#prefix.readUInt8(0);
      const length = this.#prefix.readUInt32BE(1);
      if (flag > 1) throw new RangeError(`a message begins with flag ${flag}; only 0 and 1 exist`);
      if (length > this.#limit) throw new RangeError(`a message of ${length} bytes; at most ${this.#limit} are read`);
      this.#length = length;
      this.#body = Buffer.alloc(Math.min(length, firstCapacity));
    }
    return taken.byteLength;
  }

  #takeBody(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.#length - this.#bodyHeld);
    const needed = this.#bodyHeld + taken.byteLength;
    if (needed > this.#body.byteLength) {
      const grown = Buffer.alloc(Math.min(this.#length, Math.max(needed, 2 * this.#body.byteLength)));
      grown.set(this.#body.subarray(0, this.#bodyHeld));
      this.#body = grown;
    }
    this.#body.set(taken, this.#bodyHeld);
    this.#bodyHeld = needed;
    return taken.byteLength;
  }

  #finish(): GrpcMessage {
    const message = { compressed: this.#prefix[0] === 1, bytes: this.#body };
    this.#body = Buffer.alloc(0);
    this.#prefixHeld = 0;
    this.#bodyHeld = 0;
    this.#length = 0;
    return message;
  }
}
