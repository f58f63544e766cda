import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseData, parseDataFile, readDataFile } from './data-file.ts';
import { refusal } from './refusal.ts';

async function fileWith(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugfest-data-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('readDataFile', () => {
  test.each([
    ['a.yaml', 'a: [1, two]\n'],
    ['a.yml', '{ a: [1, two] }\n'],
    ['a.json', '{ "a": [1, "two"] }'],
    ['a.mjs', "export default { a: [1, 'two'] };\n"],
    ['a.js', "export default { a: [1, 'two'] };\n"],
    ['a.cjs', "module.exports = { a: [1, 'two'] };\n"],
  ])('reads %s', async (name, text) => {
    const path = await fileWith(name, text);
    expect(await readDataFile(path, 'profile')).toMatchObject({ path, value: { a: [1, 'two'] } });
  });

  test('tells why a file cannot be read', async () => {
    expect(await refusal(() => readDataFile('/nowhere/a.yaml', 'profile'))).toBe(
      'cannot read the profile /nowhere/a.yaml: ENOENT',
    );
  });

  test('tells why a module cannot be loaded', async () => {
    const path = await fileWith('a.mjs', "throw new Error('no token');\n");
    expect(await refusal(() => readDataFile(path, 'config'))).toBe(`cannot load the config ${path}: no token`);
  });

  test('finds nothing in a module without a default export', async () => {
    const path = await fileWith('a.mjs', 'export const a = 1;\n');
    expect((await readDataFile(path, 'config')).value).toBeUndefined();
  });
});

describe('parseData', () => {
  test.each([
    [
      'a key twice',
      'name: a\nname: b\n',
      'the profile is not valid YAML or JSON\n  a.yaml:2: name: b\nMap keys must be unique at line 2, column 1:',
    ],
    [
      'a tab as indentation',
      'a:\n\tb: 1\n',
      'the profile is not valid YAML or JSON\n  a.yaml:2: b: 1\nTabs are not allowed as indentation at line 2, column 1:',
    ],
    [
      'an open list',
      '{ "a": [1, 2\n',
      'the profile is not valid YAML or JSON\n  a.yaml:2: \nFlow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 1:',
    ],
  ])('tells where %s stands', async (_, text, message) => {
    expect(await refusal(() => parseData('a.yaml', text, 'profile'))).toBe(message);
  });

  test('locates values, and for what is missing the nearest that is there', async () => {
    const file = await parseData('a.yaml', 'a:\n  b:\n    - c: 1\n    - c: 2\n', 'profile');
    expect(file.locate(['a', 'b', 1, 'c'])).toEqual({ line: 4, text: '    - c: 2' });
    expect(file.locate(['a', 'b', 1, 'd'])).toEqual({ line: 4, text: '    - c: 2' });
    expect(file.locate([])).toBeUndefined();
  });

  test('does not unfold aliases without end', async () => {
    const lines = ['a0: &a0 [x, x]', ...Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)];
    await expect(parseData('a.yaml', lines.join('\n'), 'profile')).rejects.toThrow();
  });

  test('either parses or tells the line, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (text) => {
        const told = await refusal(() => parseData('a.yaml', text, 'profile'));
        if (told !== 'accepted') expect(told).toMatch(/^the profile is not valid YAML or JSON\n {2}a\.yaml:\d+: /);
      }),
    );
  });
});

describe('parseDataFile', () => {
  const schema = v.strictObject({ tls: v.optional(v.picklist(['auto', 'none'], 'expected `auto` or `none`')) });

  test('returns what the schema makes of the file', async () => {
    expect(parseDataFile(await parseData('a.yaml', 'tls: none\n', 'profile'), schema, 'profile')).toEqual({
      tls: 'none',
    });
  });

  test('names path, line and corrected line', async () => {
    const file = await parseData('a.yaml', '# mine\ntls: true\n', 'profile');
    expect(await refusal(() => parseDataFile(file, schema, 'profile'))).toBe(
      '`tls` in the profile: expected `auto` or `none`\n  a.yaml:2: tls: true\n  did you mean `tls: auto`?',
    );
  });

  test('names the file where there are no lines', async () => {
    const file = { path: 'a.mjs', value: { tsl: 'auto' }, locate: () => undefined };
    expect(await refusal(() => parseDataFile(file, schema, 'config'))).toBe(
      '`tsl` in the config: there is no such key; the keys are tls\n  a.mjs\n  did you mean `tls`?',
    );
  });
});
