/**
 * Runs the probes of one launch. All shared probes use one process; after each a fence checks that the plugin still
 * lives. A plugin that dies is never replaced in silence: every probe since the start is replayed alone, each watched
 * afterwards, to name the culprit. Without this the blame falls on whichever probe came next.
 */
import { settlesWithin } from '../launch/settles-within.ts';
import type { LaunchPlan } from '../plan/plan.ts';
import { crashCause, idleCause, lastWords } from './crash.ts';
import type { Engine } from './engine.ts';
import { type Executed, execute, isFallback } from './execute.ts';
import { blocked, type Failed, failed, type Outcome } from './outcome.ts';
import type { Opened } from './starter.ts';
import type { Launch, Probe, Session } from './suite.ts';

/** After so many deaths the rest of a launch is blocked: the plugin will not get better. */
const mostDeaths = 5;

interface Replay {
  readonly executed: Executed | undefined;
  readonly death: Failed | undefined;
  /** The plugin ended in the middle of the probe, or soon after. */
  readonly hasFallen: boolean;
}

export class LaunchRun<S extends Session, L extends Launch<S>> {
  readonly #engine: Engine<S, L>;
  readonly #plan: LaunchPlan<S, L>;

  constructor(engine: Engine<S, L>, plan: LaunchPlan<S, L>) {
    this.#engine = engine;
    this.#plan = plan;
  }

  /**
   * Runs the shared and the ending probes on an open session, and closes it.
   * @param beforeEnding what must be over before the plugin is ended
   */
  async runShared(opened: Opened<S>, beforeEnding?: Promise<unknown>): Promise<void> {
    const last = { opened };
    try {
      await this.#runOn(last, beforeEnding);
    } finally {
      await last.opened.close();
    }
  }

