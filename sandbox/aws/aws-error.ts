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
