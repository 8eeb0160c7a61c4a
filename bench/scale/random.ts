/** How long, or how large, something is. A log-normal one is told by its median and by what 95 of 100 stay under. */
export type Distribution =
  | { readonly kind: 'log-normal'; readonly median: number; readonly p95: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'fixed'; readonly value: number };

/** Numbers that look random and are the same for the same seed, on every machine. */
export interface Random {
  /** From 0, which it never is, to 1, which it never reaches. */
  readonly uniform: () => number;
  readonly exponential: (mean: number) => number;
  readonly drawn: (from: Distribution) => number;
}

/** The 95th percentile of the standard normal distribution. */
const z95 = 1.6448536269514722;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  // Mulberry32 (Tommy Ettinger): 32 bits of state, enough for some million draws.
  function uniform(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  }

  const exponential = (mean: number) => -mean * Math.log(uniform());
  // Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

  return {
    uniform,
    exponential,
    drawn: (from) => {
      switch (from.kind) {
        case 'log-normal':
          return from.median * Math.exp(sigmaOf(from) * normal());
        case 'exponential':
          return exponential(from.mean);
        case 'fixed':
          return from.value;
      }
    },
  };
}

/** The mean of a distribution. */
export function meanOf(distribution: Distribution): number {
  switch (distribution.kind) {
    case 'log-normal':
      return distribution.median * Math.exp(sigmaOf(distribution) ** 2 / 2);
    case 'exponential':
      return distribution.mean;
    case 'fixed':
      return distribution.value;
  }
}

/** The variance of a distribution. */
export function varianceOf(distribution: Distribution): number {
  switch (distribution.kind) {
    case 'log-normal':
      return meanOf(distribution) ** 2 * (Math.exp(sigmaOf(distribution) ** 2) - 1);
    case 'exponential':
      return distribution.mean ** 2;
    case 'fixed':
      return 0;
  }
}

function sigmaOf({ median, p95 }: { readonly median: number; readonly p95: number }): number {
  return Math.log(p95 / median) / z95;
}
