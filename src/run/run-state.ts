/** What a run has learnt so far: outcomes, sessions, and which probes must be confirmed. */
import type { Plan } from '../plan/plan.ts';
import type { Executed } from './execute.ts';
import { type Outcome, skipped } from './outcome.ts';
import { type Result, Results } from './results.ts';
import type { Launch, Probe, Session, Suite } from './suite.ts';

export interface RunStateParts<S extends Session, L extends Launch<S>> {
  readonly suite: Suite<S, L>;
  readonly plan: Plan<S, L>;
  /** Stop at the first failed MUST. */
  readonly bail: boolean;
  readonly signal: AbortSignal | undefined;
  /** Told of each requirement once its outcome is settled. */
  readonly onSettled: (result: Result) => void;
}

export class RunState<S extends Session, L extends Launch<S>> {
  readonly results = new Results();
  /** Settles when the run is told to stop. */
  readonly whenStopped: Promise<void>;
  /** Probes that failed by a time limit. */
  readonly doubtful = new Set<Probe<S>>();
  /** Launches that were not started, with what becomes of their probes. */
  readonly unstarted = new Map<string, Outcome>();
  readonly #parts: RunStateParts<S, L>;
  readonly #sessions = new Map<string, S[]>();
  readonly #shared = new Map<string, S>();
  readonly #announced = new Set<string>();
  #bailed = false;
  #stop: () => void = () => undefined;

  constructor(parts: RunStateParts<S, L>) {
    this.#parts = parts;
    this.whenStopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    if (parts.signal?.aborted) this.#stop();
    parts.signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** True once nothing new shall begin. */
  get stopped(): boolean {
    return this.#bailed || this.#parts.signal?.aborted === true;
  }

  get bailed(): boolean {
    return this.#bailed;
  }

  /** @param isShared false for a process that one probe had for itself */
  remember(launch: string, session: S, isShared: boolean): void {
    if (isShared) this.#shared.set(launch, session);
    const list = this.#sessions.get(launch);
    if (list) list.push(session);
    else this.#sessions.set(launch, [session]);
  }

  /** The session that the probes of a launch shared; after a death the last of them. */
  shared(launch: string): S | undefined {
    return this.#shared.get(launch);
  }

  sessions(launch: string): readonly S[] {
    return this.#sessions.get(launch) ?? [];
  }

  /** Records what a probe gave, as far as it was asked for. */
  record(probe: Probe<S>, executed: Executed, launches: readonly string[], stateDependent = false): void {
    for (const [id, outcome] of executed.outcomes) {
      if (!this.#parts.plan.selected.has(id)) continue;
      if (outcome.outcome === 'failed' && outcome.timing) this.doubtful.add(probe);
      this.#add(id, outcome, { launches, durationMs: executed.durationMs, stateDependent });
    }
    if ('launch' in probe.needs && !this.doubtful.has(probe)) this.announce(...executed.outcomes.keys());
  }

  /** Tells of requirements whose outcome will not change any more; each is told once. */
  announce(...ids: readonly string[]): void {
    for (const id of ids) {
      const result = this.results.get(id);
      if (!result || this.#announced.has(id)) continue;
      this.#announced.add(id);
      this.#parts.onSettled(result);
    }
  }

  /** Records an outcome that no probe gave; a root cause counts even where it was not asked for. */
  recordOutcome(id: string, outcome: Outcome, launches: readonly string[]): void {
    this.#add(id, outcome, { launches, durationMs: 0, stateDependent: false });
  }

  /** Records the same outcome for everything a probe would have settled. */
  recordAll(probe: Probe<S>, outcome: Outcome, launches: readonly string[] = []): void {
    for (const id of [probe.id, ...(probe.needs.settles ?? [])])
      if (this.#parts.plan.selected.has(id)) this.recordOutcome(id, outcome, launches);
  }

  /** Ends the run. What was planned and has no outcome was not run: that is said, never left out. */
  finish(): void {
    // A signal outlives the run where a run of many plugins shares it: it must not keep every session alive.
    this.#parts.signal?.removeEventListener('abort', this.#stop);
    const { plan } = this.#parts;
    const launches = [plan.gate, ...plan.others];
    const probes = launches.flatMap((launch) => [...launch.shared, ...launch.isolated, ...launch.ending]);
    const reason = this.#bailed ? 'not run: --bail ended the run before' : 'not run: the run was interrupted before';
    for (const probe of [...probes, ...plan.looks]) {
      const isOver = this.results.has(probe.id);
      for (const id of [probe.id, ...(probe.needs.settles ?? [])]) {
        if (this.results.has(id) || !plan.selected.has(id)) continue;
        const lack = isOver ? `${probe.id} did not settle it` : 'no launch gave its probe a session';
        const outcome: Outcome = this.stopped ? skipped(reason) : { outcome: 'errored', reason: lack };
        this.results.add(id, { outcome, launches: [], durationMs: 0 });
      }
    }
    this.announce(...this.results.ids());
  }

  #add(
    id: string,
    outcome: Outcome,
    rest: { launches: readonly string[]; durationMs: number; stateDependent: boolean },
  ): void {
    if (this.#parts.signal?.aborted) return;
    this.results.add(id, { outcome, ...rest });
    const level = this.#parts.suite.requirements.get(id)?.level ?? 'MUST';
    if (this.#parts.bail && outcome.outcome === 'failed' && !outcome.timing && level === 'MUST') {
      this.#bailed = true;
      this.#stop();
    }
  }
}
