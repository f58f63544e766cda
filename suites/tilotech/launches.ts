/** The ways in which the plugin is started, and what each puts at the socket path before. */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import type { Launch, LaunchContext, Setup } from '../../src/run/suite.ts';
import { listenAt, listenOurselves } from './occupant.ts';
import type { TiloSession } from './session.ts';

export interface TiloLaunch extends Launch<TiloSession> {
  /** The plugin is expected to refuse: a short wait is enough, and nobody asks why it is silent. */
  readonly refuses?: true;
  /** Nobody connects: the plugin is left to itself once it is ready. */
  readonly quiet?: true;
  /** Somebody else listens at the path. */
  readonly occupied?: true;
}

const token = (): string => randomBytes(6).toString('hex');

/** What a path itself is; nothing where it cannot be looked at. */
export const statOf = (path: string): Stats | undefined => {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
};

/** What a path leads to. */
export const targetOf = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

/** A folder of our own, so that nothing but the variable leads to the socket. */
function folderIn(directory: string, name = `s${token()}`): string {
  const path = `${directory}/${name}`;
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** A path nobody can guess, without an extension, as `/tmp/dispatcher` is one. */
const freshSocket = (directory: string): EnvironmentChanges => ({
  PLUGIN_SOCKET: `${folderIn(directory)}/p${token()}`,
});

const base = {
  judged: true,
  environment: ({ directory }: LaunchContext<TiloSession>) => freshSocket(directory),
} satisfies Partial<TiloLaunch>;

/** Something at the socket path before the plugin starts. */
const occupiedBy =
  (place: (path: string) => void | Promise<() => void>): NonNullable<TiloLaunch['setup']> =>
  async ({ directory }): Promise<Setup> => {
    const folder = folderIn(directory);
    const path = `${folder}/p${token()}`;
    const undo = await place(path);
    return {
      environment: { PLUGIN_SOCKET: path },
      dispose: () => {
        undo?.();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  };

/** A socket file nobody listens on any more, as a killed plugin leaves it. */
async function leaveDeadSocket(path: string): Promise<() => void> {
  const server = await listenAt(`${path}.new`);
  // Node removes the file it has made, under the name it knows.
  renameSync(`${path}.new`, path);
  server.close();
  return () => undefined;
}

function makeFolder(path: string): void {
  mkdirSync(path);
  writeFileSync(`${path}/keep`, 'not to be removed');
}

/** What a host may have in its environment, some of it meant for other plugin systems. */
const noise: EnvironmentChanges = {
  PLUGIN_SOCKET_PATH: '/nonexistent/plugfest/other',
  PLUGIN_SOCKETS: '/nonexistent/plugfest/a,/nonexistent/plugfest/b',
  PLUGIN_UNIX_SOCKET_DIR: '/nonexistent/plugfest',
  PLUGIN_MIN_PORT: '10000',
  PLUGIN_MAX_PORT: '25000',
  PLUGIN_PROTOCOL_VERSIONS: '5,6',
  PLUGIN_CLIENT_CERT: 'no certificate',
  PLUGIN_TIMEOUT: 'soon',
  PLUGIN_FUTURE_X: '1',
  PORT: '1',
  HOST: 'nonexistent.invalid',
  SOCKET: '/nonexistent/plugfest/socket',
  LISTEN_FDS: '0',
  AWS_LAMBDA_FUNCTION_NAME: 'plugfest',
  EMPTY: '',
};

export const launches: readonly [TiloLaunch, ...TiloLaunch[]] = [
  { ...base, name: 'plain', purpose: 'as the host starts it, with a socket path of its own' },
  { ...base, name: 'again', purpose: 'a second copy beside the first, with another socket path', judged: false },
  {
    ...base,
    name: 'no-socket',
    purpose: 'without PLUGIN_SOCKET',
    judged: false,
    refuses: true,
    environment: () => ({ PLUGIN_SOCKET: undefined }),
  },
  {
    ...base,
    name: 'empty-socket',
    purpose: 'with an empty PLUGIN_SOCKET',
    judged: false,
    refuses: true,
    environment: () => ({ PLUGIN_SOCKET: '' }),
  },
  {
    ...base,
    name: 'noise',
    purpose: 'with variables of other hosts beside PLUGIN_SOCKET',
    judged: false,
    environment: ({ directory }) => ({ ...noise, ...freshSocket(directory) }),
  },
  {
    ...base,
    name: 'stale-socket',
    purpose: 'with a dead socket at the path',
    judged: false,
    setup: occupiedBy(leaveDeadSocket),
  },
  {
    ...base,
    name: 'live-socket',
    purpose: 'with a socket at the path on which somebody listens',
    judged: false,
    refuses: true,
    occupied: true,
    setup: occupiedBy(listenOurselves),
  },
  {
    ...base,
    name: 'blocked-path',
    purpose: 'with a folder where the socket should be',
    judged: false,
    refuses: true,
    setup: occupiedBy(makeFolder),
  },
  {
    ...base,
    name: 'odd-path',
    purpose: 'with blanks and letters beyond ASCII in the path',
    judged: false,
    environment: ({ directory }) => ({ PLUGIN_SOCKET: `${folderIn(directory, 'with blanks é')}/my plug in` }),
  },
  {
    ...base,
    name: 'orphaned',
    purpose: 'as the child of a host that is then killed',
    judged: false,
    hasParent: true,
  },
];
