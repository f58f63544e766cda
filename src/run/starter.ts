/** Starts the plugin as a launch says, opens a session on it, and closes both. */
import type { Profile } from '../config/profile.ts';
import { buildEnvironment, describeEnvironment, type EnvironmentChanges } from '../launch/environment.ts';
import type { Exit } from '../launch/exit.ts';
import type { Launcher } from '../launch/launcher.ts';
import type { ProgramFacts } from '../launch/program.ts';
import type { Evidence } from '../launch/transcript.ts';
import type { Emit } from './events.ts';
import type { CompletionContext, Launch, Session, Setup, StartBeside, Suite } from './suite.ts';

/** The program under test, as the user gave it. */
export interface PluginSpec {
  readonly name: string;
  /** The program and its arguments, never a shell string; nothing for a plugin that runs already. */
  readonly command: readonly [] | readonly [string, ...string[]];
  readonly cwd: string;
  /** Variables the user gave, on top of the inherited ones. */
  readonly env: Readonly<Record<string, string>>;
}

/** One start, for the report. */
export interface LaunchRecord {
  readonly name: string;
  readonly pid: number;
  /** Milliseconds until the plugin was ready; absent when it never was. */
  readonly startMs: number | undefined;
  readonly exit: Exit | undefined;
  readonly leaked: readonly string[];
  readonly lastWords: readonly Evidence[];
}

export interface Opened<S extends Session> {
  readonly session: S;
  /** Gives the room among the running processes to others, while this one only waits. */
  rest(): void;
  /** Ends the session as a host would, then whatever is left of the launch; once, however often it is asked to. */
  close(): Promise<void>;
}

export interface StarterParts<S extends Session, L extends Launch<S>> {
  readonly suite: Suite<S, L>;
  readonly plugin: PluginSpec;
  readonly program: ProgramFacts;
  readonly profile: Profile;
  readonly launcher: Launcher;
  readonly emit: Emit;
}

export class Starter<S extends Session, L extends Launch<S>> implements CompletionContext<S, L> {
  readonly records: LaunchRecord[] = [];
  readonly #parts: StarterParts<S, L>;
  #profile: Profile;
  #gate: S | undefined;

  constructor(parts: StarterParts<S, L>) {
    this.#parts = parts;
    this.#profile = parts.profile;
  }

  /** Replaces the profile by one that is complete. */
  setProfile(profile: Profile): void {
    this.#profile = profile;
  }

  get profile(): Profile {
    return this.#profile;
  }

  /** Makes the gate's session known to later launches. */
  setGate(session: S | undefined): void {
    this.#gate = session;
  }

  /** Starts the plugin, looks at it and ends it. */
  async look<T>(launch: L, view: (session: S) => T | Promise<T>): Promise<T> {
    const opened = await this.open(launch);
    try {
      return await view(opened.session);
    } finally {
      await opened.close();
    }
  }

  /** Starts the plugin and opens a session. @throws StartRefused when the system refuses the start */
  async open(launch: L, label = launch.name): Promise<Opened<S>> {
    const beside: Opened<S>[] = [];
    let prepared: EnvironmentChanges = {};
    const startBeside = async (changes: EnvironmentChanges): Promise<S> => {
      const environment = { ...prepared, ...changes };
      const opened = await this.#start(launch, `${label}/beside`, { setup: { environment }, startBeside });
      beside.push(opened);
      return opened.session;
    };
    const { launcher } = this.#parts;
    const profile = this.#profile;
    const setup = await launch.setup?.({ profile, directory: launcher.directory, gate: this.#gate, startBeside });
    prepared = setup?.environment ?? {};
    const undo = async (): Promise<void> => {
      for (const other of beside) await other.close();
      await setup?.dispose?.();
    };
    try {
      const opened = await this.#start(launch, label, { setup: setup ?? {}, startBeside });
      let closing: Promise<void> | undefined;
      return {
        ...opened,
        close: () => {
          closing ??= opened.close().then(undo);
          return closing;
        },
      };
    } catch (error) {
      await undo();
      throw error;
    }
  }

  async #start(
    launch: L,
    label: string,
    { setup, startBeside }: { setup: Setup; startBeside: StartBeside<S> },
  ): Promise<Opened<S>> {
    const { suite, plugin, program, launcher, emit } = this.#parts;
    const profile = this.#profile;
    const gate = this.#gate;
    let set: EnvironmentChanges = {};
    const environment = (directory: string) => {
      set = { TMPDIR: directory, ...launch.environment({ profile, directory, gate }), ...setup.environment };
      return buildEnvironment(process.env, (name) => suite.isProtocolVariable(name), plugin.env, profile.env, set);
    };
    const [first, ...rest] = plugin.command;
    const started =
      first === undefined
        ? launcher.attach(label)
        : await launcher.start({
            launch: label,
            path: program.path,
            command: [first, ...rest],
            cwd: plugin.cwd,
            ...(launch.stdin && { stdin: launch.stdin }),
            ...(launch.hasParent && { hasParent: true }),
            environment,
          });
    if (started.isAttached) environment(started.directory);
    started.transcript.add('start', describeEnvironment(set, plugin.env));
    emit({ type: 'started', launch: label, pid: started.pid });
    const context = { profile, directory: started.directory, gate, environment: set, program, startBeside };
    const session = await suite.open(started, launch, context).catch(async (error: unknown) => {
      await started.end('Plugfest failed while it opened it');
      throw error;
    });
    emit({ type: 'opened', launch: label, readyAtMs: session.readyAtMs });
    let closing: Promise<void> | undefined;
    const close = async () => {
      if (!started.exited) await suite.close(session);
      const { leaked } = await started.end();
      this.records.push({
        name: label,
        pid: started.pid,
        startMs: session.readyAtMs,
        exit: started.exited,
        leaked,
        lastWords: started.transcript.last(8, 'stderr', 'exit', 'signal', 'census'),
      });
      emit({ type: 'ended', launch: label, exit: started.exited, leaked });
    };
    return {
      session,
      rest: () => undefined,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  }
}
