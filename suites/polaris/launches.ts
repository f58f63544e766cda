/** The ways in which the plugin is started, and in which folder. */
import { mkdirSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Profile } from '../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import type { Launch, LaunchContext, Setup } from '../../src/run/suite.ts';
import { makeDeadSocket } from './dead-socket.ts';
import { borrowFolder } from './default-folder.ts';
import { defaultFolder, folderVariable } from './not-found.ts';
import type { PolarisSession } from './session.ts';
import { settingsOf } from './settings.ts';

export const olderVariable = 'POLARIS_PLUGINS_SOCKETS_FOLDER';

export interface PolarisLaunch extends Launch<PolarisSession> {
  /** `plugin`: the whole start of a server. `socket`: only until it can be connected to. `place`: only where it listens. */
  readonly finds: 'plugin' | 'socket' | 'place';
}

type Context = LaunchContext<PolarisSession>;

/** The folder that the author has fixed, if any. */
function fixedFolder(profile: Profile): string | undefined {
  const { socket, socketsFolder } = settingsOf(profile);
  return socket === undefined ? socketsFolder : dirname(socket);
}

/** Whether the plugin is checked in a folder of its own choice, which all starts share. */
export const isShared = (profile: Profile): boolean => fixedFolder(profile) !== undefined;

const inFolder = (folder: string | undefined): EnvironmentChanges => ({
  [folderVariable]: folder,
  [olderVariable]: folder,
});

/** A folder inside the launch's own, made when the environment is. */
function privateFolder({ directory }: Context): string {
  const path = join(directory, 's');
  mkdirSync(path, { mode: 0o700, recursive: true });
  return path;
}

/** Makes the folder that the author has fixed, where it is not there, and removes it again. */
async function shared({ profile }: Context): Promise<Setup> {
  const folder = fixedFolder(profile);
  if (folder === undefined) return {};
  const made = mkdirSync(folder, { recursive: true });
  if (made === undefined) return {};
  return {
    dispose: () => {
      try {
        rmdirSync(folder);
      } catch {
        // Something lies in it that is not ours.
      }
    },
  };
}

const base = {
  judged: true,
  finds: 'plugin' as const,
  environment: (context: Context) => inFolder(fixedFolder(context.profile) ?? privateFolder(context)),
  setup: shared,
} satisfies Partial<PolarisLaunch>;

const ownFolderOnly = (_: PolarisSession, profile: Profile): string | undefined =>
  isShared(profile) ? 'the plugin is checked in the folder that was given for it' : undefined;

/** Starts in the folder that is used when nobody says otherwise, if that is free; else in a folder nobody asked for. */
async function inDefaultFolder(): Promise<Setup> {
  const giveBack = await borrowFolder(defaultFolder);
  if (!giveBack) return {};
  return { environment: { [folderVariable]: undefined }, dispose: giveBack };
}

/** Where a plugin that is killed and started again finds its own dead socket. */
async function overDeadSocket(context: Context & { directory: string }): Promise<Setup> {
  const { gate, profile, directory } = context;
  if (gate?.path === undefined) return {};
  const fixed = await shared(context);
  if (isShared(profile)) {
    await makeDeadSocket(gate.path);
    return fixed;
  }
  const folder = join(directory, `again-${process.hrtime.bigint().toString(36).slice(-6)}`);
  await makeDeadSocket(join(folder, basename(gate.path)));
  return { environment: inFolder(folder) };
}

const declared: readonly [PolarisLaunch, ...PolarisLaunch[]] = [
  { ...base, name: 'plain', purpose: 'in a folder of its own, as an operator starts it before the server' },
  { ...base, name: 'again', purpose: 'a second copy beside the first', finds: 'socket', judged: false },
  {
    ...base,
    name: 'restarted',
    purpose: 'over the dead socket of a copy that was killed',
    judged: false,
    finds: 'socket',
    setup: overDeadSocket,
  },
  {
    ...base,
    name: 'other-folder',
    purpose: 'with a private folder, although another one was given for it',
    judged: false,
    finds: 'place',
    environment: (context) => inFolder(privateFolder(context)),
    unfit: (_, profile) => (isShared(profile) ? undefined : 'every start has a private folder'),
  },
  {
    ...base,
    name: 'no-folder',
    purpose: 'with a folder that does not exist',
    judged: false,
    finds: 'place',
    environment: ({ directory }) => inFolder(join(directory, 'missing')),
    unfit: ownFolderOnly,
  },
  {
    ...base,
    name: 'default-folder',
    purpose: 'without the variable',
    judged: false,
    finds: 'place',
    environment: (context) => inFolder(privateFolder(context)),
    setup: async () => {
      const { environment, ...rest } = await inDefaultFolder();
      return { ...rest, ...(environment && { environment: { ...environment, [olderVariable]: undefined } }) };
    },
    unfit: ownFolderOnly,
  },
  {
    ...base,
    name: 'older-variable',
    purpose: 'with the older variable alone',
    judged: false,
    finds: 'place',
    environment: (context) => inFolder(privateFolder(context)),
    setup: inDefaultFolder,
    unfit: ownFolderOnly,
  },
];

/** A plugin that runs already is not started in other ways. */
const startedOnly = (launch: PolarisLaunch): PolarisLaunch => ({
  ...launch,
  unfit: (gate, profile) =>
    gate.plugin.isAttached ? 'the plugin runs already and is not started again' : launch.unfit?.(gate, profile),
});

const [gate, ...others] = declared;

export const launches: readonly [PolarisLaunch, ...PolarisLaunch[]] = [gate, ...others.map(startedOnly)];
