import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Output } from './output.ts';
import { Transcript } from './transcript.ts';

const texts = (entries: readonly { text: string }[]) => entries.map(({ text }) => text);

describe('one entry', () => {
  const é = Buffer.from('é');
  test.each([
    ['text', 'pid 7', { text: 'pid 7', encoding: 'utf8', truncated: false }],
    ['bytes', Buffer.from('1|1|unix'), { text: '1|1|unix', encoding: 'utf8', truncated: false }],
    ['no bytes', Buffer.alloc(0), { text: '', encoding: 'utf8', truncated: false }],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0x00]), { text: '/wA=', encoding: 'base64', truncated: false }],
    ['half a character', Buffer.from([0x61, 0xc3]), { text: 'YcM=', encoding: 'base64', truncated: false }],
    ['a byte order mark, which stays', Buffer.from('\ufeffa'), { text: '\ufeffa', encoding: 'utf8', truncated: false }],
    ['a character of 1024', 'x'.repeat(1024), { text: 'x'.repeat(1024), encoding: 'utf8', truncated: false }],
    ['long text', 'x'.repeat(1025), { text: 'x'.repeat(1024), encoding: 'utf8', truncated: true }],
    ['long bytes', Buffer.alloc(2000, 0x78), { text: 'x'.repeat(1024), encoding: 'utf8', truncated: true }],
    [
      'long bytes, cut within a character',
      Buffer.concat([Buffer.alloc(1023, 0x78), é, é]),
      { text: 'x'.repeat(1023), encoding: 'utf8', truncated: true },
    ],
    [
      'long bytes, cut within an emoji',
      Buffer.concat([Buffer.alloc(1021, 0x78), Buffer.from('😀😀')]),
      { text: 'x'.repeat(1021), encoding: 'utf8', truncated: true },
    ],
    [
      'long text, cut within an emoji',
      `${'x'.repeat(1023)}😀`,
      { text: 'x'.repeat(1023), encoding: 'utf8', truncated: true },
    ],
    [
      'long bytes that are no UTF-8',
      Buffer.alloc(1030, 0xff),
      { text: Buffer.alloc(1024, 0xff).toString('base64'), encoding: 'base64', truncated: true },
    ],
  ])('%s', (_, content, shown) => {
    const transcript = new Transcript('plain');
    const before = Math.round(transcript.now());
    const entry = transcript.add('call', content);
    expect(entry).toEqual({ launch: 'plain', atMs: entry.atMs, source: 'call', ...shown });
    expect(entry.atMs).toBeGreaterThanOrEqual(before);
    expect(Number.isInteger(entry.atMs)).toBe(true);
    expect(transcript.entries()).toEqual([entry]);
  });
});

test('keeps the first three hundred entries and at least as many last ones, in order', () => {
  const transcript = new Transcript('plain');
  for (let n = 1; n <= 5000; n += 1) transcript.add('call', `call ${n}`);
  const kept = texts(transcript.entries());
  expect(kept.slice(0, 301)).toEqual([...Array.from({ length: 300 }, (_, n) => `call ${n + 1}`), kept[300]]);
  const tail = kept.slice(300);
  expect(tail.length).toBeGreaterThanOrEqual(300);
  expect(tail.length).toBeLessThan(600);
  expect(tail).toEqual(Array.from({ length: tail.length }, (_, n) => `call ${5000 - tail.length + 1 + n}`));
  expect(transcript.dropped).toBe(5000 - kept.length);
});

test('joins in the lines of the outputs, in the order things happened', () => {
  const transcript = new Transcript('plain');
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const stdout = new Output('stdout', streams.stdout, transcript);
  const stderr = new Output('stderr', streams.stderr, transcript);
  transcript.attach(stdout, stderr);
  transcript.add('start', 'pid 7');
  streams.stdout.emit('data', Buffer.from('handshake\n'));
  streams.stderr.emit('data', Buffer.from('panic: x\n'));
  transcript.add('call', 'Check');
  streams.stdout.emit('data', Buffer.from([0xff, 0x0a]));
  transcript.add('exit', 'exited with code 2');
  // All of this happens within a millisecond or two: rounded times would not tell the order.
  expect(transcript.entries().map(({ source, text }) => `${source} ${text}`)).toEqual([
    'start pid 7',
    'stdout handshake',
    'stderr panic: x',
    'call Check',
    'stdout /w==',
    'exit exited with code 2',
  ]);
  expect(transcript.last(2, 'stdout', 'exit').map(({ source }) => source)).toEqual(['stdout', 'exit']);
  expect(texts(transcript.last(9, 'stderr', 'call'))).toEqual(['panic: x', 'Check']);
  expect(transcript.last(3, 'census')).toEqual([]);
});

test('says that a line was cut, also where only the output had cut it', () => {
  const transcript = new Transcript('plain');
  const stream = new PassThrough();
  const stdout = new Output('stdout', stream, transcript);
  stream.emit('data', Buffer.from(`ok\n${'é'.repeat(3000)}\n`));
  const [short, long] = stdout.lines().map((line) => transcript.line('stdout', line));
  expect(short).toMatchObject({ text: 'ok', encoding: 'utf8', truncated: false });
  expect(long).toMatchObject({ text: 'é'.repeat(512), encoding: 'utf8', truncated: true });
});
