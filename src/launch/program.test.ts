import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { elf } from '../../test/support/elf.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import type { Machine } from './judge-file.ts';
import { inspectProgram, type ProgramFacts, type Refusal } from './program.ts';

const isRoot = process.geteuid?.() === 0;
const isLinux = process.platform === 'linux';

/** A machine whose kernel knows no handlers, whatever this one has. */
const machine: Machine = { platform: 'linux', architecture: 'x64', handlers: '/nonexistent' };
const apple: Machine = { ...machine, platform: 'darwin', architecture: 'arm64' };

interface FileParts {
  readonly content?: string | Buffer;
  readonly mode?: number;
}

function make(folder: string, name: string, { content = '', mode = 0o755 }: FileParts): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const look = (name: string, cwd: string, on = machine): ProgramFacts =>
  inspectProgram(name, { cwd, path: '/usr/bin:/bin', machine: on });

const machO = Buffer.alloc(64);
machO.writeUInt32LE(0xfeedfacf, 0);
machO.writeUInt32LE(0x0100000c, 4);
const universal = Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, ...Array<number>(56).fill(0)]);
const windows = Buffer.concat([Buffer.from('MZ')], 64);

const script = '#!/bin/sh\n';

describe('refuses what the kernel refuses', () => {
  test.each<[string, FileParts, Pick<Refusal, 'kind' | 'detail'>, string]>([
    ['an empty file', {}, { kind: 'empty-file', detail: 'the file is empty' }, 'exec format error'],
    [
      'a script without #!',
      { content: 'echo hello\n' },
      { kind: 'no-interpreter-line', detail: 'a text file without a #! line' },
      'exec format error',
    ],
    [
      'bytes of no format',
      { content: Buffer.from([0, 1, 2, 3]) },
      { kind: 'unknown-format', detail: 'not a format this system starts' },
      'exec format error',
    ],
    [
      'a library of object files',
      { content: '!<arch>\n' },
      { kind: 'unknown-format', detail: 'not a format this system starts' },
      'exec format error',
    ],
    [
      'an object file',
      { content: elf({ type: 1 }) },
      { kind: 'unknown-format', detail: 'an ELF file that is no program: an object file, or cut off' },
      'exec format error',
    ],
    [
      'a script with Windows line ends',
      { content: '#!/bin/sh\r\necho\r\n' },
      { kind: 'carriage-return-interpreter', detail: 'the #! line ends with CRLF: it asks for `/bin/sh\\r`' },
      'no such file or directory',
    ],
    [
      'a missing interpreter',
      { content: '#!/no/such/python\n' },
      { kind: 'missing-interpreter', detail: 'the #! line names /no/such/python, which is not there' },
      'no such file or directory',
    ],
    [
      'an interpreter that is no program',
      { content: '#!/etc/passwd\n' },
      { kind: 'missing-interpreter', detail: 'the #! line names /etc/passwd, which is not executable' },
      'permission denied',
    ],
    [
      'a folder as interpreter',
      { content: '#!/usr\n' },
      { kind: 'missing-interpreter', detail: 'the #! line names /usr, which is not executable' },
      'permission denied',
    ],
    [
      'no interpreter after #!',
      { content: '#!\n' },
      { kind: 'missing-interpreter', detail: 'the #! line names no interpreter' },
      'exec format error',
    ],
    [
      'an interpreter that is too long',
      { content: `#!/${'a'.repeat(300)}\n` },
      { kind: 'missing-interpreter', detail: 'the #! line names a path that is longer than the system reads' },
      'exec format error',
    ],
    [
      'a foreign processor',
      { content: elf({ machine: 183 }) },
      { kind: 'foreign-binary', detail: 'the binary is linux/arm64, this machine is linux/x64' },
      'exec format error',
    ],
    [
      'a program for macOS',
      { content: machO },
      { kind: 'foreign-binary', detail: 'the binary is macOS/arm64, this machine is linux/x64' },
      'exec format error',
    ],
    [
      'a universal program for macOS',
      { content: universal },
      { kind: 'foreign-binary', detail: 'the binary is macOS/universal, this machine is linux/x64' },
      'exec format error',
    ],
    [
      'a program for Windows',
      { content: windows },
      { kind: 'foreign-binary', detail: 'the binary is Windows/dos, this machine is linux/x64' },
      'exec format error',
    ],
    [
      'a missing loader',
      { content: elf({ type: 3, interpreter: '/lib/ld-musl-no-such.so.1' }) },
      { kind: 'missing-loader', detail: 'needs the loader /lib/ld-musl-no-such.so.1, which is not there' },
      'no such file or directory',
    ],
    [
      'a script that may not be executed',
      { content: script, mode: 0o644 },
      { kind: 'no-execute-bit', detail: 'mode is 0644' },
      'permission denied',
    ],
    [
      'a program that may not be executed',
      { content: elf(), mode: 0o4600 },
      { kind: 'no-execute-bit', detail: 'mode is 4600' },
      'permission denied',
    ],
    [
      'text that is no program',
      { content: 'kind: plugin\n', mode: 0o644 },
      { kind: 'data-file', detail: 'plugin is neither a program nor a script' },
      'permission denied',
    ],
  ])('%s', (_, parts, refusal, error) => {
    const folder = temporaryFolder();
    const path = make(folder, 'plugin', parts);
    expect(look('./plugin', folder).refusal).toEqual({ ...refusal, hostMessage: `fork/exec ${path}: ${error}` });
  });

  test.each<[string, string, Buffer | string, Machine, string | undefined]>([
    ['linux on macOS', 'plugin', elf(), apple, 'the binary is linux/x64, this machine is darwin/arm64'],
    ['macOS on macOS', 'plugin', machO, apple, undefined],
    ['a universal program on macOS', 'plugin', universal, apple, undefined],
    ['32 bits on 64', 'plugin', elf({ machine: 3, bits: 32 }), machine, undefined],
    [
      '64 bits on 32',
      'plugin',
      elf(),
      { ...machine, architecture: 'ia32' },
      'the binary is linux/x64, this machine is linux/ia32',
    ],
  ])('judges by the machine: %s', (_, name, content, on, detail) => {
    const folder = temporaryFolder();
    make(folder, name, { content });
    expect(look(`./${name}`, folder, on).refusal?.detail).toBe(detail);
  });

  test('a folder, a device and what is not there at all', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'kv'));
    make(folder, 'file', { content: script });
    symlinkSync('nowhere', join(folder, 'dangling'));
    symlinkSync('circle', join(folder, 'circle'));
    const refusals = ['./kv', '/dev/null', './none', './dangling', './circle', './file/kv', `./${'x'.repeat(300)}`].map(
      (name) => look(name, folder).refusal,
    );
    const at = (name: string) => `fork/exec ${join(folder, name)}`;
    expect(refusals).toEqual([
      { kind: 'directory', hostMessage: `${at('kv')}: permission denied`, detail: 'it is a directory' },
      {
        kind: 'not-a-file',
        hostMessage: 'fork/exec /dev/null: permission denied',
        detail: 'it is not a regular file',
      },
      { kind: 'not-found', hostMessage: `${at('none')}: no such file or directory`, detail: 'there is no such file' },
      {
        kind: 'not-found',
        hostMessage: `${at('dangling')}: no such file or directory`,
        detail: 'it is a link to nowhere, which is not there',
      },
      {
        kind: 'not-found',
        hostMessage: `${at('circle')}: too many levels of symbolic links`,
        detail: 'its symbolic links lead in a circle',
      },
      {
        kind: 'not-found',
        hostMessage: `${at('file/kv')}: not a directory`,
        detail: 'a part of its path is a file, not a folder',
      },
      { kind: 'not-found', hostMessage: `${at('x'.repeat(300))}: file name too long`, detail: 'its path is too long' },
    ]);
  });

  test.each(['README.md', 'plugin.sha256', 'config.yaml', 'plugin.zip'])(
    '%s without an execute bit is data',
    (name) => {
      const folder = temporaryFolder();
      make(folder, name, { content: Buffer.from([0x50, 0x4b, 0, 0xff]), mode: 0o644 });
      expect(look(`./${name}`, folder).refusal).toMatchObject({
        kind: 'data-file',
        detail: `${name} is neither a program nor a script`,
      });
    },
  );

  test.skipIf(isRoot)('a folder that may not be entered, and a file that others may execute', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'locked'));
    make(join(folder, 'locked'), 'kv', { content: script });
    chmodSync(join(folder, 'locked'), 0o000);
    make(folder, 'others', { content: script, mode: 0o611 });
    expect(look('./locked/kv', folder).refusal).toMatchObject({
      kind: 'no-permission',
      detail: 'a folder on its path may not be entered',
    });
    expect(look('./others', folder).refusal).toMatchObject({
      kind: 'no-permission',
      detail: 'mode is 0611, but this user may not execute it',
    });
    chmodSync(join(folder, 'locked'), 0o700);
  });
});

