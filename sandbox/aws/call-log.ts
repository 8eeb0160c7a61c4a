import type { ServerResponse } from 'node:http';

/** `operation` is the API's name (`GetObject`); `resource` is bucket/key, or the name of the queue, the secret, the role or the bus. */
export interface AwsCall {
  readonly service: 'events' | 's3' | 'secretsmanager' | 'sqs' | 'sts';
  readonly operation: string;
  readonly resource: string;
  readonly status: number;
}

interface Entry {
  readonly call: Omit<AwsCall, 'status'>;
  answer: { readonly headersSent: boolean; readonly statusCode: number };
}

/** What was called, in the order the calls came in; a call shows once its answer has begun. */
export interface CallLog {
  add(call: Omit<AwsCall, 'status'>, response: ServerResponse): void;
  calls(): readonly AwsCall[];
}

export function createCallLog(): CallLog {
  const entries: Entry[] = [];
  return {
    add: (call, response) => {
      const entry: Entry = { call, answer: response };
      entries.push(entry);
      // The status is read when asked for, so that who has an answer always finds its call; the response is not kept.
      response.once('close', () => {
        entry.answer = { headersSent: response.headersSent, statusCode: response.statusCode };
      });
    },
    calls: () =>
      entries
        .filter(({ answer }) => answer.headersSent)
        .map(({ call, answer }) => ({ ...call, status: answer.statusCode })),
  };
}
