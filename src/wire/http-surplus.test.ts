import { describe, expect, test } from 'vitest';
import { afterAnswer } from './http-surplus.ts';

describe('what stands behind an answer', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull', ''],
    ['the rest of a body', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"Ã©"', ''],
    ['more than the length says', 'HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\n"abc"', 'c"'],
    ['a second answer', 'HTTP/1.1 404 X\nContent-Length: 0\n\nHTTP/1.1 404 X\n', 'HTTP/1.1 404 X\n'],
    [
      'something after chunks and trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n!',
      '!',
    ],
    ['nothing after chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', ''],
    ['nothing, where chunks go on', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n', ''],
    ['nothing, after 100 Continue', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', ''],
    ['all, after 204', 'HTTP/1.1 204 No Content\r\n\r\nx', 'x'],
    ['nothing, where the end is that of the connection', 'HTTP/1.1 200 OK\r\n\r\nnull', ''],
    ['nothing, where nothing is HTTP', '220 ready\r\n', ''],
  ];

  test.each(rows)('%s', (_, bytes, surplus) => expect(afterAnswer(Buffer.from(bytes, 'latin1'))).toBe(surplus));
});
