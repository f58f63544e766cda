/** What is known of Polaris plugins before their suite is loaded: how such a plugin is recognised. */
import { join } from 'node:path';
import type { SystemEntry } from '../../src/run/registry.ts';

const folder = 'polaris';

export const polaris: SystemEntry = {
  system: 'polaris',
  title: 'Polaris server remote plugins',
  load: async () => (await import('./suite.ts')).suite,
  profileBlock: async () => (await import('./settings.ts')).profileBlock,
  profiles: async () => ({}),
  invite: async (directory) => {
    const { mkdir } = await import('node:fs/promises');
    const path = join(directory, folder);
    await mkdir(path, { recursive: true });
    return { POLARIS_PLUGGABLE_SOCKETS_FOLDER: path, POLARIS_PLUGINS_SOCKETS_FOLDER: path };
  },
  recognise: ({ sockets }) => {
    const own = sockets.find((path) => path.includes(`/${folder}/`) || path.startsWith('/tmp/polaris-'));
    return own === undefined
      ? undefined
      : `it binds ${own.slice(own.lastIndexOf('/') + 1)} in the folder of a Polaris server`;
  },
};
