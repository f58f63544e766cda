/** The five-byte prefix of gRPC messages: a compression flag and a big-endian length. */

/** One message as it goes over the wire, never compressed. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.byteLength);
  frame[0] = 0;
  frame.writeUInt32BE(message.byteLength, 1);
  frame.set(message, 5);
  return frame;
}

export interface GrpcMessage {
  readonly compressed: boolean;
  readonly bytes: Buffer;
}

/** Cuts a stream of bytes into messages. Lengths come from the plugin, so they are bounded. */
export class FrameReader {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #held = 0;

  /** @param limit the longest message that is taken, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that do not make a whole message yet. */
  get held(): number {
    return this.#held;
  }

  /** Messages that are complete with these bytes. @throws RangeError for a length above the limit or a bad flag */
  push(chunk: Buffer): readonly GrpcMessage[] {
    this.#chunks.push(chunk);
    this.#held += chunk.byteLength;
    const messages: GrpcMessage[] = [];
    while (this.#held >= 5) {
      const prefix = this.#peek(5);
      const flag = prefix.readUInt8(0);
      const length = prefix.readUInt32BE(1);
      if (flag > 1) throw new RangeError(`a message begins with flag ${flag}; only 0 and 1 exist`);
      if (length > this.#limit) throw new RangeError(`a message of ${length} bytes; at most ${this.#limit} are read`);
      if (this.#held < 5 + length) break;
      messages.push({ compressed: flag === 1, bytes: this.#take(5 + length).subarray(5) });
    }
    return messages;
  }

  #peek(length: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.byteLength >= length) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  #take(length: number): Buffer {
    const all = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = all.byteLength > length ? [all.subarray(length)] : [];
    this.#held -= length;
    return all.subarray(0, length);
  }
}
