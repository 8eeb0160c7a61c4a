/** AWS calls of one kind, as the bench saw them on the wire: what for, and on which prefix of the bucket. */
export interface MeasuredCall {
  readonly service: string;
  readonly operation: string;
  /** Of the bucket, such as `exports`; the queue's name for SQS. */
  readonly prefix: string;
}

/** What the bench counted of a small warm export. */
export interface MeasuredCalls {
  /** The api function, to begin an export; without an idempotency key, which costs a PutObject under `claims/`. */
  readonly create: readonly MeasuredCall[];
  /** The export function, from the message to the record that says `ready`. */
  readonly run: readonly MeasuredCall[];
}

const titles = {
  create: 'Api function, for the request that begins an export',
  run: 'Export function to AWS, for a message',
} as const;

/** Reads the calls out of `bench/RESULTS.md`. Throws where they are not written there as `npm run bench` writes them. */
export function parseMeasuredCalls(results: string): MeasuredCalls {
  return { create: callsUnder(titles.create, results), run: callsUnder(titles.run, results) };
}

function callsUnder(title: string, results: string): readonly MeasuredCall[] {
  const after = results.split(`\n${title}`)[1];
  if (after === undefined) throw new Error(`bench/RESULTS.md has no line that begins with "${title}"; run the bench.`);
  const [heading = '', list = ''] = after.split('\n\n');
  const told = Number(/\*\*(\d+)\*\*/.exec(heading)?.[1]);
  const calls = [...list.matchAll(/^\d+\. `(\w+) (\w+) (\S+)`$/gm)].map(
    ([, service = '', operation = '', target = '']) => ({
      service,
      operation,
      prefix: service === 's3' ? (target.split('/')[1] ?? '') : target,
    }),
  );
  if (calls.length > 0 && calls.length === told) return calls;
  throw new Error(
    `bench/RESULTS.md tells ${told} calls under "${title}" and lists ${calls.length}; run the bench again.`,
  );
}

/** How many of the calls are of this kind. */
export function countOf(calls: readonly MeasuredCall[], like: Partial<MeasuredCall>): number {
  return calls.filter(
    ({ service, operation, prefix }) =>
      (like.service ?? service) === service &&
      (like.operation ?? operation) === operation &&
      (like.prefix ?? prefix) === prefix,
  ).length;
}
