import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';

/** A server before another one, which can hold exports back until it is told to let them go. */
export interface SlowFront {
  readonly url: string;
  /** Holds every export that comes from now on; the returned function lets them go. */
  hold(): () => void;
  close(): Promise<void>;
}

export async function startSlowFront(target: string): Promise<SlowFront> {
  let held = Promise.resolve();
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.url === '/api/export-data') await held;
    const { method, headers, url } = incoming;
    const passed = forward(`${target}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  };
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = Promise.resolve();
        resolve();
      };
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
