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

export function isFailureCode(text: unknown): text is FailureCode {
  return typeof text === 'string' && Object.hasOwn(failureTitles, text);
}

/** One fault of a bad request: where (`filters`, `header accept`), and what is wrong there. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** What Knosc said, cut to size and checked for shape; nothing in it is trusted. */
export interface OriginAnswer {
  readonly status: number;
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
}

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
