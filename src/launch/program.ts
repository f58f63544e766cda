/**
 * Look before start. Node's spawn hands whatever `execve` refuses to `/bin/sh`; a real host refuses it.
 * So the file is judged here, by the kernel's own rules, and never started when the kernel would not start it.
 */
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, delimiter, isAbsolute, resolve } from 'node:path';
import { type BinaryHeader, type ReadAt, readBinaryHeader } from './binary-header.ts';

/** Why the kernel would not start a file, in the kernel's own distinctions. */
export type RefusalKind =
  | 'not-found'
  | 'not-in-path'
  | 'directory'
  | 'not-a-file'
  | 'no-execute-bit'
  | 'no-permission'
  | 'noexec-mount'
  | 'data-file'
  | 'empty-file'
  | 'no-interpreter-line'
  | 'unknown-format'
  | 'foreign-binary'
  | 'missing-interpreter'
  | 'carriage-return-interpreter'
  | 'missing-loader';

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

/** The machine to judge by; tests pass another. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
}

/** 64-bit kernels that also run their 32-bit sibling. */
const siblings: Readonly<Record<string, string>> = { x64: 'ia32', arm64: 'arm', ppc64: 'ppc' };

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** Finds the file as `execvp` would: names without a slash in PATH, others relative to the working directory. */
function locate(name: string, cwd: string, path: string): string | undefined {
  if (name.includes('/')) return isAbsolute(name) ? name : resolve(cwd, name);
  for (const folder of path.split(delimiter)) {
    const candidate = resolve(cwd, folder, name);
    if (isExecutable(candidate)) return candidate;
  }
  return undefined;
}

function opener(path: string): { readAt: ReadAt; close: () => void } {
  const file = openSync(path, constants.O_RDONLY);
  return {
    readAt: (position, length) => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, position));
    },
    close: () => closeSync(file),
  };
}

function readHeader(path: string): BinaryHeader | undefined {
  try {
    const file = opener(path);
    try {
      return readBinaryHeader(file.readAt);
    } finally {
      file.close();
    }
  } catch {
    // Executable without being readable: legal, and then nothing can be said beforehand.
    return undefined;
  }
}

/** Whether the file lies on a mount with `noexec`; only Linux tells. */
function onNoexecMount(path: string): boolean {
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    let longest = '';
    let options = '';
    for (const mount of mounts) {
      const [, , , , at = '', mountOptions = ''] = mount.split(' ');
      const point = at.replace(/\\040/g, ' ');
      const holds = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
      if (holds && point.length >= longest.length) [longest, options] = [point, mountOptions];
    }
    return options.split(',').includes('noexec');
  } catch {
    return false;
  }
}

/** Whether the kernel knows a handler for foreign formats (binfmt_misc): then a foreign binary may well start. */
function hasForeignHandlers(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((entry) => {
      if (entry === 'register' || entry === 'status') return false;
      return readFileSync(`/proc/sys/fs/binfmt_misc/${entry}`, 'utf8').startsWith('enabled');
    });
  } catch {
    return false;
  }
}

const platformNames: Readonly<Record<string, string>> = { elf: 'linux', 'mach-o': 'macOS', pe: 'Windows' };

function isForeign(header: BinaryHeader, machine: Machine): boolean {
  if (header.format === 'pe') return machine.platform !== 'win32';
  if (header.format === 'mach-o')
    return machine.platform !== 'darwin' || !['universal', machine.architecture, 'x64'].includes(header.architecture);
  if (header.format !== 'elf') return false;
  if (machine.platform === 'darwin' || machine.platform === 'win32') return true;
  return header.architecture !== machine.architecture && siblings[machine.architecture] !== header.architecture;
}

const dataEndings =
  /\.(json|ya?ml|toml|md|txt|rst|html?|xml|ini|cfg|conf|csv|lock|log|zip|t?gz|tar|sha256|sums?|sig|asc|pem|crt)$/i;

function judgeHeader(path: string, header: BinaryHeader, machine: Machine): Refusal | undefined {
  const refuse = (kind: RefusalKind, error: string, detail: string): Refusal => ({
    kind,
    hostMessage: `fork/exec ${path}: ${error}`,
    detail,
  });
  const formatError = 'exec format error';
  const missing = 'no such file or directory';
  switch (header.format) {
    case 'empty':
      return refuse('empty-file', formatError, 'the file is empty');
    case 'text':
      return hasForeignHandlers()
        ? undefined
        : refuse('no-interpreter-line', formatError, 'a text file without a #! line');
    case 'unknown':
      return hasForeignHandlers()
        ? undefined
        : refuse('unknown-format', formatError, 'not a format this system starts');
    case 'script': {
      const shown = header.interpreter || '(none)';
      if (header.interpreter !== '' && isExecutable(header.interpreter)) {
        return header.carriageReturn && header.argument === undefined
          ? refuse('carriage-return-interpreter', missing, `the #! line ends with CRLF: it asks for \`${shown}\\r\``)
          : undefined;
      }
      return refuse('missing-interpreter', missing, `the #! line names ${shown}, which is not there or not executable`);
    }
    default: {
      if (isForeign(header, machine)) {
        if (hasForeignHandlers()) return undefined;
        const system = platformNames[header.format] ?? header.format;
        return refuse(
          'foreign-binary',
          formatError,
          `the binary is ${system}/${header.architecture}, this machine is ${machine.platform}/${machine.architecture}`,
        );
      }
      if (header.format === 'elf' && header.interpreter !== undefined && !isExecutable(header.interpreter))
        return refuse('missing-loader', missing, `needs the loader ${header.interpreter}, which is not there`);
      return undefined;
    }
  }
}

function judgeFile(path: string, header: BinaryHeader | undefined, machine: Machine): Refusal | undefined {
  const stat = statSync(path);
  const denied = (kind: RefusalKind, detail: string): Refusal => ({
    kind,
    hostMessage: `fork/exec ${path}: permission denied`,
    detail,
  });
  if (stat.isDirectory()) return denied('directory', 'it is a directory');
  if (!stat.isFile()) return denied('not-a-file', 'it is not a regular file');
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  if (!isExecutable(path)) {
    if ((stat.mode & 0o111) !== 0)
      return onNoexecMount(path)
        ? denied('noexec-mount', `mode is ${mode}, but the file lies on a mount with noexec`)
        : denied('no-permission', `mode is ${mode}, but this user may not execute it`);
    const isData = header?.format === 'empty' || header?.format === 'text' || dataEndings.test(path);
    return isData && header?.format !== 'script'
      ? denied('data-file', `${basename(path)} is neither a program nor a script`)
      : denied('no-execute-bit', `mode is ${mode}`);
  }
  return header && judgeHeader(path, header, machine);
}

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
  try {
    const realPath = realpathSync(located);
    const header = statSync(realPath).isFile() ? readHeader(realPath) : undefined;
    const refusal = judgeFile(located, header, machine ?? { platform: process.platform, architecture: process.arch });
    return {
      name,
      path: located,
      realPath,
      mode: statSync(realPath).mode & 0o7777,
      ...(header && { header }),
      ...(refusal && { refusal }),
    };
  } catch (error) {
    const denied = error instanceof Error && 'code' in error && error.code === 'EACCES';
    const [kind, reason] = denied
      ? (['no-permission', 'permission denied'] as const)
      : (['not-found', 'no such file or directory'] as const);
    const detail = denied ? 'a folder on its path may not be entered' : 'there is no such file';
    return { name, path: located, refusal: { kind, hostMessage: `fork/exec ${located}: ${reason}`, detail } };
  }
}
