import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { elf } from '../../test/support/elf.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { languageOf } from './language.ts';
import { inspectProgram } from './program.ts';

const go = Buffer.concat([elf(), Buffer.from('\x04\0\0\0\x53\0\0\0\x04\0\0\0Go\0\0', 'latin1')]);

test.each<[string, string | Buffer, string | undefined]>([
  ['kv', '#!/usr/bin/env python3\n', 'python'],
  ['kv', '#!/usr/bin/python3.11 -u\n', 'python'],
  ['kv', '#!/usr/bin/env node\n', 'typescript'],
  ['kv', '#!/usr/bin/env -S PYTHONUTF8=1 python3 -u\n', 'python'],
  ['kv', '#!/bin/sh\n', undefined],
  ['python3.12', elf(), 'python'],
  ['node', elf(), 'typescript'],
  ['java', elf(), 'java'],
  ['kv', go, 'go'],
  ['kv', elf(), undefined],
  ['kv', '', undefined],
])('%s beginning with %j is %s', (name, content, language) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), content);
  chmodSync(join(folder, name), 0o755);
  expect(languageOf(inspectProgram(`./${name}`, { cwd: folder, path: '' }))).toBe(language);
});

test('a program that is not there has no language', () => {
  expect(languageOf(inspectProgram('./none', { cwd: '/', path: '' }))).toBeUndefined();
});
