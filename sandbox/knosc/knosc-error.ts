import type { OutgoingHttpHeaders } from 'node:http';

/** A refusal in Knosc's form: status, and a body of `{Message, Code}`, or `{msg}` where tokens are concerned. */
export class KnoscError extends Error {
  override readonly name = 'KnoscError';
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  readonly headers: OutgoingHttpHeaders;

  constructor(status: number, body: Readonly<Record<string, string>>, headers: OutgoingHttpHeaders = {}) {
    super(body['Message'] ?? body['msg'] ?? String(status));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export function refused(status: number, Code: string, Message: string, headers: OutgoingHttpHeaders = {}): KnoscError {
  return new KnoscError(status, { Message, Code }, headers);
}

/** A request that names what the view does not have, or in the wrong way. */
export function unusable(message: string): KnoscError {
  return refused(400, 'CouldNotConstructExportData', message);
}

/** Token failures in the words of Flask-JWT-Extended, whose cookie names Knosc uses; the pages give no text for them. */
export function tokenRefused(status: 401 | 422, msg: string): KnoscError {
  return new KnoscError(status, { msg });
}
