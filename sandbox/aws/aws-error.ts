import * as z from 'zod';

/** A refusal in AWS's own words; each service writes it in its own protocol. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** For every call that the product does not make: better a clear word than a wrong answer. */
export function notInThisSandbox(what: string): AwsError {
  return new AwsError(
    'NotImplemented',
    `${what} is not in this sandbox, which knows only the calls that the proxy makes.`,
    501,
  );
}

/** What went wrong, as a refusal; `invalidInput` is the service's code for parameters that do not parse. */
export function asAwsError(error: unknown, invalidInput: string): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof z.ZodError) {
    const unknown = error.issues.find((issue) => issue.code === 'unrecognized_keys');
    if (unknown) return notInThisSandbox(`The parameter ${unknown.keys.join(', ')}`);
    return new AwsError(invalidInput, z.prettifyError(error));
  }
  if (error instanceof SyntaxError) return new AwsError('SerializationException', 'The body is not JSON.');
  return new AwsError('InternalFailure', error instanceof Error ? error.message : String(error), 500);
}
