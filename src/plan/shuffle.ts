/** Order by seed: the same seed gives the same order everywhere. */

/** Mulberry32: small, fast and good enough to shuffle a list. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A shuffled copy (Fisher-Yates). */
export function shuffle<T>(list: readonly T[], seed: number): T[] {
  const random = generator(seed);
  const copy = [...list];
  for (let n = copy.length - 1; n > 0; n -= 1) {
    const other = Math.floor(random() * (n + 1));
    const [a, b] = [copy[n], copy[other]];
    if (a !== undefined && b !== undefined) [copy[n], copy[other]] = [b, a];
  }
  return copy;
}
