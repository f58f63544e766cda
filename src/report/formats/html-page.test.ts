/** What every page keeps to, whatever it reports: its policy, its addresses, its headings, its size. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Report } from '../report.ts';
import { html } from './html.ts';
import { elementsOf, parseHtml, textOf } from './html-parse.ts';
import { find } from './html-reading.ts';
import { script } from './html-script.ts';
import {
  conformantReport,
  interruptedReport,
  nonconformantReport,
  sampleEvidence,
  sampleOutcome,
  sampleReport,
  sampleRun,
} from './sample-report.ts';

const everyKind = (): readonly (readonly [string, string])[] => [
  ['conformant', html.render(conformantReport())],
  ['nonconformant', html.render(nonconformantReport())],
  ['interrupted', html.render(interruptedReport())],
  ['of a run', html.render(sampleRun([conformantReport(), nonconformantReport(), interruptedReport()]))],
  ['of an empty run', html.render(sampleRun([]))],
];

describe.each(everyKind())('a page %s', (_, page) => {
  const all = elementsOf(parseHtml(page));

  test('lets only its own style and script act', () => {
    const digests = (name: string): readonly string[] =>
      find(page, name).map((block) => `'sha256-${createHash('sha256').update(textOf(block)).digest('base64')}'`);
    const [meta] = find(page, 'meta').filter(({ attributes }) => attributes['http-equiv'] !== undefined);
    expect(meta?.attributes['content']?.split('; ')).toEqual([
      "default-src 'none'",
      ...digests('style').map((digest) => `style-src ${digest}`),
      ...digests('script').map((digest) => `script-src ${digest}`),
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style'));
  });

  test('has unique ids, and links only to what is there', () => {
    const ids = all.flatMap(({ attributes }) => attributes['id'] ?? []);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const targets = all.flatMap(({ attributes }) => /^#(.*)/.exec(attributes['href'] ?? '')?.[1] ?? []);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  test('has one first heading, and none that skips a level', () => {
    const levels = all.flatMap(({ name }) => Number(/^h(\d)$/.exec(name)?.[1] ?? 0) || []);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
  });

  test('names no address to load from', () => {
    const text = page.replace(/<a href="https:[^>]*>[^<]*/g, '');
    expect(text).not.toMatch(/https?:|\bsrc=|@import|url\(/);
  });
});

test('requirements have addresses that can be passed on', () => {
  const ids = (page: string) => find(page, 'details').map(({ attributes }) => attributes['id']);
  expect(ids(html.render(nonconformantReport()))).toContain('GRPC-HS-001');
  const run = html.render(sampleRun([conformantReport(), nonconformantReport()]));
  expect(ids(run)).toEqual(expect.arrayContaining(['kv', 'kv/GRPC-HS-001', 'kv~2', 'kv~2/GRPC-HS-001']));
});

test('the script can be parsed, and neither block can end early', () => {
  expect(() => new Function(script)).not.toThrow();
  const page = html.render(conformantReport());
  expect(page.match(/<\/(?:style|script)/g)).toEqual(['</style', '</script']);
  expect(page.match(/<!--/)).toBeNull();
});

/** A report as long as a suite gets: two hundred requirements, one in ten failed with evidence. */
function longReport(name: string): Report {
  const outcomes = Array.from({ length: 200 }, (_, index) => {
    const id = `GRPC-${['LE', 'HS', 'TR', 'HL', 'SD'][index % 5]}-${String(index).padStart(3, '0')}`;
    const evidence = Array.from({ length: 8 }, (_, line) => sampleEvidence('x'.repeat(120), { atMs: line }));
    const failure = { outcome: 'failed', expected: 'a', observed: 'b', evidence, fix: 'Do it otherwise.' } as const;
    return sampleOutcome({
      id,
      area: id.slice(5, 7),
      title: 'A sentence of some length on what holds',
      ...(index % 10 === 0 && failure),
    });
  });
  return sampleReport(outcomes, { plugin: { name, command: ['./kv'], files: [] } });
}

test('stays small: one long report, and a run of a hundred', () => {
  expect(html.render(longReport('kv')).length).toBeLessThan(300_000);
  const run = sampleRun(Array.from({ length: 100 }, (_, index) => longReport(`kv-${index}`)));
  const page = html.render(run);
  expect(page.length).toBeLessThan(JSON.stringify(run).length * 2);
});
