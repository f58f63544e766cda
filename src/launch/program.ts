/**
 * Look before start. Node's spawn hands whatever `execve` refuses to `/bin/sh`; a real host refuses it.
 * So the file is judged here, by the kernel's own rules, and never started when the kernel would not start it.
 */
import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import type { BinaryHeader } from './binary-header.ts';
import { isExecutable, judgeFile, type Machine, type RefusalKind, readHead } from './judge-file.ts';

export interface Refusal {
  readonly kind: RefusalKind;
  /** The text a Go host would show. */
  readonly hostMessage: string;
  /** What was found, in a few words, for the sentence a user reads. */
  readonly detail: string;
}

/** What is known of the program file before it is started. */
export interface ProgramFacts {
  /** The first word of the command, as the user gave it. */
  readonly name: string;
  /** Absolute path of the file that would be started. */
  readonly path: string;
  /** The same with symbolic links followed. */
  readonly realPath?: string;
  readonly mode?: number;
  readonly header?: BinaryHeader;
  readonly refusal?: Refusal;
}

/** Finds the file as `execvp` would: names without a slash in PATH, others relative to the working directory. */
function locate(name: string, cwd: string, path: string): string | undefined {
  if (name.includes('/')) return isAbsolute(name) ? name : resolve(cwd, name);
  for (const folder of path.split(delimiter)) {
    const candidate = resolve(cwd, folder, name);
    if (isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** Where a symbolic link points; `undefined` for anything else. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

interface LookupError {
  readonly kind: RefusalKind;
  readonly reason: string;
  readonly detail: string;
}

/** What keeps a path from leading to a file. */
const lookupErrors: { readonly ENOENT: LookupError; readonly [code: string]: LookupError } = {
  ENOENT: { kind: 'not-found', reason: 'no such file or directory', detail: 'there is no such file' },
  ENOTDIR: { kind: 'not-found', reason: 'not a directory', detail: 'a part of its path is a file, not a folder' },
  ELOOP: {
    kind: 'not-found',
    reason: 'too many levels of symbolic links',
    detail: 'its symbolic links lead in a circle',
  },
  ENAMETOOLONG: { kind: 'not-found', reason: 'file name too long', detail: 'its path is too long' },
  EACCES: { kind: 'no-permission', reason: 'permission denied', detail: 'a folder on its path may not be entered' },
};

/**
 * Finds and judges the program of a command. Never throws: what would keep it from starting is its `refusal`.
 * @param cwd the working directory the plugin gets
 * @param path the PATH the plugin gets
 */
export function inspectProgram(
  name: string,
  { cwd, path, machine }: { cwd: string; path: string; machine?: Machine },
): ProgramFacts {
  const located = locate(name, cwd, path);
  if (located === undefined) {
    const hostMessage = `exec: "${name}": executable file not found in $PATH`;
    return { name, path: name, refusal: { kind: 'not-in-path', hostMessage, detail: `${name} is not in PATH` } };
  }
  const hostSays = (error: string): string => `fork/exec ${located}: ${error}`;
  try {
    const realPath = realpathSync(located);
    const file = statSync(located).isFile() ? readHead(located) : undefined;
    const here = { platform: process.platform, architecture: process.arch };
    const judged = judgeFile(located, file, { machine: machine ?? here, cwd });
    return {
      name,
      path: located,
      realPath,
      mode: statSync(located).mode & 0o7777,
      ...(file && { header: file.header }),
      ...(judged && { refusal: { kind: judged.kind, hostMessage: hostSays(judged.error), detail: judged.detail } }),
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const { kind, reason, detail } = lookupErrors[code] ?? lookupErrors.ENOENT;
    const target = code === 'ENOENT' ? linkTarget(located) : undefined;
    const found = target === undefined ? detail : `it is a link to ${target}, which is not there`;
    return { name, path: located, refusal: { kind, hostMessage: hostSays(reason), detail: found } };
  }
}
