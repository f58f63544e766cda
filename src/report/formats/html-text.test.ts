import { describe, expect, test } from 'vitest';
import { type Markup, markup, type Part } from './html-markup.ts';
import { code, commandText, duration, evidenceText, plural, prose, webLink } from './html-text.ts';
import { sampleEvidence } from './sample-report.ts';

const shown = (part: Part | Markup): string => markup`${part}`.toString();

describe('markup', () => {
  test('values are text, between tags and between quotes', () => {
    const value = `"'><script>&`;
    expect(shown(markup`<a href="${value}">${value}</a>`)).toBe(
      '<a href="&quot;&#39;&gt;&lt;script&gt;&amp;">&quot;&#39;&gt;&lt;script&gt;&amp;</a>',
    );
  });

  test('lists, numbers and nothing', () => {
    expect(shown(['a', 1, undefined, false, ['<', markup`<b>${0}</b>`]])).toBe('a1&lt;<b>0</b>');
  });

  test('the layout of the source is one blank, that of values stays', () => {
    const value = 'a\n  b';
    expect(
      shown(markup`<p>
        ${value}
      </p>`),
    ).toBe('<p> a\n  b </p>');
  });

  test('what looks like markup by its shape is still text', () => {
    const forged = { toString: () => '<b>' } as unknown as string;
    expect(() => shown(forged)).toThrow();
  });
});

describe('texts', () => {
  test('prose is one line, with code between backticks and acting characters marked', () => {
    expect(shown(prose(' a\n `<b>`  c\u001b[1m\u202e\\x1b '))).toBe(
      'a <code>&lt;b&gt;</code> c<span class="ctl">\\x1b</span>[1m<span class="ctl">\\u202e</span>\\x1b',
    );
  });

  test('code is one line as it stands', () => {
    expect(shown(code('`a`\n<b>'))).toBe('<code>`a` &lt;b&gt;</code>');
  });

  test('long text is cut between characters, and the cut is counted', () => {
    expect(shown(prose(`${'a'.repeat(1999)}😀b`))).toBe(`${'a'.repeat(1999)}… (3 more characters in the JSON report)`);
  });

  test.each([
    ['a\nb\n', 'a<span class="ctl">\\n</span>\nb<span class="ctl">\\n</span>'],
    ['a\r\n', 'a<span class="ctl">\\x0d</span><span class="ctl">\\n</span>'],
    ['', ''],
  ])('evidence %j shows where its lines end', (text, expected) => {
    expect(shown(evidenceText(sampleEvidence(text)))).toBe(expected);
  });

  test('evidence in bytes is spelled out, a cut is said', () => {
    const evidence = sampleEvidence('//5rdg==', { encoding: 'base64', truncated: true });
    expect(shown(evidenceText(evidence))).toBe(
      '<span class="ctl">\\xff\\xfekv</span> <span class="cut">… (cut)</span>',
    );
  });

  test('a command holds no line end that a shell would take', () => {
    expect(commandText("npx plugfest -- 'a\nb\r'")).toBe("npx plugfest -- 'a\\nb\\x0d'");
  });

  test.each(['https://example.com/issues/7?a=b&c#d', 'http://localhost:8080/'])('%s is a link', (address) => {
    expect(shown(webLink(address))).toMatch(/^<a href="http[^"]+" rel="noreferrer">http/);
  });

  test.each([
    'javascript:alert(1)',
    'javascript://example.com/%0aalert(1)',
    'file://host/path',
    'https://user@example.com/',
    '//example.com',
    'https://example.com/ x',
    'data:text/html,x',
    'HTTPS://example.com',
    'https://example.com/"onclick="',
  ])('%s is none', (address) => {
    expect(shown(webLink(address))).toMatch(/^<code>/);
  });

  test('numbers', () => {
    expect([
      duration(0.4),
      duration(812),
      duration(1880),
      plural(1, 'launch', 'launches'),
      plural(2, 'plugin'),
    ]).toEqual(['0 ms', '812 ms', '1.9 s', '1 launch', '2 plugins']);
  });
});