describe('takes what the kernel takes', () => {
  test.each<[string, string | Buffer]>([
    ['a script', script],
    ['a script without a line feed', '#!/bin/sh'],
    ['Windows line ends behind an argument, which are the interpreter’s affair', '#!/usr/bin/env sh\r\n'],
    ['a static program', elf()],
    ['a program whose loader is there', elf({ interpreter: '/bin/sh' })],
  ])('%s', (_, content) => {
    const folder = temporaryFolder();
    make(folder, 'plugin', { content });
    expect(look('./plugin', folder).refusal).toBeUndefined();
  });

  test('a relative interpreter is looked up from the working directory of the plugin', () => {
    const folder = temporaryFolder();
    make(folder, 'runner', { content: script });
    const plugin = make(folder, 'plugin', { content: '#!./runner\n' });
    expect(look(plugin, folder).refusal).toBeUndefined();
    expect(look(plugin, '/').refusal).toMatchObject({ kind: 'missing-interpreter' });
  });

  test('an interpreter may be a script itself, but in the end there must be a program', () => {
    const folder = temporaryFolder();
    const runner = make(folder, 'runner', { content: '#!/bin/sh\n' });
    const broken = make(folder, 'broken', { content: 'echo\n' });
    const circle = make(folder, 'circle', { content: `#!${join(folder, 'circle')}\n` });
    make(folder, 'good', { content: `#!${runner}\n` });
    make(folder, 'bad', { content: `#!${broken}\n` });
    expect(look('./good', folder).refusal).toBeUndefined();
    expect(look('./bad', folder).refusal).toEqual({
      kind: 'missing-interpreter',
      hostMessage: `fork/exec ${join(folder, 'bad')}: exec format error`,
      detail: `the #! line names ${broken}, which cannot run: a text file without a #! line`,
    });
    expect(look(circle, folder).refusal).toMatchObject({
      kind: 'missing-interpreter',
      hostMessage: `fork/exec ${circle}: too many levels of symbolic links`,
    });
  });

  test('what a registered handler takes, and nothing else because of it', () => {
    const folder = temporaryFolder();
    const handlers = join(folder, 'binfmt');
    mkdirSync(handlers);
    make(handlers, 'status', { content: 'enabled\n', mode: 0o644 });
    const entry = (name: string, content: string) => make(handlers, name, { content, mode: 0o644 });
    entry(
      'qemu-aarch64',
      'enabled\ninterpreter /usr/bin/qemu\nflags: OCF\noffset 0\nmagic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n',
    );
    entry('python3.11', 'enabled\ninterpreter /usr/bin/python3.11\nflags: \noffset 0\nmagic a70d0d0a\n');
    entry('jar', 'enabled\ninterpreter /usr/bin/jexec\nflags: \nextension .jar\n');
    entry('wine', 'disabled\ninterpreter /usr/bin/wine\nflags: \noffset 0\nmagic 4d5a\n');
    const on = { ...machine, handlers };
    make(folder, 'arm', { content: elf({ machine: 183, type: 3 }) });
    make(folder, 'riscv', { content: elf({ machine: 243 }) });
    make(folder, 'tool.jar', { content: 'PK' });
    make(folder, 'text', { content: 'echo hello\n' });
    make(folder, 'app.exe', { content: windows });
    const kinds = ['arm', 'tool.jar', 'riscv', 'text', 'app.exe'].map(
      (name) => look(`./${name}`, folder, on).refusal?.kind,
    );
    expect(kinds).toEqual([undefined, undefined, 'foreign-binary', 'no-interpreter-line', 'foreign-binary']);
  });
});

