import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Output, scannerLimit } from './output.ts';
import { Transcript } from './transcript.ts';

/** An output that is fed by hand: a real stream, without a process behind it. */
function feed(...chunks: readonly (string | Uint8Array)[]) {
  const stream = new PassThrough();
  const transcript = new Transcript('plain');
  const output = new Output('stdout', stream, transcript);
  transcript.attach(output);
  const write = (chunk: string | Uint8Array) => stream.emit('data', Buffer.from(chunk));
  for (const chunk of chunks) write(chunk);
  return { output, transcript, write, end: () => stream.end() };
}

const texts = (output: Output) => output.lines().map((line) => line.bytes.toString());
const numbers = (output: Output) => output.lines().map((line) => line.number);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('lines', () => {
  test.each([
    ['one line', ['a\n'], ['a']],
    ['a line in pieces', ['1|1|', 'unix', '|/x|grpc', '\n'], ['1|1|unix|/x|grpc']],
    ['several lines in one chunk', ['a\nb\n\nc\n'], ['a', 'b', '', 'c']],
    ['a line feed of its own', ['a', '\n', '\n'], ['a', '']],
    ['carriage returns, which belong to the line', ['a\r\nb\r\n'], ['a\r', 'b\r']],
    ['a character cut in half', [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])], ['é']],
    [
      'an emoji in four pieces',
      [...Buffer.from('😀')].map((byte) => Buffer.from([byte])).concat(Buffer.from('\n')),
      ['😀'],
    ],
  ])('%s', (_, chunks, lines) => {
    const { output } = feed(...chunks);
    expect(texts(output)).toEqual(lines);
    expect(output.lineCount).toBe(lines.length);
    expect(output.unfinished()).toEqual({ bytes: Buffer.alloc(0), length: 0 });
  });

  test('are the same however the bytes are cut', () => {
    const short = fc.array(fc.constantFrom(0x0a, 0x0a, 0x61, 0xc3, 0xff), { maxLength: 900 });
    fc.assert(
      fc.property(short, fc.array(fc.nat({ max: 300 }), { maxLength: 40 }), (bytes, cuts) => {
        const all = Buffer.from(bytes);
        const whole = feed(all).output;
        const { output, write } = feed();
        let from = 0;
        for (const length of cuts) {
          write(all.subarray(from, from + length));
          from += length;
        }
        write(all.subarray(from));
        const seen = (one: Output) =>
          one.lines().map(({ number, bytes: own, length }) => [number, own.toString('hex'), length]);
        const reference = all.toString('latin1').split('\n').slice(0, -1);
        const expected = reference.map((line, n) => [n + 1, Buffer.from(line, 'latin1').toString('hex'), line.length]);
        const kept = expected.length <= 200 ? expected : [...expected.slice(0, 100), ...expected.slice(-100)];
        expect(seen(output)).toEqual(kept);
        expect(seen(whole)).toEqual(kept);
        expect(output.lineCount).toBe(reference.length);
        expect(output.longestLine).toBe(
          Math.max(
            0,
            ...all
              .toString('latin1')
              .split('\n')
              .map((line) => line.length),
          ),
        );
        expect(output.longestLine).toBe(whole.longestLine);
        expect(output.total).toBe(all.byteLength);
        expect(output.head()).toEqual(all);
        expect(output.unfinished()).toEqual(whole.unfinished());
      }),
    );
  });

  test.each([100, 101, 150, 199, 200, 201, 250, 299, 300, 301, 1234])(
    '%i lines: the first and the last hundred are kept, in order',
    (count) => {
      const all = range(1, count).map((n) => `line ${n}\n`);
      const kept = [...range(1, Math.min(100, count)), ...range(Math.max(101, count - 99), count)];
      const oneByOne = feed(...all).output;
      const atOnce = feed(all.join('')).output;
      for (const output of [oneByOne, atOnce]) {
        expect(numbers(output)).toEqual(kept);
        expect(texts(output)).toEqual(kept.map((n) => `line ${n}`));
        expect(output.lineCount).toBe(count);
        expect(output.lastLines(3)).toEqual([count - 2, count - 1, count].map((n) => `line ${n}`));
      }
    },
  );

  test('tell their length and when they were complete', async () => {
    const { output, transcript, write } = feed('half');
    const before = transcript.now();
    write(' done\n');
    const [line] = output.lines();
    expect(line).toMatchObject({ number: 1, length: 9, terminated: true });
    expect(line?.atMs).toBeGreaterThanOrEqual(before);
    expect(line?.atMs).toBeLessThanOrEqual(transcript.now());
  });

  test('an unfinished line counts when the pipe ends', async () => {
    const { output, end, transcript } = feed('whole\nhalf');
    expect(output.lineCount).toBe(1);
    expect(output.firstLine?.bytes.toString()).toBe('whole');
    expect(output.unfinished()).toEqual({ bytes: Buffer.from('half'), length: 4 });
    expect(output.endedAtMs).toBeUndefined();
    end();
    await output.ended;
    expect(output.lineCount).toBe(2);
    expect(output.lines()[1]).toMatchObject({ number: 2, length: 4, terminated: false });
    expect(output.unfinished()).toEqual({ bytes: Buffer.alloc(0), length: 0 });
    expect(output.endedAtMs).toBeLessThanOrEqual(transcript.now());
  });

  test('what was seen of an unfinished line does not change when the next one comes', () => {
    const { output, write } = feed('1|1|un');
    const { bytes } = output.unfinished();
    write('ix|/x\nanother');
    expect(bytes.toString()).toBe('1|1|un');
  });
});

