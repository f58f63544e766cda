/** Makes ELF files that hold a header and nothing that could run. */

interface ElfParts {
  readonly machine?: number;
  readonly bits?: 32 | 64;
  readonly big?: boolean;
  /** 1 object file, 2 executable, 3 shared object. */
  readonly type?: number;
  readonly interpreter?: string;
}

/** The program headers are one that means nothing and, where there is a loader, the one that names it. */
export function elf({ machine = 62, bits = 64, big = false, type = 2, interpreter }: ElfParts = {}): Buffer {
  const wide = bits === 64;
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const name = Buffer.from(`${interpreter ?? ''}\0`);
  const nameAt = headerSize + 2 * entrySize;
  const file = Buffer.alloc(nameAt + name.byteLength);
  const u16 = (value: number, at: number) => (big ? file.writeUInt16BE(value, at) : file.writeUInt16LE(value, at));
  const u32 = (value: number, at: number) => (big ? file.writeUInt32BE(value, at) : file.writeUInt32LE(value, at));
  const word = (value: number, at: number) => {
    if (!wide) u32(value, at);
    else if (big) file.writeBigUInt64BE(BigInt(value), at);
    else file.writeBigUInt64LE(BigInt(value), at);
  };
  file.write('\x7fELF', 0, 'latin1');
  file[4] = wide ? 2 : 1;
  file[5] = big ? 2 : 1;
  file[6] = 1;
  u16(type, 16);
  u16(machine, 18);
  word(headerSize, wide ? 32 : 28);
  u16(entrySize, wide ? 54 : 42);
  u16(2, wide ? 56 : 44);
  const second = headerSize + entrySize;
  if (interpreter !== undefined) u32(3, second);
  word(nameAt, second + (wide ? 8 : 4));
  word(name.byteLength, second + (wide ? 32 : 16));
  name.copy(file, nameAt);
  return file;
}
