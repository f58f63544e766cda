/**
 * Judges a program file by the kernel's own rules: mode bits first, then what its first bytes say.
 * Knows nothing of hosts; how they put a refusal is said in `program.ts`.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, resolve } from 'node:path';
import { type BinaryHeader, type ReadAt, readBinaryHeader } from './binary-header.ts';
import { hasHandler } from './format-handlers.ts';

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

/** The machine to judge by; tests pass another. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  /** Where the kernel lists its handlers of foreign formats. */
  readonly handlers?: string;
}

/** 64-bit kernels that also run their 32-bit sibling. */
const siblings: Readonly<Record<string, string>> = { x64: 'ia32', arm64: 'arm', ppc64: 'ppc' };

/** Whether this user may execute a file. */
export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** What a file's first bytes say; `undefined` for a file that may not be read: it may well be executable. */
export function readHead(path: string): ProgramFile | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY);
    try {
      const readAt: ReadAt = (position, length) => {
        const buffer = Buffer.alloc(length);
        return buffer.subarray(0, readSync(file, buffer, 0, length, position));
      };
      return { path, head: readAt(0, 256), header: readBinaryHeader(readAt) };
    } finally {
      closeSync(file);
    }
  } catch {
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

const platformNames = { elf: 'linux', 'mach-o': 'macOS', pe: 'Windows' } as const;

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

export interface Surroundings {
  readonly machine: Machine;
  /** The plugin's working directory, from which a relative interpreter is looked up. */
  readonly cwd: string;
}

/** A file with what its first bytes say. */
export interface ProgramFile {
  readonly path: string;
  readonly head: Buffer;
  readonly header: BinaryHeader;
}

export interface Judgement {
  readonly kind: RefusalKind;
  /** The kernel's error, in its own words. */
  readonly error: string;
  /** What was found, in a few words, for the sentence a user reads. */
  readonly detail: string;
}

const formatError = 'exec format error';
const missing = 'no such file or directory';
const notPermitted = 'permission denied';

/** So many interpreters may be scripts themselves. */
const mostInterpreters = 5;

function judgeScript(
  header: Extract<BinaryHeader, { format: 'script' }>,
  around: Surroundings,
  depth: number,
): Judgement | undefined {
  const refuse = (error: string, detail: string): Judgement => ({ kind: 'missing-interpreter', error, detail });
  const { interpreter, argument, carriageReturn, cutOff } = header;
  if (interpreter === '') return refuse(formatError, 'the #! line names no interpreter');
  if (cutOff) return refuse(formatError, 'the #! line names a path that is longer than the system reads');
  if (depth >= mostInterpreters)
    return refuse('too many levels of symbolic links', `the #! line names ${interpreter}, a script of a script`);
  const path = resolve(around.cwd, interpreter);
  if (!existsSync(path)) return refuse(missing, `the #! line names ${interpreter}, which is not there`);
  if (!isExecutable(path)) return refuse(notPermitted, `the #! line names ${interpreter}, which is not executable`);
  if (carriageReturn && argument === undefined) {
    const detail = `the #! line ends with CRLF: it asks for \`${interpreter}\\r\``;
    return { kind: 'carriage-return-interpreter', error: missing, detail };
  }
  const file = readHead(path);
  const inner = file && judgeHead(file, around, depth + 1);
  return inner && refuse(inner.error, `the #! line names ${interpreter}, which cannot run: ${inner.detail}`);
}

type Binary = Extract<BinaryHeader, { format: 'elf' | 'mach-o' | 'pe' }>;

function judgeBinary(header: Binary, machine: Machine): Judgement | undefined {
  if (isForeign(header, machine)) {
    const built = `${platformNames[header.format]}/${header.architecture}`;
    const detail = `the binary is ${built}, this machine is ${machine.platform}/${machine.architecture}`;
    return { kind: 'foreign-binary', error: formatError, detail };
  }
  if (header.format !== 'elf') return undefined;
  if (!header.isProgram) {
    const detail = 'an ELF file that is no program: an object file, or cut off';
    return { kind: 'unknown-format', error: formatError, detail };
  }
  if (header.interpreter === undefined || isExecutable(header.interpreter)) return undefined;
  const detail = `needs the loader ${header.interpreter}, which is not there`;
  return { kind: 'missing-loader', error: missing, detail };
}

/** Why the kernel itself knows no way to start a file; a handler may know one. */
function judgeFormat(header: BinaryHeader, around: Surroundings, depth: number): Judgement | undefined {
  switch (header.format) {
    case 'empty':
      return { kind: 'empty-file', error: formatError, detail: 'the file is empty' };
    case 'text':
      return { kind: 'no-interpreter-line', error: formatError, detail: 'a text file without a #! line' };
    case 'unknown':
      return { kind: 'unknown-format', error: formatError, detail: 'not a format this system starts' };
    case 'script':
      return judgeScript(header, around, depth);
    default:
      return judgeBinary(header, around.machine);
  }
}

const markedScript = Buffer.from('\ufeff#!');

function judgeHead({ path, head, header }: ProgramFile, around: Surroundings, depth = 0): Judgement | undefined {
  const found = judgeFormat(header, around, depth);
  const isMarked = found?.kind === 'no-interpreter-line' && head.subarray(0, 5).equals(markedScript);
  const judged = isMarked ? { ...found, detail: 'a byte order mark stands before its #!' } : found;
  return judged?.error === formatError && hasHandler(path, head, around.machine.handlers) ? undefined : judged;
}

export function judgeFile(path: string, file: ProgramFile | undefined, around: Surroundings): Judgement | undefined {
  const stat = statSync(path);
  const denied = (kind: RefusalKind, detail: string): Judgement => ({ kind, error: notPermitted, detail });
  if (stat.isDirectory()) return denied('directory', 'it is a directory');
  if (!stat.isFile()) return denied('not-a-file', 'it is not a regular file');
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  if (!isExecutable(path)) {
    if ((stat.mode & 0o111) !== 0)
      return onNoexecMount(realpathSync(path))
        ? denied('noexec-mount', `mode is ${mode}, but the file lies on a mount with noexec`)
        : denied('no-permission', `mode is ${mode}, but this user may not execute it`);
    const header = file?.header;
    const isData = header?.format === 'empty' || header?.format === 'text' || dataEndings.test(path);
    return isData && header?.format !== 'script'
      ? denied('data-file', `${basename(path)} is neither a program nor a script`)
      : denied('no-execute-bit', `mode is ${mode}`);
  }
  const judged = file && judgeHead(file, around);
  // A copy that made everything executable makes no program of it.
  return judged?.kind === 'no-interpreter-line' && dataEndings.test(path) ? { ...judged, kind: 'data-file' } : judged;
}
