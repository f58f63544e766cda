/** Explains why the kernel would not start a file. */
import type { RefusalKind } from '../launch/judge-file.ts';
import type { ProgramFacts, Refusal } from '../launch/program.ts';
import type { Cause } from './outcome.ts';

const refusals: Readonly<Record<RefusalKind, (refusal: Refusal, program: ProgramFacts) => Cause>> = {
  'not-found': (r, p) => ({
    class: 'not-a-plugin',
    variant: 'not-found',
    title: `${p.path}: ${r.detail}`,
    fix: 'Check the path; relative paths start at the working directory (--cwd).',
  }),
  'not-in-path': (r) => ({
    class: 'not-a-plugin',
    variant: 'not-found',
    title: r.detail,
    fix: 'Give a path, such as ./plugin, or add its folder to PATH.',
  }),
  directory: (_, p) => ({
    class: 'not-a-plugin',
    variant: 'directory',
    title: `${p.name} is a directory, not a plugin`,
    fix: 'Give the file inside it.',
  }),
  'not-a-file': (_, p) => ({
    class: 'not-a-plugin',
    variant: 'special-file',
    title: `${p.name} is not a regular file`,
  }),
  'data-file': (_, p) => ({
    class: 'not-a-plugin',
    variant: 'data-file',
    title: `${p.name} is not a plugin: move it out of the plugin folder`,
    fix: 'Keep only executables in a plugin folder; a host tries to start every file.',
  }),
  'no-execute-bit': (r, p) => ({
    class: 'not-executable',
    variant: 'no-execute-bit',
    title: `${r.detail[0]?.toUpperCase()}${r.detail.slice(1)}: the execute bit is missing`,
    fix: `chmod +x ${p.name} (archives and container copies lose the bit)`,
  }),
  'no-permission': (r) => ({
    class: 'not-executable',
    variant: 'no-permission',
    title: `The file may not be executed: ${r.detail}`,
  }),
  'noexec-mount': (r) => ({
    class: 'not-executable',
    variant: 'noexec-mount',
    title: `The file cannot run where it lies: ${r.detail}`,
    fix: 'Move the plugin to a file system mounted without noexec.',
  }),
  'empty-file': () => ({
    class: 'not-executable',
    variant: 'empty-file',
    title: 'The file is empty',
    fix: 'Build or download it again: the last attempt left nothing.',
  }),
  'no-interpreter-line': (r) => ({
    class: 'not-executable',
    variant: 'no-interpreter-line',
    title: `${r.detail.startsWith('a byte') ? 'A byte order mark stands before the #! line' : 'The script has no #! line'}: the system does not know what runs it`,
    fix: 'Begin the script with a line such as #!/usr/bin/env python3.',
  }),
  'unknown-format': () => ({
    class: 'wrong-architecture',
    variant: 'unknown-format',
    title: 'The file is no program this system knows',
    fix: 'Build it for this system.',
  }),
  'foreign-binary': (r) => ({
    class: 'wrong-architecture',
    title: `${r.detail[0]?.toUpperCase()}${r.detail.slice(1)}`.replace('The the', 'The'),
    fix: `Build it for this machine, in Go: GOOS=${process.platform} GOARCH=${process.arch === 'x64' ? 'amd64' : process.arch} go build`,
  }),
  'missing-interpreter': (r) => ({
    class: 'missing-loader-or-library',
    variant: 'missing-interpreter',
    title: `The interpreter is missing: ${r.detail}`,
    fix: 'Install it, or correct the #! line.',
  }),
  'carriage-return-interpreter': (r) => ({
    class: 'missing-loader-or-library',
    variant: 'crlf-interpreter-line',
    title: `The script was saved with Windows line ends: ${r.detail}`,
    fix: 'Convert the file to LF line ends (dos2unix), and keep it so with .gitattributes.',
  }),
  'missing-loader': (r) => ({
    class: 'missing-loader-or-library',
    variant: 'missing-loader',
    title: `The binary ${r.detail}`,
    fix: 'Build a static binary (in Go: CGO_ENABLED=0), or use an image with that C library.',
  }),
};

/** The cause behind a file that the kernel would not start. */
export const explainRefusal = (program: ProgramFacts, refusal: Refusal): Cause =>
  refusals[refusal.kind](refusal, program);