describe('finds the file', () => {
  test('a name without a slash is looked up in PATH, past files that cannot be executed', () => {
    const folder = temporaryFolder();
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    mkdirSync(first);
    mkdirSync(second);
    make(first, 'kv', { content: script, mode: 0o644 });
    mkdirSync(join(first, 'folder'));
    const found = make(second, 'kv', { content: script });
    const path = [join(folder, 'none'), first, second].join(delimiter);
    expect(inspectProgram('kv', { cwd: '/', path, machine })).toEqual({
      name: 'kv',
      path: found,
      realPath: found,
      mode: 0o755,
      header: { format: 'script', interpreter: '/bin/sh', carriageReturn: false, cutOff: false },
    });
    for (const name of ['folder', 'none', ''])
      expect(inspectProgram(name, { cwd: folder, path, machine })).toEqual({
        name,
        path: name,
        refusal: {
          kind: 'not-in-path',
          hostMessage: `exec: "${name}": executable file not found in $PATH`,
          detail: `${name} is not in PATH`,
        },
      });
  });

  test('an absolute path, a relative one, and one through a symbolic link', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'bin'));
    const real = make(join(folder, 'bin'), 'kv-1.2', { content: script, mode: 0o700 });
    symlinkSync('bin/kv-1.2', join(folder, 'kv'));
    expect(look(real, '/')).toMatchObject({ name: real, path: real, realPath: real, mode: 0o700 });
    expect(look('bin/kv-1.2', folder)).toMatchObject({ path: real, realPath: real });
    expect(look('./kv', folder)).toMatchObject({ path: join(folder, 'kv'), realPath: real });
    expect(look('./kv', folder).refusal).toBeUndefined();
  });

  test('never throws, whatever the name', () => {
    for (const name of ['\0', './a\0b', '/', '.', '..', './', '/proc/self/mem', '/dev/stdin'])
      expect(look(name, '/tmp').refusal).toBeDefined();
  });
});

