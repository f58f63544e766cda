import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader, frameMessage } from './grpc-frame.ts';

const limit = 1024;

test('frameMessage writes the flag, the length and the message', () => {
  expect(frameMessage(Buffer.from('abc'))).toEqual(Buffer.from([0, 0, 0, 0, 3, 0x61, 0x62, 0x63]));
  expect(frameMessage(Buffer.alloc(0))).toEqual(Buffer.alloc(5));
  expect(frameMessage(Buffer.alloc(65_537)).subarray(0, 5)).toEqual(Buffer.from([0, 0, 1, 0, 1]));
});

describe('FrameReader', () => {
  const messages = fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 60 })), { maxLength: 12 });
  const cuts = fc.array(fc.nat({ max: 70 }), { maxLength: 40 });
  const encode = (all: readonly (readonly [boolean, Uint8Array])[]): Buffer =>
    Buffer.concat(
      all.map(([compressed, bytes]) => {
        const frame = frameMessage(bytes);
        if (compressed) frame[0] = 1;
        return frame;
      }),
    );

  test('gives the same messages however the bytes are cut', () => {
    fc.assert(
      fc.property(messages, cuts, fc.nat({ max: 30 }), (all, lengths, missing) => {
        const bytes = encode(all);
        const cut = bytes.subarray(0, Math.max(0, bytes.byteLength - missing));
        const reader = new FrameReader(limit);
        const seen: [boolean, string][] = [];
        let from = 0;
        for (const length of [...lengths, cut.byteLength]) {
          const chunk = Buffer.from(cut.subarray(from, from + length));
          from += length;
          for (const message of reader.push(chunk)) seen.push([message.compressed, message.bytes.toString('hex')]);
          // A chunk is the caller's again as soon as it has been pushed.
          chunk.fill(0xee);
        }
        let whole = 0;
        const complete = all.filter(([, content]) => {
          whole += 5 + content.byteLength;
          return whole <= cut.byteLength;
        });
        const hex = complete.map(([flag, content]) => [flag, Buffer.from(content).toString('hex')]);
        expect(seen).toEqual(hex);
        const taken = complete.reduce((sum, [, content]) => sum + 5 + content.byteLength, 0);
        expect(reader.held).toBe(cut.byteLength - taken);
      }),
    );
  });

  test.each<[string, Buffer, string]>([
    ['a length above the limit', Buffer.from([0, 0, 0, 4, 1]), 'a message of 1025 bytes; at most 1024 are read'],
    ['two gigabytes', Buffer.from([0, 0x80, 0, 0, 0]), 'a message of 2147483648 bytes; at most 1024 are read'],
    ['a flag that does not exist', Buffer.from([2, 0, 0, 0, 0]), 'a message begins with flag 2; only 0 and 1 exist'],
    ['text', Buffer.from('not found'), 'a message begins with flag 110; only 0 and 1 exist'],
  ])('refuses %s', (_, bytes, text) => {
    expect(() => new FrameReader(limit).push(bytes)).toThrow(new RangeError(text));
    const reader = new FrameReader(limit);
    expect(() => {
      for (const byte of bytes) reader.push(Buffer.from([byte]));
    }).toThrow(new RangeError(text));
  });

  test('takes a message of exactly the limit, and gives the messages before a fault', () => {
    const reader = new FrameReader(limit);
    expect(reader.push(frameMessage(Buffer.alloc(limit)))).toHaveLength(1);
    expect(reader.held).toBe(0);
  });

  test('a large message that comes byte by byte costs little more than itself', () => {
    const size = 3_000_000;
    const reader = new FrameReader(size);
    const bytes = frameMessage(Buffer.alloc(size, 7));
    const before = process.memoryUsage().rss;
    const began = performance.now();
    let seen = 0;
    for (let at = 0; at < bytes.byteLength; at += 1) seen += reader.push(bytes.subarray(at, at + 1)).length;
    expect(seen).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('a small message does not keep the large chunk it came in', () => {
    const chunk = Buffer.concat([frameMessage(Buffer.from('abc')), frameMessage(Buffer.alloc(limit)).subarray(0, 900)]);
    const [message] = new FrameReader(limit).push(chunk);
    expect(message?.bytes.toString()).toBe('abc');
    expect(message?.bytes.buffer).not.toBe(chunk.buffer);
  });
});
