/** Guesses the language a plugin is written in, so that a fix can be told in its words. */
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProgramFacts } from './program.ts';

const interpreters: readonly (readonly [RegExp, Language])[] = [
  [/^(?:python|pypy)[\d.]*$/, 'python'],
  [/^(?:node|nodejs|bun|deno|tsx|ts-node)$/, 'typescript'],
  [/^java$/, 'java'],
];

export type Language = 'go' | 'python' | 'typescript' | 'rust' | 'java';

const byName = (name: string): Language | undefined =>
  interpreters.find(([pattern]) => pattern.test(basename(name)))?.[1];

/** The Go linker puts a note named `Go` near the beginning of every binary. */
function isGoBinary(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(16 * 1024);
      const length = readSync(file, head, 0, head.byteLength, 0);
      return head.subarray(0, length).includes('Go\0\0') || head.subarray(0, length).includes('Go build ID:');
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** The language of a plugin, as far as its program tells. */
export function languageOf({ path, realPath, header }: ProgramFacts): Language | undefined {
  if (header?.format === 'script') {
    // `#!/usr/bin/env -S NAME=value python3 -u`
    const words = header.argument?.split(/[ \t]+/) ?? [];
    return byName(header.interpreter) ?? byName(words.find((word) => !/^-|=/.test(word)) ?? '');
  }
  const named = byName(path);
  if (named) return named;
  return header?.format === 'elf' && isGoBinary(realPath ?? path) ? 'go' : undefined;
}
