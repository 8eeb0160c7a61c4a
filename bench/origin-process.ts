import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { spreadsheetMediaType } from '../functions/ledger/link.ts';
import { startKnosc } from '../sandbox/knosc/start.ts';
import { seededUsers } from '../sandbox/knosc/users.ts';
import { answerQuestions } from './answer-questions.ts';
import { cpuSecondsOf, nowMs } from './clock.ts';
import { type BenchWorkbook, makeWorkbook } from './workbook.ts';

/** The origin's process: the sandbox's Knosc, but for views named `bench_{MiB}`, which are workbooks of that size. */
const questionSchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('start'), mebibytes: z.array(z.number()) }),
  z.object({ ask: z.literal('calls') }),
  z.object({ ask: z.literal('cpu seconds') }),
  z.object({ ask: z.literal('last byte') }),
]);

const workbooks = new Map<string, BenchWorkbook>();
const calls: string[] = [];
let lastByteAtMs = 0;

answerQuestions(async (asked) => {
  const question = questionSchema.parse(asked);
  if (question.ask === 'cpu seconds') return cpuSecondsOf();
  if (question.ask === 'calls') return calls;
  if (question.ask === 'last byte') return lastByteAtMs;
  for (const size of question.mebibytes) workbooks.set(`bench_${size}`, await makeWorkbook(size * 1024 * 1024));
  const { username, password } = seededUsers.full;
  const sizes = [...workbooks.values()].map(({ bytes, inflatedBytes, sheets, rows }) => ({
    bytes,
    inflatedBytes,
    sheets,
    rows,
  }));
  return { account: { base_url: await listen(), username, password }, sizes };
});

async function listen(): Promise<string> {
  const knosc = await startKnosc({ orders: 300 });
  const server = createServer((request, response) => {
    serve(knosc.url, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

async function serve(knoscUrl: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers } = request;
  calls.push(`${method} ${url}`);
  const body = await buffer(request);
  const workbook = url === '/api/export-data' ? workbooks.get(viewOf(body)) : undefined;
  if (workbook === undefined) {
    const passed = forward(`${knoscUrl}${url}`, { method, headers }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers));
    });
    passed.on('error', () => response.destroy());
    passed.end(body);
    return;
  }
  response.writeHead(200, { 'content-type': spreadsheetMediaType, 'content-length': String(workbook.bytes) });
  response.once('finish', () => {
    lastByteAtMs = nowMs();
  });
  await pipeline(Readable.from(bytesOf(workbook), { objectMode: false }), response);
}

function viewOf(body: Buffer): string {
  return z.object({ view_name: z.string() }).parse(JSON.parse(body.toString())).view_name;
}

function* bytesOf({ pieces }: BenchWorkbook): Generator<Buffer> {
  for (const { bytes, times } of pieces) for (let count = 0; count < times; count += 1) yield bytes;
}
