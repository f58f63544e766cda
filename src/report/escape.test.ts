import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oneLine, visible, visibleBytes, xmlAttribute, xmlText } from './escape.ts';

describe('visible', () => {
  test.each([
    ['terminal controls', '\u001b[31mred\u0007', '\\x1b[31mred\\x07'],
    ['C1 controls', 'a\u0085b\u009b', 'a\\x85b\\x9b'],
    ['a carriage return that would overwrite', 'safe\rnot', 'safe\\x0dnot'],
    ['line ends of Windows', 'a\r\nb', 'a\nb'],
    ['direction overrides', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['lone surrogates', 'a\ud800b\udc00', 'a\\ud800b\\udc00'],
    ['noncharacters', '\ufffe\uffff', '\\ufffe\\uffff'],
    ['a byte order mark', '\ufeff1|1', '\\ufeff1|1'],
    ['what is fine', 'tab\tline\n😀 é 日本', 'tab\tline\n😀 é 日本'],
  ])('spells out %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('changes nothing when applied again', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => visible(visible(text)) === visible(text)));
  });
});

test('oneLine joins lines and runs of blanks', () => {
  expect(oneLine('  a\n\n b\t\u2028c \u0000')).toBe('a b c \\x00');
});

test('visibleBytes shows ASCII and spells out the rest', () => {
  expect(visibleBytes(Buffer.from([0x31, 0x7c, 0x0a, 0xff, 0x7f]).toString('base64'))).toBe('1|\\x0a\\xff\\x7f');
});

test('xmlText and xmlAttribute escape markup', () => {
  expect(xmlText('a < b && "c" ]]>\n')).toBe('a &lt; b &amp;&amp; &quot;c&quot; ]]&gt;\n');
  expect(xmlAttribute(' a\n"b" ')).toBe('a &quot;b&quot;');
});
