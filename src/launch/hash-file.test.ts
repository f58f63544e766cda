import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { hashCommand, hashFile } from './hash-file.ts';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

test.each([0, 1, 1024 * 1024, 48 * 1024 * 1024 + 1])('hashes a file of %i bytes', async (size) => {
  const path = join(temporaryFolder(), 'plugin');
  writeFileSync(path, '');
  truncateSync(path, size);
  expect(await hashFile(path)).toBe(sha256(Buffer.alloc(size)));
});

test('hashes every word of a command that is a file, as the user wrote it', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'program'), 'p');
  writeFileSync(join(folder, 'plugin.py'), 'script');
  mkdirSync(join(folder, 'data'));
  const command = ['python', './plugin.py', 'serve', '--config=x', 'data', 'a\0b', ''];
  expect(await hashCommand(command, { program: join(folder, 'program'), cwd: folder })).toEqual([
    { path: 'python', sha256: sha256(Buffer.from('p')) },
    { path: './plugin.py', sha256: sha256(Buffer.from('script')) },
  ]);
});

test('a program that is not there has no hash', async () => {
  expect(await hashCommand(['kv'], { program: 'kv', cwd: '/nonexistent' })).toEqual([]);
});
