/**
 * Says which system a plugin belongs to, from what it does: started once with variables that satisfy every system at
 * once, and once with none, because some plugins serve only without and some only with them. Where two systems know
 * what it does, it is started without the variables of the one: what then refuses to serve belongs to that one.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildEnvironment, type EnvironmentChanges } from '../launch/environment.ts';
import { describeExit } from '../launch/exit.ts';
import type { Launcher } from '../launch/launcher.ts';
import type { PluginProcess } from '../launch/plugin-process.ts';
import { listenersOf } from '../launch/process-table.ts';
import type { ProgramFacts } from '../launch/program.ts';
import type { Recognition, Registry, Sighting, SystemEntry } from './registry.ts';
import type { PluginSpec } from './starter.ts';
import { eventually } from './within.ts';

export interface Recognised extends Recognition {
  readonly entry: SystemEntry;
}

/** A plugin that nobody recognised, and what it did instead, in a few words. */
export interface Unrecognised {
  readonly entry: undefined;
  readonly did: string;
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

/** How long a plugin is still watched after a line that nobody knows. */
const spokenMs = 3000;
const listenersEveryMs = 200;

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

/** Variables of any system's protocol: they belong to whoever started this harness. */
const isProtocolVariable = (name: string): boolean => /^(?:PLUGIN|POLARIS)_/.test(name);

const lines = (plugin: PluginProcess, name: 'stdout' | 'stderr'): readonly string[] =>
  plugin[name]
    .lines()
    .slice(0, 40)
    .map((line) => line.bytes.toString('utf8'));

/** What the look has seen so far; asks the system for listeners now and then only, because that is dear. */
function sighter(plugin: PluginProcess, folder: string): () => Sighting {
  let listening: readonly string[] = [];
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = plugin.transcript.now();
    if (now - askedAt > listenersEveryMs) {
      askedAt = now;
      const all = listenersOf(plugin.processes().map(({ pid }) => pid));
      listening = all.filter(({ network }) => network === 'unix').map(({ address }) => address);
      // It is about to be killed, and could not remove them by itself.
      for (const address of listening) plugin.claim(address);
    }
    return {
      stdout: lines(plugin, 'stdout'),
      stderr: lines(plugin, 'stderr'),
      sockets: [...new Set([...socketsIn(folder), ...socketsIn(plugin.directory), ...listening])],
    };
  };
}

/** Every system that knows what a plugin does, in the order of the registry. */
const judge = (registry: Registry, sighting: Sighting): readonly Recognised[] =>
  registry.flatMap((entry) => {
    const found = entry.recognise(sighting);
    return found === undefined ? [] : [{ entry, ...(typeof found === 'string' ? { sign: found } : found) }];
  });

const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);

/** What a plugin did that nobody recognised. */
function describe(plugin: PluginProcess, { stdout, stderr, sockets }: Sighting): string {
  const said = stdout.find((line) => line.trim() !== '');
  const last = stderr.findLast((line) => line.trim() !== '');
  const parts = [
    ...(said === undefined ? ['it prints nothing on stdout'] : [`it prints \`${shown(said.trim())}\``]),
    ...(sockets.length === 0 ? [] : [`listens on ${sockets.join(', ')}`]),
    ...(plugin.exited ? [describeExit(plugin.exited)] : []),
    ...(said === undefined && last !== undefined ? [`its last words are \`${shown(last.trim())}\``] : []),
  ];
  return parts.join(', ');
}

interface Look {
  readonly found: readonly Recognised[];
  /** What it did, where nobody knows it. */
  readonly did: string;
}

/** A folder of one look alone, so that what appears in it is this plugin's, and the variables that lead there. */
async function invite(launcher: Launcher, hosts: Registry) {
  try {
    const folder = mkdtempSync(join(launcher.directory, 'r-'));
    return { folder, invitations: await Promise.all(hosts.map((entry) => entry.invite(folder))) };
  } catch (error) {
    launcher.refuseWhenClosed();
    throw error;
  }
}

/** @param hosts the systems whose variables the plugin is started with */
async function see(input: RecogniseInput, hosts: Registry): Promise<Look> {
  const { registry, launcher, plugin, program, limitMs } = input;
  const [first, ...rest] = plugin.command;
  if (first === undefined) throw new Error('a plugin that runs already is not looked at');
  const { folder, invitations } = await invite(launcher, hosts);
  const started = await launcher.start({
    launch: 'recognise',
    path: program.path,
    command: [first, ...rest],
    cwd: plugin.cwd,
    environment: (directory) =>
      buildEnvironment(
        process.env,
        isProtocolVariable,
        { TMPDIR: directory },
        ...invitations,
        input.environment,
        plugin.env,
      ),
  });
  const look = sighter(started, folder);
  let found: readonly Recognised[] = [];
  // A plugin that has written a line nobody knows will hardly say more: a moment, then that is that.
  const hasSpoken = () => {
    const { firstLine } = started.stdout;
    return firstLine !== undefined && started.transcript.now() - firstLine.atMs > spokenMs;
  };
  const isOver = () => (started.exited !== undefined && started.stdout.endedAtMs !== undefined) || hasSpoken();
  await eventually(
    () => {
      found = judge(registry, look());
      return found.length > 0 || isOver();
    },
    { limitMs, everyMs: 10 },
  );
  const last = look();
  if (found.length === 0) found = judge(registry, last);
  const did = found.length > 0 ? '' : describe(started, last);
  await started.end('it was only looked at');
  rmSync(folder, { recursive: true, force: true });
  return { found, did };
}

/** The system that a plugin serves for and for no other; `undefined` where it serves without it as well. */
async function soleHost(input: RecogniseInput, rivals: readonly Recognised[]): Promise<Recognised | undefined> {
  for (const rival of rivals) {
    const others = input.registry.filter((entry) => entry !== rival.entry);
    const [without] = (await see(input, others)).found;
    if (without?.refuses) return { ...rival, sign: `${rival.sign}, and serves only with the variables of such a host` };
  }
  return undefined;
}

/** Recognises a plugin's system, from what it does with all invitations, or else without any. */
export async function recognise(input: RecogniseInput): Promise<Recognised | Unrecognised> {
  const invited = await see(input, input.registry);
  const [first, ...rivals] = invited.found;
  if (first) return (first.refuses ? undefined : await soleHost(input, rivals)) ?? first;
  const [alone] = (await see(input, [])).found;
  return alone ?? { entry: undefined, did: invited.did };
}