describe('bounds', () => {
  test('the first line is kept up to 64 KiB, the others up to 4 KiB, and both know their length', () => {
    const { output } = feed(`${'a'.repeat(70_000)}\n`, `${'b'.repeat(70_000)}\n`);
    const [first, second] = output.lines();
    expect(first).toMatchObject({ length: 70_000, terminated: true });
    expect(first?.bytes.byteLength).toBe(scannerLimit);
    expect(second).toMatchObject({ length: 70_000, terminated: true });
    expect(second?.bytes.byteLength).toBe(4096);
    expect(output.longestLine).toBe(70_000);
  });

  test('a line of 100 MB costs next to nothing', () => {
    const { output, write } = feed();
    const chunk = Buffer.alloc(1_000_000, 0x78);
    const before = process.memoryUsage();
    for (let n = 0; n < 100; n += 1) write(chunk);
    expect(output.longestLine).toBe(100_000_000);
    expect(output.unfinished().length).toBe(100_000_000);
    expect(output.unfinished().bytes.byteLength).toBe(scannerLimit);
    expect(output.head().byteLength).toBe(256 * 1024);
    write('\n');
    expect(output.lines().map(({ length }) => length)).toEqual([100_000_000]);
    expect(output.total).toBe(100_000_001);
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(60_000_000);
  });

  test('bytes that come one by one cost little more than themselves', () => {
    const { output, write } = feed();
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 300_000; n += 1) write('x');
    expect(output.total).toBe(300_000);
    expect(output.head().byteLength).toBe(256 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
  });

  test('a flood of short lines is counted faster than a plugin can write it', () => {
    const { output, write } = feed();
    const chunk = Buffer.from('y\n'.repeat(32 * 1024));
    const began = performance.now();
    for (let n = 0; n < 200; n += 1) write(chunk);
    expect(output.lineCount).toBe(200 * 32 * 1024);
    expect(output.lines()).toHaveLength(200);
    expect(numbers(output).slice(-2)).toEqual([6_553_599, 6_553_600]);
    // 13 MB; line by line this took ten seconds.
    expect(performance.now() - began).toBeLessThan(4000);
  });

  test('the longest line is known even when it fell out of the middle', () => {
    const lines = range(1, 1000).map((n) => (n === 500 ? 'x'.repeat(9000) : 'y'));
    expect(feed(`${lines.join('\n')}\n`).output.longestLine).toBe(9000);
  });
});

describe('onChange', () => {
  test('tells of every chunk and of the end, until it is stopped', async () => {
    const { output, write, end } = feed();
    const seen: number[] = [];
    const stopped: number[] = [];
    output.onChange(() => seen.push(output.total));
    const stop = output.onChange(() => stopped.push(output.total));
    write('a');
    stop();
    write('bc\n');
    end();
    await output.ended;
    expect(seen).toEqual([1, 4, 4]);
    expect(stopped).toEqual([1]);
  });

  test('release ends the output, whoever holds the other end', async () => {
    const { output } = feed('half');
    output.release();
    await output.ended;
    expect(texts(output)).toEqual(['half']);
  });
});
