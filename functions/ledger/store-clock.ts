import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';

const answerSchema = z.object({ response: z.object({ headers: z.object({ date: z.string() }) }) });

/**
 * S3's clock in milliseconds, right to a second: the one clock that all who share the bucket have in common, so that leases
 * are judged by it. Told by the `Date` of every answer of this client; before the first answer it is this machine's own.
 */
export function createStoreClock(s3: S3Client, localNow: () => number): () => number {
  let aheadMs = 0;
  s3.middlewareStack.add(
    (next) => async (call) => {
      const sentMs = localNow();
      const output = await next(call);
      const answer = answerSchema.safeParse(output);
      const dateMs = answer.success ? Date.parse(answer.data.response.headers.date) : Number.NaN;
      // `Date` names a second that had begun somewhere between sending and answer; its middle is the likeliest moment.
      if (!Number.isNaN(dateMs)) aheadMs = dateMs + 500 - (sentMs + localNow()) / 2;
      return output;
    },
    // Innermost, so that refusals are seen too, before the SDK turns them into errors.
    { step: 'deserialize', name: 'storeClock', priority: 'low', override: true },
  );
  return () => Math.round(localNow() + aheadMs);
}