  /** @param live the process in use, replaced by a fresh one after a death */
  async #runOn(live: { opened: Opened<S> }, beforeEnding: Promise<unknown> | undefined): Promise<void> {
    let deaths = 0;
    let since: { probe: Probe<S>; executed: Executed }[] = [];
    const queue = [...this.#plan.shared];
    for (;;) {
      const { session } = live.opened;
      const probe = queue.shift();
      let death: Failed | undefined;
      if (probe) {
        if (this.#engine.state.stopped) break;
        const executed = await execute(probe, [session]);
        since.push({ probe, executed });
        death = session.broken ? undefined : await this.#lookForDeath(session, probe.id);
      } else {
        const last = session.broken ? undefined : since.at(-1)?.probe.id;
        // Some die a little later, and some hang a little later.
        if (last !== undefined) death = (await this.#watch(session, last)) ?? (await this.#lookForDeath(session, last));
      }
      if (!death) {
        if (probe) continue;
        break;
      }
      const lived = session.transcript.now();
      await live.opened.close();
      const goesOn = await this.#explainDeath(since, death, lived);
      since = [];
      deaths += 1;
      if (!goesOn || deaths >= mostDeaths) {
        this.#block([...queue, ...this.#plan.ending], death);
        return;
      }
      if (queue.length === 0 && this.#plan.ending.length === 0) return;
      live.opened = await this.#engine.open(this.#plan.launch);
    }
    const { name } = this.#plan.launch;
    for (const { probe, executed } of since) this.#engine.state.record(probe, executed, [name]);
    const late =
      beforeEnding && !live.opened.session.broken ? await this.#waitFor(beforeEnding, live.opened) : undefined;
    if (late) {
      await live.opened.close();
      if (!(await this.#explainDeath(since, late, live.opened.session.transcript.now()))) {
        this.#block(this.#plan.ending, late);
        return;
      }
      live.opened = await this.#engine.open(this.#plan.launch);
    }
    for (const probe of this.#plan.ending) {
      if (this.#engine.state.stopped) break;
      this.#engine.state.record(probe, await execute(probe, [live.opened.session]), [name]);
    }
  }

  /** Records what a probe gave; a plugin that died of it has broken more than the probe's own requirement. */
  #record(
    probe: Probe<S>,
    executed: Executed,
    { death, stateDependent = false }: { death?: Failed | undefined; stateDependent?: boolean },
  ): void {
    const { state, suite } = this.#engine;
    const launches = [this.#plan.launch.name];
    state.record(probe, executed, launches, stateDependent);
    const { crashRequirement } = suite;
    if (death && crashRequirement !== undefined && crashRequirement !== probe.id)
      state.recordOutcome(crashRequirement, death, launches);
  }

  /** Runs one probe in a process of its own. */
  async runIsolated(probe: Probe<S>): Promise<void> {
    if (this.#engine.state.stopped) return;
    const { executed, death, hasFallen } = await this.#alone(probe);
    if (!executed) return;
    this.#record(probe, death ? withDeath(executed, probe, death) : executed, { death });
    if (hasFallen) this.#engine.fallen.push({ launch: this.#plan.launch.name, probe, executed });
  }

  async #alone(probe: Probe<S>): Promise<Replay> {
    const opened = await this.#engine.open(this.#plan.launch, `${this.#plan.launch.name}/${probe.id}`);
    try {
      const executed = await execute(probe, [opened.session]);
      const disturbs = 'isolated' in probe.needs || 'ending' in probe.needs;
      const hasEnded = opened.session.leaving || (disturbs && opened.session.plugin.exited !== undefined);
      const watched = !opened.session.broken && !hasEnded;
      let death = watched ? await this.#watch(opened.session, probe.id) : undefined;
      if (watched && !disturbs && !death) death = await this.#lookForDeath(opened.session, probe.id);
      const { plugin, leaving } = opened.session;
      const hasFallen = plugin.exited !== undefined && plugin.exited.killedBy === undefined && !leaving;
      const isBlamed = [...executed.outcomes.values()].some(({ outcome }) => outcome === 'failed');
      return { executed, death, hasFallen: hasFallen && (death !== undefined || executed.cutShort || isBlamed) };
    } finally {
      await opened.close();
    }
  }

  async #lookForDeath(session: S, after: string): Promise<Failed | undefined> {
    if (!session.plugin.exited) {
      const trouble = await this.#engine.suite.fence(session);
      if (trouble === undefined && !session.plugin.exited) return undefined;
      if (!session.plugin.exited) return hung(session, after, trouble ?? '');
    }
    return died(session, after);
  }

  /** Waits with the plugin at rest, and watches it all the while. */
  async #waitFor(others: Promise<unknown>, opened: Opened<S>): Promise<Failed | undefined> {
    const { session } = opened;
    opened.rest();
    await Promise.race([others, session.plugin.whenExited]);
    const hasDied = session.plugin.exited !== undefined && session.plugin.exited.killedBy === undefined;
    if (hasDied) await others;
    return hasDied && !this.#engine.state.stopped ? died(session, 'a while without calls') : undefined;
  }

  /** Watches a process for a while after its last probe: some deaths come late. */
  async #watch(session: S, after: string): Promise<Failed | undefined> {
    await settlesWithin(
      Promise.race([session.plugin.whenExited, this.#engine.state.whenStopped]),
      this.#engine.plan.watchMs,
    );
    return session.plugin.exited && !session.plugin.exited.killedBy ? died(session, after) : undefined;
  }

  /** Names the culprit among the probes since the start. Returns false when no probe is: the plugin dies by itself. */
  async #explainDeath(
    since: readonly { probe: Probe<S>; executed: Executed }[],
    death: Failed,
    livedMs: number,
  ): Promise<boolean> {
    const launches = [this.#plan.launch.name];
    const idle = await this.#dieIdle(livedMs);
    if (idle) {
      const { idleRequirement } = this.#engine.suite;
      this.#engine.idleLaunches.add(this.#plan.launch.name);
      this.#engine.state.recordOutcome(idleRequirement, idle, launches);
      for (const { probe, executed } of since)
        this.#engine.state.record(probe, unseen(probe, executed, idleRequirement), launches);
      return false;
    }
    const replays = await this.#replay(since.map(({ probe }) => probe));
    const hasCulprit = replays.some((replay) => replay.death);
    for (const [index, { probe, executed }] of since.entries()) {
      const replay = replays[index];
      if (replay?.death && replay.executed) {
        this.#record(probe, withDeath(replay.executed, probe, replay.death), { death: replay.death });
      } else if (!hasCulprit && index === since.length - 1) {
        const late = {
          ...death,
          reason: `${death.observed} in a shared session; it does not when the probe runs alone`,
        };
        this.#record(probe, withDeath(executed, probe, late), { death: late, stateDependent: true });
      } else {
        this.#engine.state.record(probe, executed.cutShort && replay?.executed ? replay.executed : executed, launches);
      }
    }
    return true;
  }

  /** Replays probes, each alone: side by side where the plugin can bear it. */
  async #replay(probes: readonly Probe<S>[]): Promise<readonly Replay[]> {
    if (!this.#engine.oneAtATime) return Promise.all(probes.map((probe) => this.#alone(probe)));
    const replays: Replay[] = [];
    for (const probe of probes) replays.push(await this.#alone(probe));
    return replays;
  }

  /** Starts the plugin and leaves it alone for as long as the dead one lived: does it die of itself? */
  async #dieIdle(livedMs: number): Promise<Failed | undefined> {
    const opened = await this.#engine.open(this.#plan.launch, `${this.#plan.launch.name}/idle`);
    try {
      if (opened.session.broken) return undefined;
      const ended = Promise.race([opened.session.plugin.whenExited, this.#engine.state.whenStopped]);
      await settlesWithin(ended, Math.min(livedMs, 3000) + this.#engine.plan.watchMs);
      const { exited } = opened.session.plugin;
      return exited && !exited.killedBy ? died(opened.session) : undefined;
    } finally {
      await opened.close();
    }
  }

  #block(probes: readonly Probe<S>[], death: Failed): void {
    const { idleRequirement } = this.#engine.suite;
    const reason = `the plugin keeps dying: ${death.observed}`;
    for (const probe of probes) {
      for (const id of [probe.id, ...(probe.needs.settles ?? [])])
        if (id !== idleRequirement)
          this.#engine.state.recordOutcome(id, blocked(idleRequirement, reason), [this.#plan.launch.name]);
    }
  }
}

/** @param after what the plugin died of; nothing, when it died by itself */
function died(session: Session, after?: string): Failed {
  const { exited } = session.plugin;
  if (!exited) throw new Error('a death needs an exit');
  const cause = after === undefined ? idleCause(session, exited) : crashCause(session, exited, after);
  return failed({
    expected: 'the plugin keeps running',
    observed: cause.title.replace(/^The plugin/, 'the plugin'),
    evidence: lastWords(session.transcript),
    cause,
  });
}

const hung = (session: Session, after: string, trouble: string): Failed =>
  failed({
    expected: 'the plugin still answers on a fresh connection',
    observed: `after ${after}: ${trouble}`,
    evidence: lastWords(session.transcript),
    cause: {
      class: 'crash-in-call',
      variant: 'hang-after-call',
      title: `The plugin stops answering after ${after}: ${trouble}`,
    },
  });

/** Whether an outcome was the probe's own, or is blamed on it. */
const isOwn = (id: string, outcome: Outcome, probe: { id: string }): boolean =>
  id === probe.id || outcome.outcome === 'failed' || (outcome.outcome === 'blocked' && outcome.blockedBy === probe.id);

const settleAll = (probe: { id: string }, executed: Executed, outcome: Outcome): Executed => ({
  ...executed,
  outcomes: new Map([...executed.outcomes].map(([id, own]) => [id, isOwn(id, own, probe) ? outcome : own])),
});

/** What could not be seen of a plugin that dies by itself. */
export const endedBefore = (idleRequirement: string): Outcome =>
  blocked(idleRequirement, 'the plugin ended by itself before this could be seen');

/** What a plugin that dies by itself did to a probe is no fault of the probe's requirement. */
export const unseen = (probe: { id: string }, executed: Executed, idleRequirement: string): Executed =>
  executed.cutShort ? settleAll(probe, executed, endedBefore(idleRequirement)) : executed;

/** A probe that killed the plugin failed, whatever else it saw; a failure of its own says more and stays. */
const withDeath = (executed: Executed, probe: { id: string }, death: Failed): Executed => {
  const own = executed.outcomes.get(probe.id);
  const keeps = own?.outcome === 'failed' && own.cause !== undefined && !isFallback(own.cause);
  return keeps ? executed : { ...executed, outcomes: new Map([...executed.outcomes, [probe.id, death]]) };
};
