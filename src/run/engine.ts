/**
 * Runs a plan: the gate first, then every other launch in parallel, then the probes that look at what all of them
 * showed. A plugin that cannot live beside a second copy of itself is run one launch at a time.
 */
import { StartRefused } from '../launch/launcher.ts';
import type { LaunchPlan, Plan } from '../plan/plan.ts';
import { type Executed, execute } from './execute.ts';
import { endedBefore, LaunchRun, unseen } from './launch-run.ts';
import { Opener, Stopped } from './opener.ts';
import { blocked, errored, type Outcome, skipped } from './outcome.ts';
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

interface Fallen<S extends Session> {
  readonly launch: string;
  readonly probe: Probe<S>;
  readonly executed: Executed;
}

interface Pair<S extends Session, L extends Launch<S>> {
  readonly plan: LaunchPlan<S, L>;
  readonly second: Opened<S>;
  /** The two cannot live side by side. */
  readonly isDisturbing: boolean;
}

export class Engine<S extends Session, L extends Launch<S>> {
  readonly suite: Suite<S, L>;
  readonly state: RunState<S, L>;
  readonly plan: Plan<S, L>;
  /** Launches whose plugin dies without anybody touching it. */
  readonly idleLaunches = new Set<string>();
  /** Probes that had a process of their own, which ended under them. */
  readonly fallen: Fallen<S>[] = [];
  readonly #starter: Starter<S, L>;
  readonly #pool: Pool;
  readonly #opener: Opener<S, L>;
  #oneAtATime = false;

  constructor(parts: EngineParts<S, L>) {
    this.suite = parts.suite;
    this.state = parts.state;
    this.plan = parts.plan;
    this.#starter = parts.starter;
    this.#pool = parts.pool;
    this.#opener = new Opener(parts);
  }

  /** Runs the whole plan; the outcomes are in the state afterwards. Returns what was seen of the plugin at large. */
  async run(): Promise<Observed | undefined> {
    for (const [id, reason] of this.plan.skipped) this.state.recordOutcome(id, skipped(reason), []);
    this.#starter.setGate(undefined);
    let gate: Opened<S> | undefined;
    try {
      gate = await this.open(this.plan.gate.launch);
      await this.#runBehind(gate);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    return gate && this.suite.observe(gate.session);
  }

  async #runBehind(gate: Opened<S>): Promise<void> {
    this.#starter.setGate(gate.session);
    if (gate.session.broken?.stage === 'start') {
      await this.#explain(gate.session);
      this.#blockOthers(gate.session);
      await new LaunchRun(this, this.plan.gate).runShared(gate);
    } else await this.#runBoth(gate);
    this.#acquit();
    await this.#look();
    await this.#confirmDoubtful();
  }

  /** Whether a second copy of the plugin would disturb the first. */
  get oneAtATime(): boolean {
    return this.#oneAtATime;
  }

  /** Starts a launch, as soon as there is room for one more. */
  open(launch: L, label = launch.name): Promise<Opened<S>> {
    return this.#opener.open(launch, label);
  }

