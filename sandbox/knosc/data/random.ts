/** Numbers that look random and are the same at every start (mulberry32). */
export interface Random {
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T;
  /** True once in `n` times, about. */
  once(n: number): boolean;
}

export function createRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    whole,
    pick: (choices) => at(choices, whole(0, choices.length - 1)),
    once: (n) => next() * n < 1,
  };
}

/** The element at a position that is known to exist. */
export function at<T>(list: readonly T[], position: number): T {
  const found = list[position];
  if (found === undefined) throw new RangeError(`there is no position ${position} in a list of ${list.length}`);
  return found;
}

export function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
