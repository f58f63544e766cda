/** Starts with folders for sockets, good and bad ones. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { GrpcSession } from '../session.ts';
import { ownGroup } from '../socket-file.ts';
import { base, type Context, type GrpcLaunch, hostEnvironment } from './launch.ts';

const unixOnly = (gate: GrpcSession): string | undefined =>
  gate.handshake.address?.network === 'unix' ? undefined : 'the plugin listens on TCP';

/** A folder inside the launch's own, made when the environment is. */
function folder({ directory }: Context, name: string): string {
  const path = `${directory}/${name}`;
  mkdirSync(path, { mode: 0o700 });
  return path;
}

export const folderLaunches: readonly GrpcLaunch[] = [
  {
    ...base,
    name: 'socket-folder',
    purpose: 'with PLUGIN_UNIX_SOCKET_DIR',
    unfit: unixOnly,
    environment: (context) => ({
      ...hostEnvironment(context.profile),
      PLUGIN_UNIX_SOCKET_DIR: folder(context, 's'),
    }),
  },
  {
    ...base,
    name: 'socket-group',
    purpose: 'with PLUGIN_UNIX_SOCKET_GROUP',
    unfit: unixOnly,
    environment: (context) => ({
      ...hostEnvironment(context.profile),
      PLUGIN_UNIX_SOCKET_DIR: folder(context, 's'),
      PLUGIN_UNIX_SOCKET_GROUP: String(ownGroup()),
    }),
  },
  {
    ...base,
    name: 'no-folder',
    purpose: 'with a file where the folder for sockets should be',
    judged: false,
    environment: ({ profile, directory }) => {
      const path = `${directory}/f`;
      writeFileSync(path, '');
      return { ...hostEnvironment(profile), TMPDIR: path, PLUGIN_UNIX_SOCKET_DIR: path };
    },
    unfit: unixOnly,
  },
  {
    ...base,
    name: 'long-folder',
    purpose: 'with a temporary folder whose path leaves no room for a socket',
    judged: false,
    environment: (context) => ({ ...hostEnvironment(context.profile), TMPDIR: folder(context, 'l'.repeat(100)) }),
    unfit: unixOnly,
  },
];
