import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elf } from '../../test/support/elf.ts';
import { type BinaryHeader, readBinaryHeader } from './binary-header.ts';

const read = (file: Uint8Array): BinaryHeader =>
  readBinaryHeader((position, length) => Buffer.from(file.subarray(position, position + length)));

const bytes = (text: string, size = text.length): Buffer => Buffer.concat([Buffer.from(text, 'latin1')], size);

describe('ELF', () => {
  const isProgram = true;
  const loader = '/lib64/ld-linux-x86-64.so.2';
  test.each<[string, Buffer, BinaryHeader]>([
    ['a static program', elf(), { format: 'elf', architecture: 'x64', bits: 64, isProgram }],
    [
      'a dynamic program',
      elf({ type: 3, interpreter: loader }),
      { format: 'elf', architecture: 'x64', bits: 64, isProgram, interpreter: loader },
    ],
    ['arm64', elf({ machine: 183 }), { format: 'elf', architecture: 'arm64', bits: 64, isProgram }],
    [
      '32 bits',
      elf({ machine: 3, bits: 32, interpreter: '/lib/ld-linux.so.2' }),
      { format: 'elf', architecture: 'ia32', bits: 32, isProgram, interpreter: '/lib/ld-linux.so.2' },
    ],
    [
      'big-endian',
      elf({ machine: 22, big: true, interpreter: '/lib/ld64.so.1' }),
      { format: 'elf', architecture: 's390x', bits: 64, isProgram, interpreter: '/lib/ld64.so.1' },
    ],
    [
      'a machine without a name',
      elf({ machine: 999 }),
      { format: 'elf', architecture: 'machine 999', bits: 64, isProgram },
    ],
    ['an object file', elf({ type: 1 }), { format: 'elf', architecture: 'x64', bits: 64, isProgram: false }],
    ['a core dump', elf({ type: 4 }), { format: 'elf', architecture: 'x64', bits: 64, isProgram: false }],
    [
      'cut off within the program headers',
      elf().subarray(0, 100),
      { format: 'elf', architecture: 'x64', bits: 64, isProgram: false },
    ],
    ['cut off within the header', elf().subarray(0, 20), { format: 'unknown' }],
  ])('%s', (_, file, header) => {
    expect(read(file)).toEqual(header);
  });

  test('a real program: the one that runs this test', () => {
    const { format, ...rest } = read(readFileSync(process.execPath));
    if (process.platform === 'linux')
      expect([format, rest]).toMatchObject(['elf', { architecture: process.arch, isProgram }]);
    else expect(format).toBe('mach-o');
  });
});

describe('other binaries', () => {
  const pe = (machine: number): Buffer => {
    const file = bytes('MZ', 200);
    file.writeUInt32LE(128, 60);
    file.write('PE\0\0', 128, 'latin1');
    file.writeUInt16LE(machine, 132);
    return file;
  };
  const macho = (cpu: number): Buffer => {
    const file = Buffer.alloc(32);
    file.writeUInt32LE(0xfeedfacf, 0);
    file.writeUInt32LE(cpu, 4);
    return file;
  };
  test.each<[string, Buffer, BinaryHeader]>([
    ['PE for x64', pe(0x8664), { format: 'pe', architecture: 'x64' }],
    ['PE for arm64', pe(0xaa64), { format: 'pe', architecture: 'arm64' }],
    ['PE for a machine without a name', pe(1), { format: 'pe', architecture: 'machine 1' }],
    ['MZ without PE', bytes('MZ', 200), { format: 'pe', architecture: 'dos' }],
    ['a short MZ', bytes('MZ'), { format: 'pe', architecture: 'dos' }],
    ['Mach-O for x64', macho(0x01000007), { format: 'mach-o', architecture: 'x64' }],
    ['Mach-O for arm64', macho(0x0100000c), { format: 'mach-o', architecture: 'arm64' }],
    ['Mach-O for another processor', macho(99), { format: 'mach-o', architecture: 'cpu 99' }],
    [
      'universal Mach-O',
      Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2]),
      { format: 'mach-o', architecture: 'universal' },
    ],
    ['a Java class, which shares its magic', Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65]), { format: 'unknown' }],
    ['a library of object files', bytes('!<arch>\n__.PKGDEF       0\n'), { format: 'unknown' }],
    ['text', bytes('echo hello\n'), { format: 'text' }],
    ['text in UTF-8', Buffer.from('# é\n'), { format: 'text' }],
    ['a single byte', bytes('#'), { format: 'text' }],
    ['zeros', Buffer.alloc(64), { format: 'unknown' }],
    ['nothing', Buffer.alloc(0), { format: 'empty' }],
  ])('%s', (_, file, header) => {
    expect(read(file)).toEqual(header);
  });
});

