import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeptBytes } from './kept-bytes.ts';

const chunks = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 30 });

test('keeps the first bytes, however they are cut', () => {
  fc.assert(
    fc.property(chunks, fc.nat({ max: 5000 }), (parts, limit) => {
      const kept = new KeptBytes(limit);
      for (const part of parts) kept.append(part);
      const all = Buffer.concat(parts);
      expect(kept.view()).toEqual(all.subarray(0, limit));
      expect(kept.length).toBe(Math.min(limit, all.byteLength));
    }),
  );
});

test('what was looked at stays as it was', () => {
  const kept = new KeptBytes(1000);
  kept.append(Buffer.from('first'));
  const seen = kept.view();
  kept.append(Buffer.from(', then more'));
  expect(seen.toString()).toBe('first');
  expect(kept.view().toString()).toBe('first, then more');
});

test('keeps nothing of the chunks it was given', () => {
  const chunk = Buffer.from('abc');
  const kept = new KeptBytes(10);
  kept.append(chunk);
  chunk.fill('x');
  expect(kept.view().toString()).toBe('abc');
});
