import { type Activity, createBar, createLines, noProgress } from './progress.ts';

/** A stream as far as we write to it. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Says what happens: words and progress on stderr, so that stdout has what was asked for and nothing else. */
export interface Narrator {
  /** Words that `--quiet` leaves out. */
  say(words: string): void;
  /** Words of a failure: always. */
  complain(words: string): void;
  /** What was asked for, without `--json`. */
  answer(text: string): void;
  /** What the proxy answered, with `--json`. */
  document(document: unknown): void;
  show(activity: Activity): void;
  /** Whether somebody looks on. */
  readonly isWatched: boolean;
}

interface NarratorDependencies {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly now: () => number;
  readonly json: boolean;
  readonly quiet: boolean;
}

export function createNarrator({ stdout, stderr, now, json, quiet }: NarratorDependencies): Narrator {
  const write = (text: string) => void stderr.write(text);
  const isWatched = stderr.isTTY === true && !quiet;
  const loud = isWatched ? createBar({ write, now, columns: () => stderr.columns || 80 }) : createLines({ write, now });
  const progress = quiet ? noProgress : loud;
  const complain = (words: string) => {
    progress.clear();
    write(`${words}\n`);
  };
  const print = (text: string) => {
    progress.clear();
    stdout.write(`${text}\n`);
  };
  return {
    isWatched,
    complain,
    say: (words) => {
      if (!quiet) complain(words);
    },
    answer: (text) => {
      if (!json) print(text);
    },
    document: (document) => {
      if (json) print(JSON.stringify(document));
    },
    show: (activity) => {
      progress.show(activity);
    },
  };
}
