/**
 * Reads what a program file says about itself: ELF, Mach-O, PE or `#!`.
 * Knows formats only; whether this machine can run them is judged in `program.ts`.
 */

export type BinaryHeader =
  | {
      readonly format: 'elf';
      readonly architecture: string;
      readonly bits: 32 | 64;
      /** False for object files, core dumps and files cut off before their program headers. */
      readonly isProgram: boolean;
      readonly interpreter?: string;
    }
  | { readonly format: 'mach-o'; readonly architecture: string }
  | { readonly format: 'pe'; readonly architecture: string }
  | {
      readonly format: 'script';
      readonly interpreter: string;
      readonly argument?: string;
      readonly carriageReturn: boolean;
      /** True when the interpreter's name does not end where the kernel stops reading. */
      readonly cutOff: boolean;
    }
  | { readonly format: 'text' }
  | { readonly format: 'empty' }
  | { readonly format: 'unknown' };

/** Reads `length` bytes at `position`; fewer when the file ends. */
export type ReadAt = (position: number, length: number) => Buffer;

// Names as Node's process.arch spells them where it knows the machine.
const elfMachines: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
const machCpus: Readonly<Record<number, string>> = { 7: 'ia32', 16777223: 'x64', 12: 'arm', 16777228: 'arm64' };
const peMachines: Readonly<Record<number, string>> = { 332: 'ia32', 34404: 'x64', 448: 'arm', 43620: 'arm64' };

const interpreterHeader = 3;
const executableType = 2;
const sharedType = 3;
/** The kernel reads no larger table of program headers. */
const tableLimit = 65_536;

function readElf(head: Buffer, readAt: ReadAt): BinaryHeader {
  const bits = head[4] === 2 ? 64 : 32;
  const big = head[5] === 2;
  const u16 = (b: Buffer, at: number) => (big ? b.readUInt16BE(at) : b.readUInt16LE(at));
  const u32 = (b: Buffer, at: number) => (big ? b.readUInt32BE(at) : b.readUInt32LE(at));
  const word = (b: Buffer, at: number) =>
    bits === 64 ? Number(big ? b.readBigUInt64BE(at) : b.readBigUInt64LE(at)) : u32(b, at);
  const machine = u16(head, 18);
  const architecture = elfMachines[machine] ?? `machine ${machine}`;
  const type = u16(head, 16);
  const tableAt = word(head, bits === 64 ? 32 : 28);
  const entrySize = u16(head, bits === 64 ? 54 : 42);
  const tableSize = entrySize * u16(head, bits === 64 ? 56 : 44);
  const none: BinaryHeader = { format: 'elf', architecture, bits, isProgram: false };
  if (type !== executableType && type !== sharedType) return none;
  if (entrySize !== (bits === 64 ? 56 : 32) || tableSize === 0 || tableSize > tableLimit) return none;
  const table = readAt(tableAt, tableSize);
  if (table.byteLength < tableSize) return none;
  for (let at = 0; at < tableSize; at += entrySize) {
    if (u32(table, at) !== interpreterHeader) continue;
    const offset = word(table, at + (bits === 64 ? 8 : 4));
    const size = Math.min(word(table, at + (bits === 64 ? 32 : 16)), 4096);
    const name = readAt(offset, size).toString('latin1').replace(/\0.*$/s, '');
    return { format: 'elf', architecture, bits, isProgram: true, interpreter: name };
  }
  return { format: 'elf', architecture, bits, isProgram: true };
}

function readPe(head: Buffer, readAt: ReadAt): BinaryHeader {
  const header = head.byteLength >= 64 ? readAt(head.readUInt32LE(60), 6) : Buffer.alloc(0);
  if (header.byteLength < 6 || header.toString('latin1', 0, 4) !== 'PE\0\0')
    return { format: 'pe', architecture: 'dos' };
  const machine = header.readUInt16LE(4);
  return { format: 'pe', architecture: peMachines[machine] ?? `machine ${machine}` };
}

function readMachO(head: Buffer): BinaryHeader | undefined {
  const magic = head.readUInt32LE(0);
  if (magic === 0xfeedface || magic === 0xfeedfacf) {
    const cpu = head.readUInt32LE(4);
    return { format: 'mach-o', architecture: machCpus[cpu] ?? `cpu ${cpu}` };
  }
  // A universal binary shares its magic with Java class files, whose "count" is a version above 40.
  if (head.readUInt32BE(0) === 0xcafebabe && head.readUInt32BE(4) < 40)
    return { format: 'mach-o', architecture: 'universal' };
  return undefined;
}

/** Linux reads the interpreter line from the first 256 bytes; a NUL ends it as well. */
const scriptLimit = 256;

function readScript(head: Buffer): BinaryHeader {
  const seen = head.subarray(2, scriptLimit);
  const end = seen.findIndex((byte) => byte === 0x0a || byte === 0);
  const line = seen.toString('utf8', 0, end === -1 ? seen.byteLength : end);
  const words = /^[ \t]*([^ \t]*)(?:[ \t]+(.*?))?[ \t]*$/s.exec(line.replace(/\r$/, ''));
  const argument = words?.[2];
  return {
    format: 'script',
    interpreter: words?.[1] ?? '',
    ...(argument ? { argument } : {}),
    carriageReturn: line.endsWith('\r'),
    cutOff: end === -1 && head.byteLength >= scriptLimit && !/^[ \t]*[^ \t]+[ \t]/.test(line),
  };
}

/** Libraries of object files begin like text. */
const archive = '!<arch>\n';

const looksLikeText = (head: Buffer): boolean =>
  !head.subarray(0, 1024).includes(0) && head.toString('latin1', 0, archive.length) !== archive;

/** Reads the header of a program through `readAt`. Never throws: what cannot be read is `unknown`. */
export function readBinaryHeader(readAt: ReadAt): BinaryHeader {
  const head = readAt(0, 4096);
  if (head.byteLength === 0) return { format: 'empty' };
  if (head.toString('latin1', 0, 2) === '#!') return readScript(head);
  try {
    if (head.toString('latin1', 0, 4) === '\x7fELF') return readElf(head, readAt);
    if (head.toString('latin1', 0, 2) === 'MZ') return readPe(head, readAt);
    const macho = head.byteLength >= 8 ? readMachO(head) : undefined;
    if (macho) return macho;
  } catch {
    return { format: 'unknown' };
  }
  return { format: looksLikeText(head) ? 'text' : 'unknown' };
}
