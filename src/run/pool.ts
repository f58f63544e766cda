/**
 * How many launches run at once, across every plugin of a run. Some things must be done alone: a failed time limit is
 * confirmed with nothing else running, so that the machine's load is never held against a plugin.
 */
export class Pool {
  readonly #size: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #exclusive = false;
  /** Grows whenever something begins, so that a task can tell whether it was alone from beginning to end. */
  #begun = 0;

  /** @param size how many tasks may run at once, at least 1 */
  constructor(size: number) {
    this.#size = Math.max(1, size);
  }

  /** Waits for room; the function it returns gives the room back, once. */
  async enter(): Promise<() => void> {
    await this.#take(() => !this.#exclusive && this.#busy < this.#size);
    return this.#leaver();
  }

  /** Runs a task with nothing else running beside it. */
  async alone<T>(task: () => Promise<T>): Promise<T> {
    const { result, leave } = await this.enterAlone(task);
    leave();
    return result;
  }

  /** As `alone`, but keeps the room afterwards, beside others. */
  async enterAlone<T>(task: () => Promise<T>): Promise<{ readonly result: T; readonly leave: () => void }> {
    await this.#take(() => !this.#exclusive && this.#busy === 0, true);
    const leave = this.#leaver();
    try {
      const result = await task();
      this.#exclusive = false;
      this.#wake();
      return { result, leave };
    } catch (error) {
      this.#exclusive = false;
      leave();
      throw error;
    }
  }

  /** A function that tells whether only one task has run since now, with none before it still running. */
  watchAlone(): () => boolean {
    const begun = this.#begun;
    const quiet = this.#busy === 0;
    return () => quiet && this.#begun === begun + 1;
  }

  /** Nothing may come between finding room and taking it. */
  async #take(free: () => boolean, isExclusive = false): Promise<void> {
    while (!free()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy += 1;
    this.#begun += 1;
    this.#exclusive = isExclusive;
  }

  #leaver(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#busy -= 1;
      this.#wake();
    };
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
