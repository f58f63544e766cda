/**
 * What a system brings: its requirements, its ways of starting a plugin, its host side and its probes.
 * The engine in this folder runs any suite and knows none.
 */

import type { Profile } from '../config/profile.ts';
import type { DiagnosisClass } from '../diagnose/classes.ts';
import type { EnvironmentChanges } from '../launch/environment.ts';
import type { Stdin } from '../launch/launcher.ts';
import type { PluginProcess } from '../launch/plugin-process.ts';
import type { ProgramFacts } from '../launch/program.ts';
import type { Transcript } from '../launch/transcript.ts';
import type { Cause, Failed, ProbeOutcome } from './outcome.ts';
import type { Requirements } from './requirement.ts';

/** Why a session cannot be used, and which requirement is to blame. */
export interface Broken {
  readonly by: string;
  /** What that requirement's own outcome is. */
  readonly outcome: Failed;
  /** `start`: the plugin never got ready. `connect`: it is ready, but nobody can talk to it. */
  readonly stage: 'start' | 'connect';
}

/** One live plugin started by a launch, with the host connected to it. Suites extend it. */
export interface Session {
  readonly launch: string;
  readonly plugin: PluginProcess;
  readonly transcript: Transcript;
  /** The protocol variables this start was given. */
  readonly environment: EnvironmentChanges;
  readonly broken: Broken | undefined;
  /** When the plugin was ready, in milliseconds since the launch began. */
  readonly readyAtMs: number | undefined;
  /** True once the plugin has been asked to end: its end is then no death. */
  leaving: boolean;
}

/** What a launch may know when it sets out. */
export interface LaunchContext<S extends Session> {
  readonly profile: Profile;
  /** The private directory of this start: the plugin's TMPDIR unless the launch says otherwise. */
  readonly directory: string;
  /** The session of the gate, once it is open. */
  readonly gate: S | undefined;
}

/** What a launch prepares before it starts the plugin. */
export interface Setup {
  readonly environment?: EnvironmentChanges;
  /** Undoes the preparation when the launch is over. */
  readonly dispose?: () => void | Promise<void>;
}

/** One named way of starting the plugin. */
export interface Launch<S extends Session = Session> {
  readonly name: string;
  /** One line for people: what is different about this start. */
  readonly purpose: string;
  readonly stdin?: Stdin;
  /** Start it as the child of a process that stands for the host and can be killed. */
  readonly hasParent?: true;
  /** False where the host could not accept the plugin's answer, so that handshake rules do not apply. */
  readonly judged: boolean;
  /** The protocol variables of this start. */
  environment(context: LaunchContext<S>): EnvironmentChanges;
  /** Why this launch makes no sense for this plugin, once the gate is open; the reason its probes are skipped. */
  unfit?(gate: S, profile: Profile): string | undefined;
  setup?(context: SetupContext<S>): Promise<Setup>;
}

/** Starts the plugin once more beside a launch, with changes to its environment; it is ended with the launch. */
export type StartBeside<S extends Session> = (changes: EnvironmentChanges) => Promise<S>;

export interface SetupContext<S extends Session> extends LaunchContext<S> {
  readonly startBeside: StartBeside<S>;
}

export type ProbeCode<S extends Session> = (...sessions: readonly S[]) => ProbeReturn | Promise<ProbeReturn>;

/** An outcome, or outcomes by id where the probe settles further requirements on the way. */
export type ProbeReturn = ProbeOutcome | { readonly [id: string]: ProbeOutcome };

/** Whether a probe gave one outcome, that of its own requirement. */
export const isOutcome = (value: ProbeReturn): value is ProbeOutcome => typeof value.outcome === 'string';

/** Where and how a probe runs. */
export type ProbeNeeds =
  | {
      /** The launch whose live session it gets. */
      readonly launch: string;
      /** Ends or disturbs the plugin: gets a process of its own. */
      readonly isolated?: true;
      /** Ends the session in the natural way: comes last and uses the shared process. */
      readonly ending?: true;
      /** Must wait longer than 5 s to prove anything: runs with `--soak` only. */
      readonly soak?: true;
      /** Part of `--smoke`. */
      readonly smoke?: true;
      readonly settles?: readonly string[];
    }
  /** Looks at what several launches showed, after they are over. */
  | { readonly launches: readonly string[]; readonly smoke?: true; readonly settles?: readonly string[] }
  /** Looks at every start whose launch is `judged`, or at those of the launches named, one by one. */
  | {
      readonly every: true | readonly string[];
      /** Launches without which it proves nothing: they are made for it, except with `--smoke`. */
      readonly at?: readonly string[];
      readonly smoke?: true;
      readonly settles?: readonly string[];
    };

export interface Probe<S extends Session = Session> {
  readonly id: string;
  readonly needs: ProbeNeeds;
  run(...sessions: readonly S[]): ProbeReturn | Promise<ProbeReturn>;
}

