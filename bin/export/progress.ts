import { barLine } from './bar-line.ts';
import { bytesWords, durationWords } from './quantity.ts';

/** What goes on, and how far it has come. */
export interface Activity {
  /** `queued`, `running`, `downloading`. */
  readonly name: string;
  readonly bytes: number;
  readonly totalBytes?: number;
}

/** An activity with its times. */
export interface Pace extends Activity {
  /** Since the first activity began. */
  readonly elapsedMs: number;
  /** Of this activity; undefined while nothing can be said. */
  readonly bytesPerSecond: number | undefined;
}

/** Shows what goes on while it goes on. */
export interface Progress {
  show(activity: Activity): void;
  /** Takes away what must not stay. */
  clear(): void;
}

interface ProgressDependencies {
  readonly write: (text: string) => void;
  readonly now: () => number;
}

const redrawMs = 100;
const linesApartMs = 10_000;

/** One line of a terminal, drawn again and again. */
export function createBar({
  write,
  now,
  columns,
}: ProgressDependencies & { readonly columns: () => number }): Progress {
  const paceOf = createPace(now);
  let activity: Activity | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    if (activity) write(`\r\u001B[K${barLine(paceOf(activity), columns())}`);
  };
  return {
    show: (shown) => {
      const isOther = activity?.name !== shown.name;
      activity = shown;
      if (isOther) draw();
      // Bytes may come thousands of times a second; the line is drawn by the clock.
      timer ??= setInterval(draw, redrawMs).unref();
    },
    clear: () => {
      clearInterval(timer);
      timer = undefined;
      if (activity) write('\r\u001B[K');
      activity = undefined;
    },
  };
}

/** A line for each activity, and one now and then while it lasts: for logs. */
export function createLines({ write, now }: ProgressDependencies): Progress {
  const paceOf = createPace(now);
  let last: { readonly name: string; readonly ms: number } | undefined;
  return {
    show: (activity) => {
      const pace = paceOf(activity);
      if (last?.name === activity.name && now() - last.ms < linesApartMs) return;
      last = { name: activity.name, ms: now() };
      write(`${paceWords(pace)}\n`);
    },
    clear: () => {},
  };
}

export const noProgress: Progress = { show: () => {}, clear: () => {} };

/** `running, 12.3 MB, 3.1 MB/s, 0:07`. */
function paceWords({ name, bytes, totalBytes, bytesPerSecond, elapsedMs }: Pace): string {
  const amount = totalBytes === undefined ? bytesWords(bytes) : `${bytesWords(bytes)} of ${bytesWords(totalBytes)}`;
  return [
    name,
    ...(bytes > 0 || totalBytes !== undefined ? [amount] : []),
    ...(bytesPerSecond === undefined ? [] : [`${bytesWords(bytesPerSecond)}/s`]),
    durationWords(elapsedMs),
  ].join(', ');
}

/** Rates count from where an activity was first seen: who comes later has not seen the bytes before. */
function createPace(now: () => number): (activity: Activity) => Pace {
  const startedMs = now();
  let first: { readonly name: string; readonly bytes: number; readonly ms: number } | undefined;
  return (activity) => {
    if (first?.name !== activity.name) first = { name: activity.name, bytes: activity.bytes, ms: now() };
    const seconds = (now() - first.ms) / 1000;
    const bytes = activity.bytes - first.bytes;
    return {
      ...activity,
      elapsedMs: now() - startedMs,
      bytesPerSecond: seconds > 0 && bytes > 0 ? Math.round(bytes / seconds) : undefined,
    };
  };
}
