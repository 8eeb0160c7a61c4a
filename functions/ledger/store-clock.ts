import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';

const answerSchema = z.object({ response: z.object({ headers: z.object({ date: z.string() }) }) });

/**
 * S3's clock in milliseconds, right to a second: the one clock that all who share the bucket have in common, so that leases
 * are judged by it. Told by the `Date` of every answer of this client, and by many together better than by one; before the
 * first answer it is this machine's own.
 */
export function createStoreClock(s3: S3Client, localNow: () => number): () => number {
  // How far S3's clock is ahead of ours, at least and at most.
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;

  function learn(dateMs: number, sentMs: number, receivedMs: number): void {
    // `Date` is cut to whole seconds, and was written somewhere between sending and answer.
    const bounds = { least: dateMs - receivedMs, most: dateMs + 1000 - sentMs };
    least = Math.max(least, bounds.least);
    most = Math.min(most, bounds.most);
    // Answers that contradict each other: one of the clocks was set.
    if (least > most) ({ least, most } = bounds);
  }

  s3.middlewareStack.add(
    (next) => async (call) => {
      const sentMs = localNow();
      const output = await next(call);
      const answer = answerSchema.safeParse(output);
      const dateMs = answer.success ? Date.parse(answer.data.response.headers.date) : Number.NaN;
      if (!Number.isNaN(dateMs)) learn(dateMs, sentMs, localNow());
      return output;
    },
    // Innermost, so that refusals are seen too, before the SDK turns them into errors.
    { step: 'deserialize', name: 'storeClock', priority: 'low', override: true },
  );
  return () => localNow() + (Number.isFinite(least) ? Math.round((least + most) / 2) : 0);
}
