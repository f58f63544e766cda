/**
 * Explains why a plugin ended before it was ready, by joining four facts: exit status or signal, the first bytes of
 * stdout, the last lines of stderr, and the file itself. A host shows one generic hint for all of it.
 */
import { readFileSync } from 'node:fs';
import { describeExit, type Exit } from '../launch/exit.ts';
import type { ProgramFacts } from '../launch/program.ts';
import { panicLine } from './crash.ts';
import type { Cause } from './outcome.ts';

export interface EarlyExitFacts {
  readonly program: ProgramFacts;
  readonly exit: Exit | undefined;
  /** Everything the plugin wrote before it ended, stderr first, line by line. */
  readonly lines: readonly string[];
  /** The cookie it was given, as `KEY=VALUE`. */
  readonly cookie?: string | undefined;
  /** What the host was waiting for, such as `the handshake`. */
  readonly awaited: string;
}

const short = (line: string): string => (line.length > 200 ? `${line.slice(0, 197)}…` : line).trim();

function memoryLimits(): string {
  try {
    const limit = /^Max locked memory\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === undefined ? '' : ` (the limit for locked memory is ${limit} bytes)`;
  } catch {
    return '';
  }
}

interface Pattern {
  readonly matches: RegExp;
  readonly cause: (line: string, facts: EarlyExitFacts) => Cause;
}

const patterns: readonly Pattern[] = [
  {
    matches: /magic cookie|binary is a plugin|not meant to be executed directly|plugin magic/i,
    cause: (_, { cookie }) => ({
      class: 'cookie-refused',
      title:
        cookie === undefined
          ? 'The plugin wants a magic cookie, and none was given'
          : `The plugin refuses the cookie ${cookie}`,
      fix: 'Give the cookie of its host with --cookie KEY=VALUE, or the host itself with --profile.',
    }),
  },
  {
    matches:
      /error while loading shared libraries: ([^:]+)|Error loading shared library ([^:]+)|Library not loaded: (\S+)/,
    cause: (line) => ({
      class: 'missing-loader-or-library',
      variant: 'missing-library',
      title: `A shared library is missing: ${short(line)}`,
      fix: 'Install the library, or link statically (in Go: CGO_ENABLED=0).',
    }),
  },
  {
    matches: /version `GLIBC[^']*' not found|GLIBC_\d|GLIBCXX_\d/,
    cause: (line) => ({
      class: 'missing-loader-or-library',
      variant: 'old-c-library',
      title: `The C library here is too old for the binary: ${short(line)}`,
      fix: 'Build on an older system or link statically (in Go: CGO_ENABLED=0).',
    }),
  },
  {
    matches: /env: .*\\r|env: .*\r|bad interpreter|\^M/,
    cause: (line) => ({
      class: 'missing-loader-or-library',
      variant: 'crlf-interpreter-line',
      title: `The script was saved with Windows line ends: ${short(line)}`,
      fix: 'Convert the file to LF line ends (dos2unix).',
    }),
  },
  {
    matches: /^(?:\/usr\/bin\/)?env: .*No such file or directory|exec: .*not found/,
    cause: (line) => ({
      class: 'missing-loader-or-library',
      variant: 'missing-interpreter',
      title: `The interpreter is not in PATH: ${short(line)}`,
      fix: 'Install it, or name it with its full path in the #! line.',
    }),
  },
  {
    matches:
      /ModuleNotFoundError|ImportError|Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|ClassNotFoundException|cannot load such file/,
    cause: (line) => ({
      class: 'missing-loader-or-library',
      variant: 'missing-module',
      title: `A module the plugin needs is not installed: ${short(line)}`,
      fix: "Install the plugin's dependencies for the interpreter that runs it.",
    }),
  },
  {
    matches: /failed to lock memory|mlock|RLIMIT_MEMLOCK|cannot allocate memory.*lock/i,
    cause: (line) => ({
      class: 'memory-lock',
      title: `The plugin cannot lock its memory${memoryLimits()}: ${short(line)}`,
      fix: 'Run setcap cap_ipc_lock=+ep on the file, raise the limit for locked memory, or disable mlock.',
    }),
  },
  {
    matches:
      /(?:bind|listen).*(?:invalid argument|EINVAL)|AF_UNIX path too long|path too long|ENAMETOOLONG|name too long|socket path .*(?:long|bytes)/i,
    cause: (line) => ({
      class: 'bad-socket-path',
      title: `The socket path is too long or unusable: ${short(line)}`,
      fix: 'Create the socket with a short name under PLUGIN_UNIX_SOCKET_DIR or the temporary folder; 107 bytes are the limit.',
    }),
  },
  {
    matches:
      /address family not supported|EAFNOSUPPORT|read-only file system|EROFS|(?:bind|listen|socket).*(?:permission denied|EACCES|operation not permitted|EPERM)/i,
    cause: (line) => ({
      class: 'sandbox-refuses-socket',
      title: `The surroundings refuse the socket: ${short(line)}`,
      fix: 'The plugin needs a writable temporary folder and Unix sockets; honour PLUGIN_UNIX_SOCKET_DIR.',
    }),
  },
  {
    matches: /(?:bind|listen|socket|mkdtemp|tmp).*no such file or directory/i,
    cause: (line) => ({
      class: 'bad-socket-path',
      variant: 'missing-folder',
      title: `The folder for the socket is not there: ${short(line)}`,
    }),
  },
  {
    matches: /address already in use|EADDRINUSE/i,
    cause: (line) => ({
      class: 'left-behind',
      variant: 'address-in-use',
      title: `Somebody else holds the address the plugin wants: ${short(line)}`,
      fix: 'End the leftover process, and let the system choose the port or a unique path.',
    }),
  },
  {
    matches: /^\s*usage:|unknown (?:command|sub-?command)|requires a (?:sub)?command/i,
    cause: (line) => ({
      class: 'early-exit',
      variant: 'usage',
      title: `The program printed its usage: ${short(line)}`,
      fix: 'It probably wants a sub-command: give it after the program, as in -- ./plugin serve.',
    }),
  },
];

const signals: Readonly<Record<string, string>> = {
  SIGKILL: 'killed from outside: out of memory, or refused by the system (quarantine, code signature)',
  SIGILL: 'an instruction this processor does not know: built for a newer one',
  SIGSYS: 'a system call that the sandbox forbids',
  SIGSEGV: 'a crash: segmentation fault',
  SIGABRT: 'a crash: abort',
  SIGBUS: 'a crash: bus error',
};

/** The cause behind a plugin that ended before it was ready. Always finds one, at worst the bare facts. */
export function explainEarlyExit(facts: EarlyExitFacts): Cause {
  const { exit, lines, awaited } = facts;
  for (const { matches, cause } of patterns) {
    const line = lines.find((text) => matches.test(text));
    if (line !== undefined) return cause(line, facts);
  }
  const how = exit === undefined ? 'closed its output' : describeExit(exit);
  const meaning = exit?.signal === undefined ? undefined : signals[exit.signal];
  if (meaning !== undefined)
    return { class: 'early-exit', variant: 'signal', title: `The plugin ${how} before ${awaited}: ${meaning}` };
  const crash = panicLine(lines);
  if (crash !== undefined)
    return {
      class: 'early-exit',
      variant: 'crash',
      title: `The plugin crashed while starting (${how}): ${short(crash)}`,
    };
  const last = lines.findLast((line) => line.trim() !== '');
  const words = last === undefined ? 'without a word' : `last words: ${short(last)}`;
  return { class: 'early-exit', title: `The plugin ${how} before ${awaited}, ${words}` };
}
