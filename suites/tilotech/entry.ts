/** What is known of tilotech/go-plugin before its suite is loaded: how such a plugin is recognised. */
import { join } from 'node:path';
import type { SystemEntry } from '../../src/run/registry.ts';

const socketName = 'plugin-socket';

export const tilotech: SystemEntry = {
  system: 'tilotech',
  title: 'tilotech/go-plugin (HTTP over a Unix socket)',
  load: async () => (await import('./suite.ts')).suite,
  profileBlock: async () => (await import('./profile-block.ts')).profileBlock,
  profiles: async () => (await import('./profiles.ts')).profiles,
  invite: async (directory) => ({ PLUGIN_SOCKET: join(directory, socketName) }),
  recognise: ({ stdout, stderr, sockets }) => {
    if (stdout.some((line) => /^\s*plugin is ready\s*$/i.test(line))) return 'it prints `plugin is ready`';
    if (stdout.some((line) => line.trim() === 'failed to listen on socket'))
      return 'it prints `failed to listen on socket`';
    if (sockets.some((path) => path.endsWith(`/${socketName}`))) return 'it listens at PLUGIN_SOCKET';
    return [...stdout, ...stderr].some((line) => /\bPLUGIN_SOCKET\b/.test(line))
      ? 'it asks for PLUGIN_SOCKET'
      : undefined;
  },
};
