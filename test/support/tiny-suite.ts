/**
 * The smallest system there is: a shell script that reads words from a FIFO and answers on stdout. Real processes that
 * start in milliseconds, for what the engine must do whatever the system.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { defaultProfile } from '../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import { Launcher } from '../../src/launch/launcher.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import { inspectProgram } from '../../src/launch/program.ts';
import type { Transcript } from '../../src/launch/transcript.ts';
import { type PlanOptions, planRun } from '../../src/plan/plan.ts';
import { Engine } from '../../src/run/engine.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { Level } from '../../src/run/level.ts';
import { failed, passed } from '../../src/run/outcome.ts';
import { Blocked, ConnectionClosed, PluginExited } from '../../src/run/plugin-fact.ts';
import { Pool } from '../../src/run/pool.ts';
import type { Requirement, Requirements } from '../../src/run/requirement.ts';
import { type Result, Results } from '../../src/run/results.ts';
import { RunState } from '../../src/run/run-state.ts';
import { Starter } from '../../src/run/starter.ts';
import { type Broken, type Launch, type Probe, probe, type Session, type Suite } from '../../src/run/suite.ts';
import { eventually, whileAlive, within } from '../../src/run/within.ts';

/** What the plugin does with a word it reads; whatever is not here is answered. */
const script = `
mkfifo "$TMPDIR/in" || exit 9
exec 3<> "$TMPDIR/in"
case $FAULT in
  *no-start*) echo "cannot start" >&2; exit 3 ;;
  *silent*) exec sleep 600 ;;
  *slow-start*) [ -e "$TMPDIR/../slow" ] || { : > "$TMPDIR/../slow"; sleep 0.4; } ;;
  *alone*)
    read -r other < "$TMPDIR/../lock" && kill -0 "$other" && { echo "somebody is here already" >&2; exit 4; }
    echo $$ > "$TMPDIR/../lock" ;;
esac 2> /dev/null
trap 'exit 0' TERM
case $FAULT in *dies-idle*) (sleep 0.15; kill -KILL $$) & ;; esac
echo ready
marked=
while read -r id word <&3; do
  case $word in
    quit) echo "$id bye"; exit 0 ;;
    die) exit 7 ;;
    die-late) (sleep 0.03; kill -KILL $$) & ;;
    mark) marked=1 ;;
    die-if-marked) [ -n "$marked" ] && exit 8 ;;
    deaf) exec sleep 600 ;;
    silence) continue ;;
    slow-once) [ -e "$TMPDIR/../once" ] || { : > "$TMPDIR/../once"; word=slow; } ;;
  esac
  case $word in
    slow) (sleep 0.5; echo "$id $word") & continue ;;
  esac
  echo "$id $word"
done
`;

const startMs = 1500;
const answerMs = 250;

export class TinySession implements Session {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly transcript: Transcript;
  readonly environment: EnvironmentChanges;
  readonly broken: Broken | undefined;
  readonly readyAtMs: number | undefined;
  leaving = false;
  #asked = 0;

  constructor(launch: string, plugin: PluginProcess, environment: EnvironmentChanges, broken: Broken | undefined) {
    this.launch = launch;
    this.plugin = plugin;
    this.transcript = plugin.transcript;
    this.environment = environment;
    this.broken = broken;
    this.readyAtMs = broken ? undefined : plugin.transcript.now();
  }

