import type { Observer } from '../../functions/ledger/observer.ts';

/** An observer that keeps what it is told. */
export interface KeptObserver extends Observer {
  /** `fact` and its fields, in order. */
  readonly told: readonly (readonly [fact: string, fields: object])[];
  readonly measured: readonly (readonly [name: string, value: number, dimensions: object])[];
  readonly defects: readonly (readonly [where: string, error: unknown])[];
}

export function keptObserver(): KeptObserver {
  const told: [string, object][] = [];
  const measured: [string, number, object][] = [];
  const defects: [string, unknown][] = [];
  return {
    told,
    measured,
    defects,
    tell: (fact, fields) => void told.push([fact, fields]),
    measure: (name, value, dimensions) => void measured.push([name, value, dimensions]),
    reportDefect: (where, error) => void defects.push([where, error]),
  };
}
