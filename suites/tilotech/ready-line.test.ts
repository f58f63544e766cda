import { describe, expect, test } from 'vitest';
import type { OutputLine } from '../../src/launch/output.ts';
import { hostText, nearMiss } from './ready-line.ts';

const line = (text: string | Buffer): OutputLine => {
  const bytes = Buffer.from(text);
  return { number: 1, bytes, length: bytes.byteLength, terminated: true, atMs: 0 };
};

describe('the ready line', () => {
  test('loses one carriage return and nothing else', () => {
    expect(hostText(line('plugin is ready\r'))).toBe('plugin is ready');
    expect(hostText(line('plugin is ready\r\r'))).toBe('plugin is ready\r');
    expect(hostText(line(' plugin is ready '))).toBe(' plugin is ready ');
  });

  test.each([
    [' plugin is ready', 'leading-blank'],
    ['plugin is ready ', 'trailing-blank'],
    ['plugin is ready\t', 'trailing-blank'],
    ['plugin\tis ready', 'blanks'],
    ['Plugin is ready', 'letter-case'],
    ['\ufeffplugin is ready', 'byte-order-mark'],
    ['\u001b[1mplugin is ready\u001b[0m', 'colours'],
    ['`plugin is ready`', 'quotes'],
    ['plugin is ready!', 'suffix'],
    ['INFO: plugin is ready', 'prefix'],
    ['[12:00] Plugin is READY (pid 7)', 'letter-case'],
    ['plugin-is-ready', 'characters'],
    ['plugin is ready\r\r', 'carriage-return'],
    ['ready', 'other-words'],
    ['Server started', 'other-words'],
    ['plugin ready', 'other-words'],
  ])('is nearly %j: %s', (text, variant) => {
    expect(nearMiss(line(text))?.variant).toBe(variant);
  });

  test('is recognised in UTF-16', () => {
    expect(nearMiss(line(Buffer.from('plugin is ready', 'utf16le')))?.variant).toBe('nul-bytes');
  });

  test.each(['', 'starting', 'already loading', 'readying 3 plugins', 'x'.repeat(200)])(
    'is not meant by %j',
    (text) => {
      expect(nearMiss(line(text))).toBeUndefined();
    },
  );
});
