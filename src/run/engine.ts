/**
 * Runs a plan: the gate first, then every other launch in parallel, then the probes that look at what all of them
 * showed. A plugin that cannot live beside a second copy of itself is run one launch at a time.
 */
import type { LaunchPlan, Plan } from '../plan/plan.ts';
import { execute } from './execute.ts';
import { LaunchRun } from './launch-run.ts';
import { blocked, type ProbeOutcome, skipped } from './outcome.ts';
import type { Pool } from './pool.ts';
import type { RunState } from './run-state.ts';
import type { Opened, Starter } from './starter.ts';
import type { Launch, Observed, Probe, Session, Suite } from './suite.ts';

export interface EngineParts<S extends Session, L extends Launch<S>> {
  readonly suite: Suite<S, L>;
  readonly plan: Plan<S, L>;
  readonly starter: Starter<S, L>;
  readonly state: RunState<S, L>;
  readonly pool: Pool;
}

type Task = () => Promise<void>;

export class Engine<S extends Session, L extends Launch<S>> {
  readonly suite: Suite<S, L>;
  readonly state: RunState<S, L>;
  readonly plan: Plan<S, L>;
  readonly #starter: Starter<S, L>;
  readonly #pool: Pool;

  constructor(parts: EngineParts<S, L>) {
    this.suite = parts.suite;
    this.state = parts.state;
    this.plan = parts.plan;
    this.#starter = parts.starter;
    this.#pool = parts.pool;
  }

  /** Runs the whole plan; the outcomes are in the state afterwards. Returns what was seen of the plugin at large. */
  async run(): Promise<Observed | undefined> {
    for (const [id, reason] of this.plan.skipped) this.state.recordOutcome(id, skipped(reason), []);
    const gate = await this.#openGate();
    this.#starter.setGate(gate.session);
    if (gate.session.broken?.stage === 'start') {
      this.#blockOthers(gate.session);
      await new LaunchRun(this, this.plan.gate).runShared(gate);
      await this.#explain(gate.session);
    } else await this.#runBoth(gate);
    await this.#look();
    await this.#confirmDoubtful();
    return this.suite.observe(gate.session);
  }