/** What a suite saw of the plugin at large, for the report. */
export interface Observed {
  readonly handshake?: string;
  /** Full names of the services that the plugin lists, or that answered. */
  readonly services: readonly string[];
}

/** What a profile adds to a suite. */
export interface Extension<S extends Session> {
  readonly requirements: Requirements;
  readonly probes: readonly Probe<S>[];
}

/** A method of the plugin, with an empty request and response as proto JSON. */
export interface DraftedCall {
  /** `package.Service/Method` */
  readonly method: string;
  readonly request: unknown;
  readonly response: unknown;
}

export interface Suite<S extends Session = Session, L extends Launch<S> = Launch<S>> {
  readonly system: string;
  readonly requirements: Requirements;
  /** What the areas are about, in the order of the requirements. */
  readonly areas: Readonly<Record<string, string>>;
  /** What a plugin of this system may offer, and the requirement that says whether it does. */
  readonly capabilities: Readonly<Record<string, string | undefined>>;
  /** The first one is the gate. */
  readonly launches: readonly [L, ...L[]];
  readonly probes: readonly Probe<S>[];
  /** The requirement a plugin breaks that cannot be started at all. */
  readonly startRequirement: string;
  /** The requirement about the time to get ready, where the system has one. */
  readonly startTimeRequirement?: string;
  /** The requirement a plugin breaks that dies without anybody touching it. */
  readonly idleRequirement: string;
  /**
   * The requirement a plugin breaks that dies of what a host did to it: a probe about something lesser must not be the
   * only one to fail for it.
   */
  readonly crashRequirement?: string;
  /**
   * Which requirements can lead to a diagnosis class, so that `--only` and `explain` know classes as well; in the
   * order in which diagnoses are told, from the root of a plugin's life to its end.
   */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  /** Diagnosis classes that only this system has, beside the common ones. */
  readonly diagnoses?: Readonly<Record<string, DiagnosisClass>>;
  /** Variables that belong to the protocol and must not leak from the harness's own environment. */
  isProtocolVariable(name: string): boolean;
  /** The host side: from a started plugin to a session. Never throws for what a plugin does. */
  open(plugin: PluginProcess, launch: L, context: OpenContext<S>): Promise<S>;
  /** Liveness after a probe, on a fresh connection. Says what is wrong, if anything. */
  fence(session: S): Promise<string | undefined>;
  /** Ends a session as the real host would, when no probe has done so. */
  close(session: S): Promise<void>;
  /** Whether two starts can live side by side; decides whether launches may run in parallel, and `requirement`. */
  readonly pairing?: {
    readonly launch: string;
    /** The requirement that says so, where the system has one. */
    readonly requirement?: string;
    judge(gate: S, second: S): ProbeOutcome;
  };
  observe(gate: S): Observed;
  /** What a new profile offers to fill in, where plugins of the system know neither `tls` nor `calls`. */
  readonly ownDraft?: OwnDraft;
  /** The calls a profile of this plugin could make, as far as the plugin describes them; for `plugfest init`. */
  draft?(gate: S): Promise<readonly DraftedCall[]>;
  /** Requirements and probes that come from the profile, such as its calls. @throws UsageError */
  extend?(profile: Profile): Promise<Extension<S>>;
  /**
   * Finds out what the profile leaves open, such as the cookie, by starting the plugin; returns the completed profile
   * and what the user should know of it.
   */
  complete?(context: CompletionContext<S, L>): Promise<Completion>;
  /**
   * Looks once more at a plugin whose gate did not get ready: a better cause, where a different start tells one. It may
   * also find that the gate's `broken` was wrong, and set it right.
   */
  explain?(context: CompletionContext<S, L>, gate: S): Promise<Explanation | undefined>;
}

/** A better cause for a start that failed. */
export interface Explanation extends Cause {
  /** A requirement that turns out to be broken as well. */
  readonly breaks?: string;
}

/** A part of a new profile to be filled in: a sentence about it, and its lines, which are written as comments. */
export interface OwnDraft {
  readonly comment: string;
  readonly lines: readonly string[];
}

export interface CompletionContext<S extends Session, L extends Launch<S>> {
  readonly profile: Profile;
  /** Starts the plugin in some way, looks at it, and ends it. */
  look<T>(launch: L, view: (session: S) => T | Promise<T>): Promise<T>;
}

export interface Completion {
  readonly profile: Profile;
  readonly notes: readonly string[];
}

export interface OpenContext<S extends Session> extends LaunchContext<S> {
  readonly environment: EnvironmentChanges;
  readonly program: ProgramFacts;
  readonly startBeside: StartBeside<S>;
}

/** Declares a probe: its requirement, where it runs, and its code. */
export function probe<S extends Session>(id: string, needs: ProbeNeeds, run: ProbeCode<S>): Probe<S> {
  return { id, needs, run };
}
