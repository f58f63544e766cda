/** The plugins that tests of the command and the library are run on, and the words that go with them. */
import { join } from 'node:path';
import { program as mutants } from '../../fixtures/mutants/hashicorp-grpc/program.ts';

const root = join(import.meta.dirname, '..', '..');

/** The TypeScript example, which keeps every rule. */
export const good: readonly [string, ...string[]] = [
  process.execPath,
  join(root, '.cache/fixtures/typescript/plugin.mjs'),
];

/** The same plugin with one fault; names are those of the table of mutants. */
export const broken = (fault: string): readonly [string, ...string[]] => [process.execPath, mutants, fault];

export const cookie = { key: 'PLUGFEST_FIXTURE_COOKIE', value: 'conformance' } as const;

/** Options that say what the host of these plugins fixes. */
export const hostWords: readonly string[] = [
  '--system',
  'hashicorp-grpc',
  '--cookie',
  `${cookie.key}=${cookie.value}`,
  '--protocol-version',
  '1',
];

export const host = { system: 'hashicorp-grpc', cookie, protocolVersions: [1] } as const;
