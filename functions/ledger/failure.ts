import * as z from 'zod';
import type { ProofReason } from './metric-names.ts';

/** Every way an export or a call can fail: a code, and what a person reads first. HTTP statuses live in `functions/api`. */
export const failureTitles = {
  'request-invalid': 'The request is not valid',
  'view-not-exportable': 'Knosc cannot export this view',
  'data-not-assembled': 'Knosc could not assemble the data',
  'request-refused': 'Knosc refused the request',
  'signature-invalid': 'The signature is not valid',
  'view-not-privileged': 'The service account may not see this view',
  'export-not-found': 'There is no such export',
  'webhook-not-found': 'There is no such webhook',
  'route-not-found': 'There is no such route',
  'method-not-allowed': 'The method is not allowed here',
  'not-acceptable': 'No acceptable media type',
  'media-type-unsupported': 'The media type of the body is not supported',
  'body-too-large': 'The body is too large',
  'export-not-ready': 'The export is still running',
  'export-failed': 'The export has no workbook',
  'export-gone': 'The workbook is gone',
  'idempotency-mismatch': 'The idempotency key was used for another request',
  'too-many-requests': 'Too many requests',
  'webhook-secret-unusable': 'The signing secret cannot be used',
  'credentials-unusable': 'The Knosc credentials cannot be used',
  'second-factor-needed': 'Knosc asks for a second factor',
  'first-sign-in-needed': 'The Knosc account was never signed in to',
  'origin-locked': 'The Knosc account is locked',
  'origin-busy': 'Knosc is busy',
  'origin-failed': 'Knosc failed',
  'origin-timeout': 'Knosc did not answer in time',
  'workbook-unsound': 'What Knosc sent is not a sound workbook',
  'workbook-too-large': 'The workbook is too large',
  'store-failed': 'The storage refused',
  'export-abandoned': 'The export was abandoned',
  internal: 'Something is wrong in the proxy',
} as const satisfies Record<string, string>;

export type FailureCode = keyof typeof failureTitles;

function isFailureCode(text: unknown): text is FailureCode {
  return typeof text === 'string' && Object.hasOwn(failureTitles, text);
}

const faultSchema = z.object({ path: z.string(), message: z.string() });
const originAnswerSchema = z.object({
  status: z.int(),
  Code: z.string().optional(),
  Message: z.string().optional(),
});

/** The stored form of a failure: all of an RFC 9457 problem document that does not belong to HTTP. */
export const problemSchema = z.object({
  code: z.custom<FailureCode>(isFailureCode),
  title: z.string(),
  detail: z.string(),
  errors: z.array(faultSchema).optional(),
  origin: originAnswerSchema.optional(),
  retry_after_s: z.int().optional(),
});

/** One fault of a bad request: where (`filters`, `header accept`), and what is wrong there. */
export type Fault = z.infer<typeof faultSchema>;
/** What Knosc said, cut to size and checked for shape; nothing in it is trusted. */
export type OriginAnswer = z.infer<typeof originAnswerSchema>;
export type Problem = z.infer<typeof problemSchema>;

interface FailureFacts {
  readonly cause?: unknown;
  readonly errors?: readonly Fault[];
  readonly origin?: OriginAnswer;
  readonly retryAfterSeconds?: number;
  /** Where the failure is about one export but not its own; no part of the problem. */
  readonly exportId?: string;
  /** Of `workbook-unsound`, for the count of proof failures; no part of the problem. */
  readonly proofReason?: ProofReason;
  /** How the same export may be tried again without harm; absent where it may not. No part of the problem. */
  readonly repeat?: 'later' | 'with another session';
}

/** The one error that is thrown on purpose. `message` becomes the problem's `detail`, so it never holds a secret or a link. */
export class ExportFailure extends Error {
  override readonly name = 'ExportFailure';
  readonly code: FailureCode;
  readonly facts: FailureFacts;

  constructor(code: FailureCode, message: string, facts: FailureFacts = {}) {
    super(message, { cause: facts.cause });
    this.code = code;
    this.facts = facts;
  }
}

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