  /** The gate's own probes run beside the other launches, once it is known that two copies can live side by side. */
  async #runBoth(gate: Opened<S>): Promise<void> {
    const { launch, shared, ending } = this.plan.gate;
    const runGate = (opened: Opened<S>, others?: Promise<unknown>): Promise<void> =>
      this.#guard(launch, [...shared, ...ending], () => new LaunchRun(this, this.plan.gate).runShared(opened, others));
    const pair = await this.#judgePair(gate);
    const tasks = this.#tasks(gate.session, pair);
    if (!pair?.isDisturbing) {
      // The gate waits for all others before its end: so it is watched for as long as the run takes, at no cost.
      const others = Promise.all(tasks.map((task) => task()));
      await Promise.all([runGate(gate, others), others]);
      return;
    }
    this.#oneAtATime = true;
    await pair.second.close();
    await gate.close();
    const fresh = await this.open(launch);
    this.#starter.setGate(fresh.session);
    await runGate(fresh);
    for (const task of tasks) await task();
  }

  /** Starts a second copy beside the gate and judges whether the two can live side by side. */
  async #judgePair(gate: Opened<S>): Promise<Pair<S, L> | undefined> {
    const { pairing } = this.suite;
    const plan = pairing && this.plan.others.find(({ launch }) => launch.name === pairing.launch);
    if (!plan) return undefined;
    const { launch } = plan;
    const second = await this.#opener.start(launch, launch.name);
    const verdict = pairing.judge(gate.session, second.session);
    if (pairing.requirement !== undefined && this.plan.selected.has(pairing.requirement))
      this.state.recordOutcome(pairing.requirement, verdict, [this.plan.gate.launch.name, launch.name]);
    const isDisturbing = verdict.outcome === 'failed';
    if (!isDisturbing) this.#opener.admit(launch, launch.name, second);
    return { plan, second, isDisturbing };
  }

  /** What is left to do beside the gate; the pair was started already, unless it must be started alone. */
  #tasks(gate: S, pair: Pair<S, L> | undefined): readonly Task[] {
    // Chains of probes come before probes with a process of their own: begun last, one would outlast all else.
    const tasks: Task[] = [];
    const alone: Task[] = [];
    for (const plan of [this.plan.gate, ...this.plan.others]) {
      const reason = plan === this.plan.gate ? undefined : plan.launch.unfit?.(gate, this.#starter.profile);
      if (reason !== undefined) {
        for (const probe of [...plan.shared, ...plan.isolated, ...plan.ending])
          this.state.recordAll(probe, skipped(reason));
        this.state.unstarted.set(plan.launch.name, skipped(reason));
        if (plan === pair?.plan) tasks.push(() => pair.second.close());
        continue;
      }
      const open = plan === pair?.plan && !pair.isDisturbing ? pair.second : undefined;
      const shared = [...plan.shared, ...plan.ending];
      if (plan !== this.plan.gate)
        tasks.push(() => this.#guard(plan.launch, shared, () => this.#runLaunch(plan, open)));
      for (const probe of plan.isolated)
        alone.push(() => this.#guard(plan.launch, [probe], () => new LaunchRun(this, plan).runIsolated(probe)));
    }
    return [...tasks, ...alone];
  }

  /** What goes wrong with one launch on our side is no reason to lose the others: its probes are errored. */
  async #guard(launch: L, probes: readonly Probe<S>[], task: Task): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (this.state.stopped) return;
      if (error instanceof StartRefused) throw error;
      const outcome = errored(error);
      for (const probe of probes) if (!this.state.results.has(probe.id)) this.state.recordAll(probe, outcome);
      if (this.state.sessions(launch.name).length === 0) this.state.unstarted.set(launch.name, outcome);
    }
  }

  async #runLaunch(plan: LaunchPlan<S, L>, open: Opened<S> | undefined): Promise<void> {
    await new LaunchRun(this, plan).runShared(open ?? (await this.open(plan.launch)));
  }

  /** A plugin that dies by itself was not killed by whichever probe it died in. */
  #acquit(): void {
    const { idleRequirement, crashRequirement } = this.suite;
    const { results } = this.state;
    const idle = results.get(idleRequirement)?.outcome;
    const isKnown = idle?.outcome === 'failed' && idle.cause?.class === 'exits-when-idle';
    const acquitted = this.fallen.filter(
      ({ launch, executed }) => !executed.outcomes.has(idleRequirement) && (isKnown || this.idleLaunches.has(launch)),
    );
    for (const { launch, probe, executed } of acquitted) {
      for (const id of executed.outcomes.keys()) results.drop(id, ({ outcome }) => outcome === 'failed');
      this.state.record(probe, unseen(probe, { ...executed, cutShort: true }, idleRequirement), [launch]);
    }
    const blamed = acquitted.length > 0 && crashRequirement !== undefined && results.has(crashRequirement);
    if (!blamed) return;
    results.drop(crashRequirement, ({ outcome }) => outcome === 'failed');
    if (!results.has(crashRequirement)) this.state.recordOutcome(crashRequirement, endedBefore(idleRequirement), []);
  }

  /** A second look may tell more of a start that failed than the start itself. */
  async #explain(gate: S): Promise<void> {
    if (!gate.broken || this.state.stopped) return;
    const blamed = gate.broken.by;
    const explanation = await this.suite.explain?.(this.#starter, gate);
    if (!explanation) return;
    this.state.results.drop(blamed);
    const { breaks, ...cause } = explanation;
    const { by, outcome } = gate.broken;
    for (const id of breaks === undefined ? [by] : [by, breaks])
      this.state.recordOutcome(id, { ...outcome, cause }, [this.plan.gate.launch.name]);
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
      else if ('every' in probe.needs) await this.#lookAtEach(probe, probe.needs.every);
      if (!this.state.doubtful.has(probe)) this.state.announce(probe.id);
    }
  }

  async #lookAtEach(probe: Probe<S>, names: true | readonly string[]): Promise<void> {
    for (const { name, judged } of this.suite.launches) {
      if (names === true ? !judged : !names.includes(name)) continue;
      const unstarted = names === true ? undefined : this.state.unstarted.get(name);
      if (unstarted) this.state.recordAll(probe, unstarted, [name]);
      for (const session of this.state.sessions(name))
        this.state.record(probe, await execute(probe, [session]), [name]);
    }
  }

  async #lookAt(probe: Probe<S>, names: readonly string[]): Promise<void> {
    const unstarted = names.map((name) => this.state.unstarted.get(name)).find((outcome) => outcome !== undefined);
    if (unstarted) {
      this.state.recordAll(probe, unstarted);
      return;
    }
    const [first, ...rest] = names.flatMap((name) => this.state.shared(name) ?? []);
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
      // A plugin that does not even start any more has not shown that it can be quick.
      if (opened.some(({ session }) => session.broken)) return;
      const executed = await execute(probe, [first, ...rest]);
      for (const id of executed.outcomes.keys()) this.state.results.drop(id, isTiming);
      this.state.record(probe, executed, names);
    } finally {
      for (const one of opened) await one.close();
    }
  }
}

const isTiming = (outcome: Outcome): boolean => outcome.outcome === 'failed' && outcome.timing === true;