  /** Says a word and waits for its answer. @throws Blocked, PluginExited, DeadlinePassed, ConnectionClosed */
  async ask(word: string, limitMs = answerMs): Promise<void> {
    if (this.broken) throw new Blocked(this.broken.by, this.broken.outcome.observed);
    this.#asked += 1;
    const id = `q${process.hrtime.bigint()}`;
    const hasAnswer = () => this.plugin.stdout.lines().some((line) => line.bytes.toString().startsWith(`${id} `));
    try {
      const pipe = openSync(`${this.plugin.directory}/in`, constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(pipe, `${id} ${word}\n`);
      closeSync(pipe);
    } catch {
      if (!this.plugin.exited) await eventually(() => this.plugin.exited !== undefined, { limitMs: 100 });
      if (!this.plugin.exited) throw new ConnectionClosed('nobody reads');
    }
    const answer = eventually(hasAnswer, { limitMs: limitMs + 1000 });
    await whileAlive(this.plugin, answer, { limitMs, what: `an answer to ${word}` });
  }

  get asked(): number {
    return this.#asked;
  }
}

export type TinyLaunch = Launch<TinySession>;
type TinySuite = Suite<TinySession, TinyLaunch>;

export const startRequirement = 'TINY-LE-001';
export const idleRequirement = 'TINY-SD-001';

function requirement(id: string, level: Level): Requirement {
  const text = `about ${id}`;
  const area = id.split('-').at(-2) ?? '';
  return {
    id,
    area,
    level,
    basis: 'enforced',
    title: text,
    text,
    why: text,
    host: [],
    fix: { any: text },
    check: text,
    source: text,
  };
}

export interface TinyParts {
  readonly probes: readonly Probe<TinySession>[];
  /** Beside the gate, which is called `plain`. */
  readonly launches?: readonly (Partial<TinyLaunch> & { readonly name: string })[];
  readonly levels?: Readonly<Record<string, Level>>;
  readonly classes?: TinySuite['classes'];
  /** Judges whether two copies can live side by side, by the launch `again`. */
  readonly pairs?: boolean;
  readonly open?: TinySuite['open'];
}

const launch = (parts: Partial<TinyLaunch> & { readonly name: string }): TinyLaunch => ({
  purpose: 'a test',
  judged: true,
  environment: () => ({}),
  ...parts,
});

async function open(
  plugin: PluginProcess,
  { name }: TinyLaunch,
  context: { environment: EnvironmentChanges },
): Promise<TinySession> {
  const isReady = () => plugin.stdout.firstLine !== undefined;
  await eventually(() => isReady() || plugin.stdout.endedAtMs !== undefined, {
    limitMs: Number(context.environment['START_MS'] ?? startMs),
  });
  // The end of stdout and the end of the process are told in either order.
  if (!isReady() && plugin.stdout.endedAtMs !== undefined)
    await eventually(() => plugin.exited !== undefined, { limitMs: 300 });
  const observed = plugin.exited ? 'it ended before it was ready' : 'nothing was said';
  const outcome = failed({ expected: 'ready', observed, timing: !plugin.exited });
  const broken: Broken = { by: startRequirement, stage: 'start', outcome };
  return new TinySession(name, plugin, context.environment, isReady() ? undefined : broken);
}

export function tinySuite({
  probes,
  launches = [],
  levels = {},
  classes = {},
  pairs = false,
  open: own,
}: TinyParts): TinySuite {
  const ids = new Set([
    startRequirement,
    idleRequirement,
    ...probes.flatMap((one) => [one.id, ...(one.needs.settles ?? [])]),
  ]);
  if (pairs) ids.add('TINY-LE-002');
  const requirements: Requirements = new Map([...ids].sort().map((id) => [id, requirement(id, levels[id] ?? 'MUST')]));
  return {
    system: 'tiny',
    requirements,
    areas: {},
    capabilities: {},
    launches: [launch({ name: 'plain' }), ...launches.map(launch)],
    probes,
    startRequirement,
    idleRequirement,
    classes,
    isProtocolVariable: () => false,
    open: own ?? open,
    fence: async (session) => {
      try {
        await session.ask('ping');
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    close: async (session) => {
      session.plugin.signal('SIGTERM');
      await eventually(() => session.plugin.exited !== undefined, { limitMs: 300 });
    },
    ...(pairs && {
      pairing: {
        launch: 'again',
        requirement: 'TINY-LE-002',
        judge: (_, second) =>
          second.broken ? failed({ expected: 'two copies', observed: second.broken.outcome.observed }) : passed(),
      },
    }),
    observe: () => ({ services: [] }),
  };
}

export interface RunOptions {
  readonly fault?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly plan?: Partial<PlanOptions>;
  readonly bail?: boolean;
  readonly repeat?: number;
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly pool?: Pool;
}

export interface TinyRun {
  /** One line for each requirement: outcome, and what stands behind it. */
  readonly told: Readonly<Record<string, string>>;
  readonly results: Results;
  /** In the order they were told of. */
  readonly settled: readonly Result[];
  readonly events: readonly RunEvent[];
  readonly starts: readonly string[];
  readonly bailed: boolean;
}

function tell({ outcome, stateDependent }: Result): string {
  const state = stateDependent ? ' (state-dependent)' : '';
  switch (outcome.outcome) {
    case 'passed':
      return `passed${state}`;
    case 'failed':
      return `failed: ${outcome.observed.replaceAll(/\d+ ms/g, 'N ms')}${state}`;
    case 'blocked':
      return `blocked by ${outcome.blockedBy}`;
    default:
      return `${outcome.outcome}: ${outcome.reason.split('\n')[0]}`;
  }
}

/** Runs a suite against the script, as a check does. */
export async function runTiny(suite: TinySuite, options: RunOptions = {}): Promise<TinyRun> {
  const { fault = '', env = {}, bail = false, repeat = 1, concurrency = 4, signal } = options;
  const launcher = new Launcher();
  const abort = () => void launcher.close();
  signal?.addEventListener('abort', abort);
  const command: readonly [string, ...string[]] = ['/bin/sh', '-c', script];
  const plugin = { name: 'tiny', command, cwd: '/', env: { FAULT: fault, ...env } };
  const program = inspectProgram('/bin/sh', { cwd: '/', path: '' });
  const events: RunEvent[] = [];
  const emit = (event: RunEvent) => void events.push(event);
  const starter = new Starter({ suite, plugin, program, profile: defaultProfile, launcher, emit });
  const plan = planRun(suite, { scope: {}, soak: false, isolate: false, ...options.plan });
  const pool = options.pool ?? new Pool(concurrency);
  const results = new Results();
  const settled: Result[] = [];
  let bailed = false;
  try {
    for (let run = 0; run < repeat && !bailed; run += 1) {
      const state = new RunState({ suite, plan, bail, signal, onSettled: (result) => void settled.push(result) });
      try {
        await new Engine({ suite, plan, starter, state, pool }).run();
      } catch (error) {
        if (!signal?.aborted) throw error;
      } finally {
        state.finish();
        results.merge(state.results);
        bailed = state.bailed;
      }
    }
  } finally {
    await launcher.close();
  }
  const told = results.ids().flatMap((id) => results.get(id) ?? []);
  return {
    told: Object.fromEntries(told.map((result) => [result.id, tell(result)]).sort()),
    results,
    settled,
    events,
    starts: events.flatMap((event) => (event.type === 'started' ? [event.launch] : [])),
    bailed,
  };
}

/** A probe that asks the plugin to end, and passes when it has. */
export const quits = (id: string, needs: Partial<Probe['needs']> & { readonly launch?: string }): Probe<TinySession> =>
  probe(id, { launch: 'plain', ...needs } as Probe['needs'], async (session) => {
    if (!session) throw new Error('no session');
    session.leaving = true;
    await session.ask('quit').catch((error: unknown) => {
      if (!(error instanceof PluginExited)) throw error;
    });
    const { code } = await within(session.plugin.whenExited, { limitMs: 2000, what: 'the end' });
    return code === 0 ? passed() : failed({ expected: 'code 0', observed: `code ${code}` });
  });

/** A probe that says one word, and passes when it is answered. */
export const says = (
  id: string,
  word: string,
  needs: Partial<Probe['needs']> & { readonly launch?: string } = {},
): Probe<TinySession> =>
  probe(id, { launch: 'plain', ...needs } as Probe['needs'], async (session) => {
    if (!session) throw new Error('no session');
    await session.ask(word);
    return passed();
  });
