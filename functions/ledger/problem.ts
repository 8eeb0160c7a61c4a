import * as z from 'zod';
import {
  ExportFailure,
  type FailureCode,
  failureTitles,
  type Fault,
  isFailureCode,
  type OriginAnswer,
} from './failure.ts';

const faultSchema = z.object({ path: z.string(), message: z.string() }) satisfies z.ZodType<Fault>;
const originAnswerSchema = z.object({
  status: z.int(),
  Code: z.string().optional(),
  Message: z.string().optional(),
}) satisfies z.ZodType<OriginAnswer>;

/** The stored form of a failure: all of an RFC 9457 problem document that does not belong to HTTP. */
export const problemSchema = z.object({
  code: z.custom<FailureCode>(isFailureCode),
  title: z.string(),
  detail: z.string(),
  errors: z.array(faultSchema).optional(),
  origin: originAnswerSchema.optional(),
  retry_after_s: z.int().optional(),
});

export type Problem = z.infer<typeof problemSchema>;

/** The problem of anything thrown. What is not an `ExportFailure` is a defect: `internal`, and nothing inner is shown. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof ExportFailure)) {
    return {
      code: 'internal',
      title: failureTitles.internal,
      detail:
        'An unexpected error ended this. It was logged; please tell whoever runs this proxy the request_id or export_id.',
    };
  }
  const { errors, origin, retryAfterSeconds } = error.facts;
  return {
    code: error.code,
    title: failureTitles[error.code],
    detail: error.message,
    ...(errors && { errors: [...errors] }),
    ...(origin && { origin }),
    ...(retryAfterSeconds !== undefined && { retry_after_s: retryAfterSeconds }),
  };
}

/** zod's issues as faults, all at once, each with its path below `root`. */
export function faultsOf(error: z.ZodError, root = ''): Fault[] {
  return error.issues.map((issue) => ({
    path: [root, ...issue.path.map(String)].filter((part) => part !== '').join('.') || 'body',
    message: issue.message,
  }));
}
