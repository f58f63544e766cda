/** Collects what probes say, merged by requirement. */
import { gravest, type Outcome } from './outcome.ts';

/** The merged result of one requirement. */
export interface Result {
  readonly id: string;
  readonly outcome: Outcome;
  /** The launches whose sessions were looked at, in order. */
  readonly launches: readonly string[];
  readonly durationMs: number;
  /** Failed in a shared session, but passes alone. */
  readonly stateDependent: boolean;
}

export interface Contribution {
  readonly outcome: Outcome;
  readonly launches: readonly string[];
  readonly durationMs: number;
  readonly stateDependent?: boolean;
}

export class Results {
  readonly #contributions = new Map<string, Contribution[]>();

  add(id: string, contribution: Contribution): void {
    const list = this.#contributions.get(id);
    if (list) list.push(contribution);
    else this.#contributions.set(id, [contribution]);
  }

  /** Forgets what was said of a requirement, or those outcomes of it alone that `isMeant` picks. */
  drop(id: string, isMeant: (outcome: Outcome) => boolean = () => true): void {
    const left = this.#contributions.get(id)?.filter(({ outcome }) => !isMeant(outcome)) ?? [];
    if (left.length > 0) this.#contributions.set(id, left);
    else this.#contributions.delete(id);
  }

  has(id: string): boolean {
    return this.#contributions.has(id);
  }

  get(id: string): Result | undefined {
    const list = this.#contributions.get(id);
    const outcome = list && gravest(list.map((contribution) => contribution.outcome));
    if (!list || !outcome) return undefined;
    return {
      id,
      outcome,
      launches: [...new Set(list.flatMap((contribution) => contribution.launches))],
      durationMs: Math.round(list.reduce((sum, contribution) => sum + contribution.durationMs, 0)),
      stateDependent: list.some((contribution) => contribution.stateDependent === true),
    };
  }

  /** Adds what another run of the same plan said. */
  merge(other: Results): void {
    for (const [id, list] of other.#contributions) for (const contribution of list) this.add(id, contribution);
  }

  ids(): readonly string[] {
    return [...this.#contributions.keys()];
  }
}
