import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../bin/export/client.ts';
import { fileNameIn } from '../../bin/export/file-name.ts';
import { runExportCommand } from '../../bin/export/run.ts';
import { createSigner } from '../../bin/export/signer.ts';
import { saveWorkbook } from '../../bin/save-workbook.ts';
import { createVerifySignature } from '../../sandbox/aws/signature.ts';

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'not-so-secret',
  sessionToken: 'token/of+a=session',
  arn: 'arn:aws:iam::000000000000:user/test',
  userId: 'AIDATEST',
};
const region = 'eu-central-1';
const verify = createVerifySignature({
  register: {
    own: credentials,
    find: (accessKeyId) => (accessKeyId === credentials.accessKeyId ? credentials : undefined),
    issue: () => credentials,
  },
  region,
  now: Date.now,
});

let respond: Respond;
let calls: { request: IncomingMessage; body: string }[];
const server = createServer((request, response) => {
  void text(request).then((body) => {
    calls.push({ request, body });
    return respond(request, response, body);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
const environment = { ...process.env };

beforeEach(() => {
  calls = [];
  respond = answer(200, { exports: [] });
});

afterEach(() => {
  process.env = { ...environment };
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function answer(status: number, document: unknown): Respond {
  return (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

function client(options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
  return createClient({ url, sign: undefined, signal: new AbortController().signal, pausesMs: [0, 0], ...options });
}

function failure(name: string, words: string): unknown {
  return expect.objectContaining({ name, message: expect.stringContaining(words) });
}

const queued = { export_id: 'E', view_name: 'unit_master', status: 'queued' };

describe('a signed call', () => {
  beforeEach(() => {
    process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey;
    process.env['AWS_SESSION_TOKEN'] = credentials.sessionToken;
    respond = (request, response, body) => {
      try {
        verify(request, 'execute-api', createHash('sha256').update(body).digest('hex'));
        answer(200, request.method === 'GET' ? { exports: [] } : { ...queued, created_at: '' })(
          request,
          response,
          body,
        );
      } catch (error) {
        answer(403, { message: String(error) })(request, response, body);
      }
    };
  });

  const signed = () => client({ sign: createSigner(region) });

  test.each([
    ['a create with its key', () => signed().create({ view_name: 'unit_master', filters: { Ü: 'ö' } }, 'a "key"')],
    ['a list with its cursor', () => signed().list('unit_master', 5, 'Ab-_')],
    ['a cancellation', () => signed().cancel('unit_master', 'E')],
  ])('of %s is one that AWS would take', async (_name, call) => {
    await expect(call()).resolves.toBeDefined();
  });

  test('covers the session token, the body and every header that matters', async () => {
    await signed().create({ view_name: 'unit_master' }, 'key');
    const headers = calls[0]?.request.headers;
    expect(headers?.['x-amz-security-token']).toBe(credentials.sessionToken);
    for (const name of ['host', 'idempotency-key', 'prefer', 'x-amz-date', 'x-amz-security-token']) {
      expect(headers?.authorization).toMatch(new RegExp(`SignedHeaders=[^,]*\\b${name}\\b`));
    }
    expect(headers?.authorization).toContain(`/${region}/execute-api/aws4_request`);
  });

  test('that is refused says who should be allowed, and no secret', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'another-secret';
    const refusal = signed().views();
    await expect(refusal).rejects.toThrow(failure('Unreachable', 'did not let us in (403)'));
    await expect(refusal).rejects.toThrow(/execute-api:Invoke/);
    await expect(refusal).rejects.not.toThrow(/another-secret|not-so-secret/);
  });

  test('is not made where there are no credentials', async () => {
    const none = join(tmpdir(), 'no-such-file');
    process.env = {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: none,
      AWS_SHARED_CREDENTIALS_FILE: none,
    };
    await expect(signed().views()).rejects.toThrow(failure('Unreachable', 'There are no AWS credentials to sign with'));
    expect(calls).toEqual([]);
  });
});

describe('a call', () => {
  test('is unsigned to this machine, asks not to wait, and names its key as a quoted string', async () => {
    respond = answer(202, queued);
    await client().create({ view_name: 'unit_master', index: { limit: 1 } }, 'a "b\\');
    const [{ request, body } = { request: undefined, body: '' }] = calls;
    expect(request?.headers).toMatchObject({ 'idempotency-key': '"a \\"b\\\\"', prefer: 'respond-async' });
    expect(request?.headers.authorization).toBeUndefined();
    expect([request?.url, JSON.parse(body)]).toEqual(['/exports/unit_master', { index: { limit: 1 } }]);
  });

  test('that breaks off is made again, with the same key', async () => {
    respond = (request, response, body) => {
      if (calls.length < 3) request.socket.destroy();
      else answer(202, queued)(request, response, body);
    };
    expect(await client().create({ view_name: 'unit_master' }, 'k')).toEqual(queued);
    expect(calls.map(({ request }) => request.headers['idempotency-key'])).toEqual(['"k"', '"k"', '"k"']);
  });

  test.each([429, 502, 503, 504])('that a gateway answers with %i is made again', async (status) => {
    respond = (...call) => {
      if (calls.length < 2) answer(status, { message: 'busy' })(...call);
      else answer(200, { exports: [] })(...call);
    };
    expect(await client().list('unit_master', 1, undefined)).toEqual({ exports: [] });
  });

  test('that always breaks off, or meets a busy gateway, fails after three times', async () => {
    respond = (request) => void request.socket.destroy();
    await expect(client().views()).rejects.toThrow(failure('Unreachable', `The proxy at ${url} could not be reached`));
    respond = answer(503, { message: 'Service Unavailable' });
    await expect(client().views()).rejects.toThrow(failure('Unreachable', 'did not answer (503): Service Unavailable'));
    expect(calls).toHaveLength(6);
  });

  test('about an export that failed is not made again', async () => {
    respond = answer(502, { code: 'origin-failed', title: 't', detail: 'd', export_id: 'E' });
    await expect(client().create({ view_name: 'unit_master' }, 'k')).rejects.toThrow(failure('Refused', 'd'));
    expect(calls).toHaveLength(1);
  });

  test('to where nobody listens fails at once', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const place = closed.address();
    const port = typeof place === 'object' && place ? place.port : 0;
    closed.close();
    const call = client({ url: `http://127.0.0.1:${port}`, pausesMs: [1e9] }).views();
    await expect(call).rejects.toThrow(failure('Unreachable', 'ECONNREFUSED'));
  });

  test.each([
    ['a web page', 200, '<html>'],
    ['another JSON', 200, {}],
    ['a redirect', 302, {}],
    ['a 404 of something else', 404, { message: 'Not Found' }],
  ])('that is answered by %s is told as no proxy of ours', async (_name, status, document) => {
    respond = answer(status, document);
    await expect(client().views()).rejects.toThrow(
      failure('Unreachable', 'does not answer as a Knosc Export Proxy does'),
    );
  });

  test('that is led elsewhere is not followed: its signature was for here', async () => {
    respond = (_request, response) => void response.writeHead(307, { location: '/elsewhere' }).end();
    await expect(client().views()).rejects.toThrow(failure('Unreachable', 'status 307'));
    expect(calls.map(({ request }) => request.url)).toEqual(['/views']);
  });

  test('that is not let in unsigned says how to sign', async () => {
    respond = answer(403, { message: 'Forbidden' });
    await expect(client().views()).rejects.toThrow(failure('Unreachable', 'give --region to sign it'));
  });
});

describe('the download of a workbook', () => {
  test('leaves nothing behind, and what was there before, where the sha256 is another one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'knosc-download-'));
    const out = join(folder, 'po.xlsx');
    const ready = { link: { url }, workbook: { sha256: 'of something else' } };
    await expect(saveWorkbook(ready, out)).rejects.toThrow(/could not be saved to .*po\.xlsx: .*sha256/);
    expect(await readdir(folder)).toEqual([]);
    await writeFile(out, 'before');
    await expect(saveWorkbook(ready, out)).rejects.toThrow(/sha256/);
    expect(await readdir(folder)).toEqual(['po.xlsx']);
    await rm(folder, { recursive: true });
  });

  test('leaves nothing behind where it is cut or stopped', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'knosc-download-'));
    const ready = { link: { url }, workbook: { sha256: '' } };
    respond = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setImmediate(() => response.destroy());
    };
    await expect(saveWorkbook(ready, join(folder, 'x'))).rejects.toThrow(/could not be saved/);
    respond = (_request, response) => void response.writeHead(200).write('some');
    const stopping = new AbortController();
    const watching = { signal: stopping.signal, onBytes: () => stopping.abort() };
    await expect(saveWorkbook(ready, join(folder, 'x'), watching)).rejects.toThrow(/could not be saved/);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});

describe('a proxy that is lost, or stopped from being asked', () => {
  async function run(signal = new AbortController().signal) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const said = text(stderr);
    const args = ['unit_master', '--url', url, '--key', "it's"];
    const code = await runExportCommand(args, { environment: {}, stdout, stderr, signal });
    stderr.end();
    return { code, stderr: await said };
  }

  test('while an export runs is told with how to get it later, and where', async () => {
    respond = (request, ...rest) => {
      const isCreate = request.method === 'POST';
      answer(isCreate ? 202 : 403, isCreate ? queued : { message: 'Forbidden' })(request, ...rest);
    };
    const { code, stderr } = await run();
    expect(code).toBe(3);
    expect(stderr).toContain('did not let us in (403): Forbidden');
    expect(stderr).toContain(`Get it:     knosc-export get unit_master E --url ${url}`);
  });

  test('at Ctrl-C before an export is known is told with the key that finds it', async () => {
    const stopping = new AbortController();
    respond = () => {
      stopping.abort();
    };
    const { code, stderr } = await run(stopping.signal);
    expect(code).toBe(130);
    expect(stderr).toContain("The same command with --key 'it'\\''s' finds it and starts no other.");
  });
});

test.each([
  ['PO.xlsx', 'PO.xlsx'],
  ['../../etc/PO.xlsx', 'PO.xlsx'],
  ['..\\PO.xlsx', 'PO.xlsx'],
  ['a/..', 'export.xlsx'],
  ['', 'export.xlsx'],
])('a file that the proxy names %j is saved as %j', (named, saved) => {
  expect(fileNameIn(named)).toBe(saved);
});
