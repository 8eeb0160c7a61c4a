/** What may be found under a name: what was acknowledged last, or what was asked for since and never answered. */
export interface Possible<T> {
  names(): readonly string[];
  of(name: string): readonly T[];
  asked(name: string, value: T): void;
  is(name: string, value: T): void;
}

export function createPossible<T>(initial: T): Possible<T> {
  const values = new Map<string, readonly T[]>();
  const of = (name: string) => values.get(name) ?? [initial];
  return {
    names: () => [...values.keys()],
    of,
    asked: (name, value) => void values.set(name, [...of(name), value]),
    is: (name, value) => void values.set(name, [value]),
  };
}
