import { describe, expect, test } from 'vitest';
import { cell, codeSpan, fenced, prose } from './markdown-text.ts';

describe('prose', () => {
  test.each([
    ['quiet words stay as they are', 'Socket path has 131 bytes, the limit is 107.', undefined],
    ['quoted parts are code', 'your own output `<b>` is wrong', 'your own output `<b>` is wrong'],
    ['names with underscores', 'honour PLUGIN_UNIX_SOCKET_DIR.', 'honour `PLUGIN_UNIX_SOCKET_DIR`.'],
    ['mentions', 'cc @everyone, please', 'cc `@everyone`, please'],
    ['issue numbers', 'see #12 and GH-12 and !12', 'see `#12` and `GH-12` and `!12`'],
    ['links', 'go to https://x.example/ or www.x.example', 'go to `https://x.example/` or `www.x.example`'],
    ['HTML', 'a <b>c</b> &amp; d < e', 'a &lt;b&gt;c&lt;/b&gt; `&amp`; d &lt; e'],
    ['emphasis', '**bold** ~~gone~~ $x$', '`**bold**` `~~gone~~` `$x$`'],
    ['images', '![a](b)', '`![a](b)`'],
    ['emoji', ':tada: done:', '`:tada`: done:'],
    ['line ends', 'a\n# b\r\n> c', 'a `#` b &gt; c'],
    ['backticks without a partner', 'a ` b', 'a `` ` `` b'],
    ['backticks of a plugin inside ours', 'says `a `x` b`', 'says `a` x `b`'],
    ['code that touches code', 'a_b`c_d`', '`a_b` `c_d`'],
    ['backslashes', 'C:\\x', '`C:\\x`'],
    ['nothing', ' \n ', '(nothing)'],
  ])('%s', (_, text, shown) => {
    expect(prose(text)).toBe(shown ?? text);
  });

  test('is cut when it is very long', () => {
    expect(prose('word '.repeat(200))).toBe(`${'word '.repeat(120)}… (cut)`);
  });
});

test.each([
  ['plain', 'a b', '`a b`'],
  ['with backticks inside', 'a``b`c', '```a``b`c```'],
  ['with backticks at the ends', '`a`', '`` `a` ``'],
  ['with line ends', 'a\nb', '`a b`'],
  ['with controls', '\u001b[0m', '`\\x1b[0m`'],
  ['empty', '', '(nothing)'],
])('a code span %s', (_, text, shown) => {
  expect(codeSpan(text)).toBe(shown);
});

test('a cell has no pipes', () => {
  expect(cell('1|1|unix `a|b`')).toBe('`1│1│unix` `a│b`');
});

test('a fence is longer than any run of backticks inside', () => {
  expect(fenced(['```', 'a ```` b\nc'], 'text')).toBe('`````text\n```\na ```` b\\nc\n`````');
});