  /**
   * Starts a launch, as soon as there is room for one more, and remembers its session for the probes that look at all
   * of them. A start that breaks a requirement is recorded under it, wherever it happens.
   */
  async open(launch: L, label = launch.name): Promise<Opened<S>> {
    const leave = await this.#pool.enter();
    const opened = await this.#starter.open(launch, label).catch((error: unknown) => {
      leave();
      throw error;
    });
    this.#admit(launch, label, opened);
    return withRoom(opened, leave);
  }

  #admit(launch: L, label: string, { session }: Opened<S>): void {
    if (launch.judged || label === launch.name) this.state.remember(launch.name, session);
    if (launch.judged && session.broken) this.state.recordOutcome(session.broken.by, session.broken.outcome, [label]);
  }

  /** A gate that was too slow while other plugins ran is opened once more, alone. */
  async #openGate(): Promise<Opened<S>> {
    const { launch } = this.plan.gate;
    const wasAlone = this.#pool.watchAlone();
    const leave = await this.#pool.enter();
    let opened = await this.#starter.open(launch);
    if (opened.session.broken?.outcome.timing && !wasAlone()) {
      await opened.close();
      leave();
      opened = await this.#pool.alone(() => this.#starter.open(launch));
    }
    this.#admit(launch, launch.name, opened);
    return withRoom(opened, leave);
  }

  /** The gate's own probes run beside the other launches, once it is known that two copies can live side by side. */
  async #runBoth(gate: Opened<S>): Promise<void> {
    const gateRun = new LaunchRun(this, this.plan.gate);
    const pair = await this.#judgePair(gate);
    const tasks = this.#tasks(gate.session, pair?.launch);
    if (pair?.verdict.outcome !== 'failed') {
      // The gate waits for all others before its end: so it is watched for as long as the run takes, at no cost.
      const others = Promise.all([pair?.closing, ...tasks.map((task) => task())]);
      await Promise.all([gateRun.runShared(gate, others), others]);
      return;
    }
    await pair.closing;
    await gate.close();
    const fresh = await this.open(this.plan.gate.launch);
    this.#starter.setGate(fresh.session);
    await gateRun.runShared(fresh);
    for (const task of tasks) await task();
  }

  /** Starts a second copy beside the gate and judges whether the two can live side by side. */
  async #judgePair(gate: Opened<S>): Promise<{ launch: L; verdict: ProbeOutcome; closing: Promise<void> } | undefined> {
    const { pairing } = this.suite;
    const plan = pairing && this.plan.others.find(({ launch }) => launch.name === pairing.launch);
    if (!plan) return undefined;
    const { launch } = plan;
    const second = await this.#starter.open(launch);
    const verdict = pairing.judge(gate.session, second.session);
    if (this.plan.selected.has(pairing.requirement))
      this.state.recordOutcome(pairing.requirement, verdict, [this.plan.gate.launch.name, launch.name]);
    if (verdict.outcome !== 'failed') this.#admit(launch, launch.name, second);
    return { launch, verdict, closing: second.close() };
  }

  /** What is left to do beside the gate; the pair was started already, unless it must be started alone. */
  #tasks(gate: S, pair: L | undefined): readonly Task[] {
    const tasks: Task[] = [];
    for (const plan of [this.plan.gate, ...this.plan.others]) {
      const reason = plan === this.plan.gate ? undefined : plan.launch.unfit?.(gate, this.#starter.profile);
      if (reason !== undefined) {
        for (const probe of [...plan.shared, ...plan.isolated, ...plan.ending])
          this.state.recordAll(probe, skipped(reason));
        this.state.unstarted.set(plan.launch.name, skipped(reason));
        continue;
      }
      const isDone = plan === this.plan.gate || (plan.launch === pair && this.state.sessions(pair.name).length > 0);
      if (!isDone) tasks.push(() => this.#runLaunch(plan));
      for (const probe of plan.isolated) tasks.push(() => new LaunchRun(this, plan).runIsolated(probe));
    }
    return tasks;
  }

  async #runLaunch(plan: LaunchPlan<S, L>): Promise<void> {
    if (this.state.stopped) return;
    await new LaunchRun(this, plan).runShared(await this.open(plan.launch));
  }

  /** A second look may tell more of a start that failed than the start itself. */
  async #explain(gate: S): Promise<void> {
    if (!gate.broken || this.state.stopped) return;
    const cause = await this.suite.explain?.(this.#starter, gate);
    if (!cause) return;
    const { by, outcome } = gate.broken;
    this.state.results.drop(by);
    this.state.recordOutcome(by, { ...outcome, cause }, [this.plan.gate.launch.name]);
  }

  /** Nothing else is started when the gate's plugin never got ready: one root cause, not forty failures. */
  #blockOthers({ broken }: S): void {
    if (!broken) return;
    const outcome = blocked(broken.by, `the plugin does not start: ${broken.outcome.observed}`);
    for (const launch of [...this.plan.others, { ...this.plan.gate, shared: [], ending: [] }])
      for (const probe of [...launch.shared, ...launch.isolated, ...launch.ending])
        if (probe.id !== broken.by) this.state.recordAll(probe, outcome);
    for (const { launch } of this.plan.others) this.state.unstarted.set(launch.name, outcome);
  }

  /** Runs the probes that look at several launches, or at every start. */
  async #look(): Promise<void> {
    for (const probe of this.plan.looks) {
      if (this.state.stopped) return;
      if ('launches' in probe.needs) await this.#lookAt(probe, probe.needs.launches);
      else
        for (const launch of this.suite.launches)
          for (const session of launch.judged ? this.state.sessions(launch.name) : [])
            this.state.record(probe, await execute(probe, [session]), [launch.name]);
      if (!this.state.doubtful.has(probe)) this.state.announce(probe.id);
    }
  }

  async #lookAt(probe: Probe<S>, names: readonly string[]): Promise<void> {
    const unstarted = names.map((name) => this.state.unstarted.get(name)).find((outcome) => outcome !== undefined);
    if (unstarted) {
      this.state.recordAll(probe, unstarted);
      return;
    }
    const [first, ...rest] = names.flatMap((name) => this.state.sessions(name).at(-1) ?? []);
    if (first && rest.length === names.length - 1)
      this.state.record(probe, await execute(probe, [first, ...rest]), names);
  }

  /** A failed time limit is confirmed once more, alone, with nothing else running, before it counts. */
  async #confirmDoubtful(): Promise<void> {
    for (const probe of [...this.state.doubtful]) {
      if (this.state.stopped) return;
      await this.#pool.alone(() => this.#confirm(probe));
    }
  }

  async #confirm(probe: Probe<S>): Promise<void> {
    const names =
      'launch' in probe.needs ? [probe.needs.launch] : 'launches' in probe.needs ? probe.needs.launches : [];
    const launches = names.flatMap((name) => this.suite.launches.find((launch) => launch.name === name) ?? []);
    const opened: Opened<S>[] = [];
    try {
      for (const launch of launches) {
        const one = await this.#starter.open(launch, `${launch.name}/confirm`);
        opened.push(one);
        // What a probe of several launches looks at is over by then.
        if ('launches' in probe.needs) await one.close();
      }
      const [first, ...rest] = opened.map(({ session }) => session);
      if (!first) return;
      const executed = await execute(probe, [first, ...rest]);
      for (const id of executed.outcomes.keys()) this.state.results.drop(id);
      this.state.record(probe, executed, names);
    } finally {
      for (const one of opened) await one.close();
    }
  }
}

const withRoom = <S extends Session>(opened: Opened<S>, leave: () => void): Opened<S> => ({
  session: opened.session,
  rest: leave,
  close: async () => {
    await opened.close();
    leave();
  },
});
