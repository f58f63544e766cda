/**
 * Opens sessions, as many at once as there is room for. A start that breaks a requirement is recorded under it,
 * wherever it happens; one that was too slow while others ran is made once more, alone, before it counts.
 */
import type { Pool } from './pool.ts';
import type { RunState } from './run-state.ts';
import type { Opened, Starter } from './starter.ts';
import type { Launch, Session } from './suite.ts';

/** Nothing new shall begin: no fault, only the quickest way out. */
export class Stopped extends Error {}

export interface OpenerParts<S extends Session, L extends Launch<S>> {
  readonly starter: Starter<S, L>;
  readonly state: RunState<S, L>;
  readonly pool: Pool;
}

export class Opener<S extends Session, L extends Launch<S>> {
  readonly #starter: Starter<S, L>;
  readonly #state: RunState<S, L>;
  readonly #pool: Pool;
  /** Requirements broken by a time limit in a start that had nothing beside it. */
  readonly #confirmed = new Set<string>();

  constructor({ starter, state, pool }: OpenerParts<S, L>) {
    this.#starter = starter;
    this.#state = state;
    this.#pool = pool;
  }

  /** Starts a launch, as soon as there is room for one more. @throws StartRefused, Stopped */
  async open(launch: L, label: string): Promise<Opened<S>> {
    const wasAlone = this.#pool.watchAlone();
    const leave = await this.#pool.enter();
    const opened = await this.start(launch, label).catch((error: unknown) => {
      leave();
      throw error;
    });
    if (!this.#isDoubtful(opened.session, wasAlone())) {
      this.admit(launch, label, opened);
      return withRoom(opened, leave);
    }
    await opened.close();
    leave();
    const again = await this.#pool.enterAlone(() => this.start(launch, label));
    this.#isDoubtful(again.result.session, true);
    this.admit(launch, label, again.result);
    return withRoom(again.result, again.leave);
  }

  /** Starts a launch at once. Whoever waited for room may find that the run is over by now. @throws Stopped */
  async start(launch: L, label: string): Promise<Opened<S>> {
    if (this.#state.stopped) throw new Stopped();
    return this.#starter.open(launch, label);
  }

  /** Remembers a session for the probes that look at all of them, and what its start broke. */
  admit(launch: L, label: string, { session }: Opened<S>): void {
    if (launch.judged || label === launch.name) this.#state.remember(launch.name, session, label === launch.name);
    if (launch.judged && session.broken) this.#state.recordOutcome(session.broken.by, session.broken.outcome, [label]);
  }

  /** Whether a time limit that broke a start must be confirmed; for one requirement that is done once. */
  #isDoubtful({ broken }: S, wasAlone: boolean): boolean {
    if (!broken?.outcome.timing || this.#state.stopped) return false;
    if (wasAlone) this.#confirmed.add(broken.by);
    return !this.#confirmed.has(broken.by);
  }
}

const withRoom = <S extends Session>(opened: Opened<S>, leave: () => void): Opened<S> => ({
  session: opened.session,
  rest: leave,
  close: async () => {
    try {
      await opened.close();
    } finally {
      leave();
    }
  },
});