describe('scripts', () => {
  const plain = { format: 'script', carriageReturn: false, cutOff: false } as const;
  test.each<[string, string, BinaryHeader]>([
    ['an interpreter', '#!/bin/sh\n', { ...plain, interpreter: '/bin/sh' }],
    [
      'blanks and an argument',
      '#! \t/usr/bin/env  node -x \t\n',
      { ...plain, interpreter: '/usr/bin/env', argument: 'node -x' },
    ],
    ['no line feed', '#!/bin/sh', { ...plain, interpreter: '/bin/sh' }],
    ['only the first line counts', '#!/bin/sh\n#!/bin/bash\n', { ...plain, interpreter: '/bin/sh' }],
    ['a NUL ends the line', '#!/bin/sh\0rest\n', { ...plain, interpreter: '/bin/sh' }],
    ['Windows line ends', '#!/bin/sh\r\n', { ...plain, interpreter: '/bin/sh', carriageReturn: true }],
    [
      'Windows line ends after an argument',
      '#!/usr/bin/env python3\r\n',
      { ...plain, interpreter: '/usr/bin/env', argument: 'python3', carriageReturn: true },
    ],
    ['no interpreter', '#!\n', { ...plain, interpreter: '' }],
    ['blanks instead of one', '#! \t \n', { ...plain, interpreter: '' }],
    ['nothing after #!', '#!', { ...plain, interpreter: '' }],
    ['the longest path', `#!/${'a'.repeat(252)}\n`, { ...plain, interpreter: `/${'a'.repeat(252)}` }],
    [
      'a path that is one byte longer',
      `#!/${'a'.repeat(253)}\nmore\n`,
      { ...plain, interpreter: `/${'a'.repeat(253)}`, cutOff: true },
    ],
    [
      'an argument that is cut off is no harm',
      `#!/bin/sh ${'a'.repeat(300)}\n`,
      { ...plain, interpreter: '/bin/sh', argument: 'a'.repeat(246) },
    ],
  ])('%s', (_, file, header) => {
    expect(read(Buffer.from(file, 'latin1'))).toEqual(header);
  });
});

describe('never throws', () => {
  const magics = [
    '',
    '#!',
    '\x7fELF',
    '\x7fELF\x02\x01',
    '\x7fELF\x01\x02',
    'MZ',
    '\xcf\xfa\xed\xfe',
    '\xca\xfe\xba\xbe',
  ];
  test('on random bytes behind every magic', () => {
    const file = fc.tuple(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 400 }));
    fc.assert(
      fc.property(file, ([magic, rest]) => {
        const header = read(Buffer.concat([Buffer.from(magic, 'latin1'), rest]));
        expect(['elf', 'mach-o', 'pe', 'script', 'text', 'empty', 'unknown']).toContain(header.format);
      }),
      { numRuns: 2000 },
    );
  });

  test('on a real header with one byte changed, and reads no more than it should', () => {
    const whole = elf({ type: 3, interpreter: '/lib/ld.so' });
    fc.assert(
      fc.property(fc.nat({ max: whole.byteLength - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const file = Buffer.from(whole);
        file[at] = value;
        readBinaryHeader((position, length) => {
          expect(length).toBeLessThanOrEqual(65_536);
          return file.subarray(position, position + length);
        });
      }),
      { numRuns: 2000 },
    );
  });
});