/** Asks the kernel itself: Node's own spawn would run half of these in a shell. */
const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find(
  (path) => !inspectProgram(path, { cwd: '/', path: '' }).refusal,
);
const ask = `
import errno, json, os, sys
answers = []
for path in json.load(sys.stdin):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        try:
            os.execv(path, [path])
        except OSError as error:
            os.write(writing, os.strerror(error.errno).lower().encode())
            os._exit(0)
    os.close(writing)
    answers.append(os.read(reading, 100).decode())
    os.waitpid(child, 0)
json.dump(answers, sys.stdout)
`;

test.skipIf(!isLinux || python === undefined)('agrees with the kernel of this machine', () => {
  const folder = temporaryFolder();
  const padded = (length: number) => join(folder, 'x'.repeat(length - folder.length - 1));
  for (const length of [250, 253, 254]) {
    copyFileSync('/bin/true', padded(length));
    chmodSync(padded(length), 0o755);
  }
  const contents: readonly (string | Buffer)[] = [
    '',
    '#',
    'exit 0\n',
    '!<arch>\n',
    '#!\n',
    '#! \t\n',
    '#!/bin/true\n',
    '#!/bin/true',
    '#!\t/bin/true\t-x \n',
    '#!/bin/true\0nothing\n',
    '#!/bin/true\r\n',
    '#!/no/such\n',
    '#!/etc/passwd\n',
    '#!/usr\n',
    `#!${padded(250)}\n`,
    `#!${padded(253)}\n`,
    `#!${padded(254)}\n`,
    `#!${padded(254)}`,
    `#!${padded(250)} ${'a'.repeat(100)}\n`,
    `#!/${'a'.repeat(300)}\n`,
    `#!${join(folder, '2')}\n`,
    `#!${join(folder, '6')}\n`,
    elf({ type: 1 }),
    elf({ machine: process.arch === 'arm64' ? 62 : 183 }),
    elf({ interpreter: '/no/such/loader' }),
    elf().subarray(0, 100),
    elf().subarray(0, 20),
    windows,
    machO,
  ];
  const paths = contents.map((content, n) => make(folder, String(n), { content }));
  paths.push(make(folder, 'no-bit', { content: script, mode: 0o644 }), folder, '/dev/null', join(folder, 'none'));
  const { stdout, status } = spawnSync(python ?? '', ['-c', ask], { input: JSON.stringify(paths), encoding: 'utf8' });
  expect(status).toBe(0);
  const kernel: unknown = JSON.parse(stdout);
  const ours = paths.map((path) => inspectProgram(path, { cwd: process.cwd(), path: '' }).refusal?.hostMessage ?? '');
  expect(ours.map((text) => text.replace(/^.*: /, ''))).toEqual(kernel);
});
