import { expect, test } from 'vitest';
import { parseXml } from './parse-xml.ts';

const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';

test('reads elements, attributes, text and entities', () => {
  expect(parseXml(`${prolog}<a x="1 &lt; 2">b<c/>&amp;<d>e</d></a>\n`)).toEqual({
    name: 'a',
    attributes: { x: '1 < 2' },
    text: 'b&',
    children: [
      { name: 'c', attributes: {}, text: '', children: [] },
      { name: 'd', attributes: {}, text: 'e', children: [] },
    ],
  });
});

test.each([
  ['no declaration', '<a/>'],
  ['an open element', `${prolog}<a><b></a>`],
  ['an element that is never closed', `${prolog}<a>`],
  ['a stray end', `${prolog}<a/></a>`],
  ['two roots', `${prolog}<a/><b/>`],
  ['text outside', `${prolog}<a/>b`],
  ['a bare ampersand', `${prolog}<a>b & c</a>`],
  ['an unknown entity', `${prolog}<a>&nbsp;</a>`],
  ['a bare less-than', `${prolog}<a>b < c</a>`],
  ['an end of CDATA', `${prolog}<a>]]></a>`],
  ['an attribute without quotes', `${prolog}<a b=c/>`],
  ['an attribute twice', `${prolog}<a b="1" b="2"/>`],
  ['a control character', `${prolog}<a>\u0001</a>`],
  ['a lone surrogate', `${prolog}<a>\ud800</a>`],
  ['a noncharacter', `${prolog}<a>\ufffe</a>`],
])('refuses %s', (_, text) => {
  expect(() => parseXml(text)).toThrow();
});
