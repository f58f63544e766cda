import { describe, expect, test } from 'vitest';
import { ownHead } from './lenient-head.ts';

describe('a head', () => {
  test.each([
    ['that is in order stays as it is', 'HTTP/1.1 200 OK\r\nX-Y: a\r\n  folded\r\nContent-Length: 4\r', undefined],
    [
      'loses headers with a blank in their names',
      'HTTP/1.1 200 OK\r\nX Y: z\r\n folded\r\nA: b\r',
      'HTTP/1.1 200 OK\r\nA: b\r',
    ],
    ['loses headers with a blank before the colon', 'HTTP/1.1 200 OK\nX-Y : z\nA: b: c', 'HTTP/1.1 200 OK\nA: b: c'],
    [
      'loses repetitions of Content-Length',
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\ncontent-length:4\r',
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r',
    ],
    ['keeps contradictions', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r', undefined],
    ['keeps what is no header at all', 'HTTP/1.1 200 OK\r\nX Y Z\r\nX\tY: z\r', undefined],
  ])('%s', (_, head, own) => expect(ownHead(head)).toBe(own ?? head));
});
