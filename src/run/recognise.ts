/**
 * Says which system a plugin belongs to, from what it does: started once with variables that satisfy every system at
 * once, and once with none, because some plugins serve only without and some only with them.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildEnvironment, type EnvironmentChanges } from '../launch/environment.ts';
import type { Launcher } from '../launch/launcher.ts';
import type { PluginProcess } from '../launch/plugin-process.ts';
import type { ProgramFacts } from '../launch/program.ts';
import type { Registry, Sighting, SystemEntry } from './registry.ts';
import type { PluginSpec } from './starter.ts';
import { eventually } from './within.ts';

export interface Recognised {
  readonly entry: SystemEntry;
  /** By what it was recognised. */
  readonly sign: string;
}

export interface RecogniseInput {
  readonly registry: Registry;
  readonly launcher: Launcher;
  readonly plugin: PluginSpec;
  readonly program: ProgramFacts;
  /** What the user said of the environment, such as the cookie. */
  readonly environment: EnvironmentChanges;
  /** How long a silent plugin is watched, in milliseconds. */
  readonly limitMs: number;
}

const spokenMs = 1000;

/** Sockets below a folder, one level deep. */
function socketsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isSocket()) return [path];
      return stat?.isDirectory()
        ? readdirSync(path)
            .map((inner) => join(path, inner))
            .filter((inner) => statSync(inner).isSocket())
        : [];
    });
  } catch {
    return [];
  }
}

const lines = (plugin: PluginProcess, name: 'stdout' | 'stderr'): readonly string[] =>
  plugin[name]
    .lines()
    .slice(0, 40)
    .map((line) => line.bytes.toString('utf8'));

async function see(input: RecogniseInput, isInvited: boolean): Promise<Recognised | undefined> {
  const { registry, launcher, plugin, program, limitMs } = input;
  const invitations = isInvited ? await Promise.all(registry.map((entry) => entry.invite(launcher.directory))) : [];
  const started = await launcher.start({
    launch: 'recognise',
    path: program.path,
    command: plugin.command,
    cwd: plugin.cwd,
    environment: (directory) =>
      buildEnvironment(
        process.env,
        (name) => name.startsWith('PLUGIN_'),
        { TMPDIR: directory },
        ...invitations,
        input.environment,
        plugin.env,
      ),
  });
  const sight = (): Sighting => ({
    stdout: lines(started, 'stdout'),
    stderr: lines(started, 'stderr'),
    sockets: socketsIn(launcher.directory).concat(socketsIn(started.directory)),
  });
  const judge = (): Recognised | undefined => {
    const sighting = sight();
    for (const entry of registry) {
      const sign = entry.recognise(sighting);
      if (sign !== undefined) return { entry, sign };
    }
    return undefined;
  };
  let found: Recognised | undefined;
  // A plugin that has written a line nobody knows will hardly say more: a moment, then that is that.
  const hasSpoken = () => {
    const { firstLine } = started.stdout;
    return firstLine !== undefined && started.transcript.now() - firstLine.atMs > spokenMs;
  };
  const isOver = () => (started.exited !== undefined && started.stdout.endedAtMs !== undefined) || hasSpoken();
  await eventually(
    () => {
      found = judge();
      return found !== undefined || isOver();
    },
    { limitMs, everyMs: 10 },
  );
  found ??= judge();
  await started.end('it was only looked at');
  return found;
}

/** Recognises a plugin's system; `undefined` when it shows no sign of any. */
export const recognise = async (input: RecogniseInput): Promise<Recognised | undefined> =>
  (await see(input, true)) ?? (await see(input, false));
