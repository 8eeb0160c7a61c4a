/** What is going to happen, the soonest first; of two at the same moment the one that was added first. */
export interface Agenda<E> {
  add(atSeconds: number, event: E): void;
  /** Takes the next event out; `undefined` where there is none. */
  next(): { readonly atSeconds: number; readonly event: E } | undefined;
}

interface Entry<E> {
  readonly atSeconds: number;
  readonly order: number;
  readonly event: E;
}

/** A binary heap. */
export function createAgenda<E>(): Agenda<E> {
  const entries: Entry<E>[] = [];
  let added = 0;

  function swap(a: number, b: number): void {
    const [first, second] = [entries[a], entries[b]];
    if (first === undefined || second === undefined) return;
    entries[a] = second;
    entries[b] = first;
  }

  function isBefore(a: number, b: number): boolean {
    const [first, second] = [entries[a], entries[b]];
    if (first === undefined || second === undefined) return first !== undefined;
    return first.atSeconds < second.atSeconds || (first.atSeconds === second.atSeconds && first.order < second.order);
  }

  function raise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isBefore(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  }

  function sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = isBefore(left + 1, left) ? left + 1 : left;
      if (!isBefore(child, at)) return;
      swap(at, child);
      at = child;
    }
  }

  return {
    add: (atSeconds, event) => {
      entries.push({ atSeconds, order: added, event });
      added += 1;
      raise(entries.length - 1);
    },
    next: () => {
      const [first] = entries;
      const last = entries.pop();
      if (first === undefined || last === undefined) return undefined;
      if (entries.length > 0) {
        entries[0] = last;
        sink();
      }
      return first;
    },
  };
}
