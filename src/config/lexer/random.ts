/** Repeatable random numbers for `random_seed`: the same text gives the same configuration on every machine. */

/** Whole numbers, both ends included, from a generator of 32 bits (splitmix32). */
export function seededRandom(seed: number): (min: number, max: number) => number {
  let state = seed >>> 0;
  return (min, max) => {
    state = (state + 0x9e3779b9) >>> 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    const fraction = ((bits ^ (bits >>> 15)) >>> 0) / 0x100000000;
    return min + Math.floor(fraction * (max - min + 1));
  };
}
