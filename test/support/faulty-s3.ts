import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { operationOf, type S3Operation } from '../../sandbox/aws/s3/operation.ts';

/** What becomes of a call instead of being passed on. */
export type Fault = (call: FaultyCall) => void;

interface FaultyCall {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Passes the call on, and answers as S3 does, but for what `alter` makes of its answer. */
  readonly pass: (alter?: (answer: Answer) => Answer) => void;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A server before S3 that refuses, cuts, delays or falsifies calls of an operation when a test says so. */
export interface FaultyS3 {
  readonly endpoint: string;
  /** The operations called so far, in order. */
  readonly calls: S3Operation[];
  /** The next calls of an operation meet this fault, all of them unless `times` is given. */
  fault(operation: S3Operation, fault: Fault, times?: number): void;
  /** Forgets all faults and calls. */
  heal(): void;
  close(): Promise<void>;
}

export async function startFaultyS3(target: string): Promise<FaultyS3> {
  const calls: S3Operation[] = [];
  const faults = new Map<S3Operation, { readonly fault: Fault; times: number }>();

  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', target);
    const key = url.pathname.split('/').slice(2).join('/');
    const operation = operationOf(incoming.method ?? '', key, new Map(url.searchParams)) ?? 'GetObject';
    calls.push(operation);
    const pass: FaultyCall['pass'] = (alter) => {
      const { method, headers } = incoming;
      const passed = forward(url, { method, headers }, (answer) => {
        if (alter) void alterAnswer(answer, outgoing, alter);
        else answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers));
      });
      passed.on('error', () => outgoing.destroy());
      incoming.on('close', () => {
        if (!incoming.complete) passed.destroy();
      });
      incoming.pipe(passed);
    };
    const planned = faults.get(operation);
    if (planned === undefined || planned.times === 0) return pass();
    planned.times -= 1;
    planned.fault({ incoming, outgoing, pass });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    fault: (operation, fault, times = Number.POSITIVE_INFINITY) => void faults.set(operation, { fault, times }),
    heal: () => {
      faults.clear();
      calls.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function alterAnswer(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  alter: (given: Answer) => Answer,
): Promise<void> {
  const body = await text(answer);
  const altered = alter({ status: answer.statusCode ?? 500, headers: answer.headers, body });
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = altered.headers;
  outgoing.writeHead(altered.status, headers).end(altered.body);
}

/** Reads the call to its end and refuses it in S3's words. */
export function refuse(status: number, code: string): Fault {
  return ({ incoming, outgoing }) => {
    incoming.resume().on('end', () => {
      outgoing.writeHead(status, { 'content-type': 'application/xml' });
      outgoing.end(errorXml(code));
    });
  };
}

/** Cuts the connection in the middle of the call's body. */
export const cutBody: Fault = ({ incoming, outgoing }) => {
  incoming.once('data', () => outgoing.destroy());
};

/** Passes the call on, and cuts the connection instead of answering. */
export const loseAnswer: Fault = ({ outgoing, pass }) => {
  pass((answer) => {
    outgoing.destroy();
    return answer;
  });
};

/** Reads the call and never answers. */
export const hang: Fault = ({ incoming }) => void incoming.resume();

/** An answer of 200 whose body is an error, as S3 gives it when it fails after it has begun to answer. */
export function answerError(code: string): Fault {
  return ({ incoming, outgoing }) => {
    incoming
      .resume()
      .on('end', () => outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(errorXml(code)));
  };
}

function errorXml(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>so a test wants it</Message></Error>`;
}
