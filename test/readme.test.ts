/** Holds the README to its word: its commands are run, in order, beside example plugins in an empty directory. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixtures } from '../scripts/fixtures/fixtures.mjs';
import { markedBlocks } from './support/marked-blocks.ts';
import { type Scenario, userFolder } from './support/user-folder.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const hasPython = fixtures().some(({ name, available }) => name === 'python' && available);

/** Numbers of a run that another run need not repeat. */
const steady = (text: string): string =>
  text.replace(/\d+(?:\.\d+)? m?s$/gm, '<time>').replace(/\d+(?= (?:passed|blocked|skipped|warnings?)\b)/g, '<n>');

function expectInOrder(shown: readonly string[], printed: string): void {
  const lines = steady(printed).split('\n');
  const found = shown.filter((line) => {
    const at = lines.indexOf(steady(line));
    lines.splice(0, at + 1);
    return at >= 0;
  });
  expect(found).toEqual(shown);
}

describe('README.md', () => {
  const folder = userFolder();
  let printed = '';
  for (const { kind, words, settings, lines, line: at } of markedBlocks(readme)) {
    test.skipIf(settings['needs'] === 'python' && !hasPython)(`line ${at}`, () => {
      if (kind === 'file') writeFileSync(join(folder.path, words[0] ?? ''), `${lines.join('\n')}\n`);
      else if (kind === 'shows') expectInOrder(lines, printed);
      else {
        expect(lines).not.toEqual([]);
        folder.setScene(settings['plugin'] as Scenario);
        for (const line of lines) {
          const command = line.replace(/plugfest (?:check|baseline update)/, `$& ${settings['with'] ?? ''}`);
          const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], folder.options);
          printed = stdout;
          expect({ command, status, stderr: status === Number(settings['exit']) ? '' : stderr + stdout }).toEqual({
            command,
            status: Number(settings['exit']),
            stderr: '',
          });
        }
      }
    });
  }

  test('its npm scripts exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = [...readme.matchAll(/npm (?:run )?([\w-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => name !== 'install' && !(`${name}` in scripts))).toEqual([]);
  });

  test('its links lead to files', () => {
    const targets = [...readme.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, target]) => target ?? '');
    expect(targets).not.toEqual([]);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});
