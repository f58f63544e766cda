/** What is known of Polaris plugins before their suite is loaded: how such a plugin is recognised. */
import { join } from 'node:path';
import type { SystemEntry } from '../../src/run/registry.ts';
import type { Suite } from '../../src/run/suite.ts';
import type { GrpcLaunch } from '../hashicorp-grpc/launches/launch.ts';
import type { GrpcSession } from '../hashicorp-grpc/session.ts';

const folder = 'polaris-sockets';

/** P3 and P2 are on sockets; P1 and P0 are go-plugins. */
const forms = { P3: 'sockets', P2: 'sockets', P1: 'go-plugin', P0: 'go-plugin' } as const;

const handshake = /^\s*\+?\d+\|\d+\|(?:unix|tcp)\|[^|]+/;

/** @param companion loads the suite that plugins of the generations P1 and P0 run through as well */
export const polaris = (companion: () => Promise<Suite>): SystemEntry => ({
  system: 'polaris',
  title: 'Polaris server remote plugins',
  options: [
    {
      flags: '--generation <generation>',
      key: 'generation',
      description: 'P3, P2, P1 or P0; recognised when left out',
    },
    {
      flags: '--sockets-folder <folder>',
      key: 'socketsFolder',
      description: 'the folder of a plugin that ignores POLARIS_PLUGGABLE_SOCKETS_FOLDER',
    },
    {
      flags: '--socket <path>',
      key: 'socket',
      description: 'the same, for the socket itself; without a program, the plugin that listens there is checked',
      attaches: true,
    },
  ],
  load: async (form) => {
    if (form !== 'go-plugin') return (await import('./suite.ts')).suite;
    const { companionSuite } = await import('./companion/suite.ts');
    return companionSuite((await companion()) as Suite<GrpcSession, GrpcLaunch>);
  },
  formOf: (profile) => {
    const block = profile.block('polaris');
    if (typeof block !== 'object' || block === null) return undefined;
    if ('generation' in block && typeof block.generation === 'string' && Object.hasOwn(forms, block.generation))
      return forms[block.generation as keyof typeof forms];
    return 'socket' in block || 'socketsFolder' in block ? 'sockets' : undefined;
  },
  profileBlock: async () => (await import('./settings.ts')).profileBlock,
  profiles: async () => ({}),
  invite: async (directory) => {
    const { mkdir } = await import('node:fs/promises');
    const { cookies } = await import('./companion/generation.ts');
    const path = join(directory, folder);
    // Not with what lies above it: a run that is told to stop has removed that, and it must stay removed.
    await mkdir(path);
    return {
      POLARIS_PLUGGABLE_SOCKETS_FOLDER: path,
      POLARIS_PLUGINS_SOCKETS_FOLDER: path,
      [cookies.P1.key]: cookies.P1.value,
    };
  },
  recognise: ({ stdout, stderr, sockets }) => {
    const own = sockets.find((path) => path.includes(`/${folder}/`) || path.startsWith('/tmp/polaris-'));
    if (own !== undefined)
      return {
        sign: `it binds ${own.slice(own.lastIndexOf('/') + 1)} in the folder of a Polaris server`,
        form: 'sockets',
      };
    if (stderr.some((line) => line.includes('/tmp/polaris-')))
      return { sign: 'it wants a folder of a Polaris server', form: 'sockets' };
    // In the whole list go-plugin's own system comes first: here the system was named, or only its cookie is taken.
    if (stdout.some((line) => handshake.test(line)))
      return { sign: 'it prints the handshake of a go-plugin', form: 'go-plugin' };
    return stderr.some((line) => /\bis a plugin\b|magic cookie/i.test(line))
      ? { sign: 'it asks for the cookie of a go-plugin', form: 'go-plugin', refuses: true }
      : undefined;
  },
});
