import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { AwsError, notInThisSandbox } from './aws-error.ts';
import { createCredentialsRegister } from './credentials.ts';
import { createS3 } from './s3/s3.ts';
import { createSecretsManager } from './secrets-manager.ts';
import { sha256, verifySignature } from './signature.ts';
import { createSqs } from './sqs.ts';
import { createSts } from './sts.ts';
import { errorXml } from './xml.ts';

/** S3, Secrets Manager, SQS and STS at one endpoint on loopback, for unmodified SDK clients; only the calls that we make. */
export interface AwsSandbox {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Every call so far, in order. */
  calls(): readonly AwsCall[];
  /** Ends at once, with open long polls too, and removes what lay on disk. */
  readonly close: () => Promise<void>;
}

/** `operation` is the API's name (`GetObject`). */
export interface AwsCall {
  readonly service: 's3' | 'secretsmanager' | 'sqs' | 'sts';
  readonly operation: string;
  readonly status: number;
}

interface AwsOptions {
  readonly port?: number;
  /** Milliseconds. Signatures, expiries, visibility and the `Date` header go by it. */
  readonly now?: () => number;
}

const region = 'eu-central-1';
const accountId = '000000000000';
const longestCallBytes = 2 * 1024 * 1024;

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken. */
export async function startAws({ port = 0, now = Date.now }: AwsOptions = {}): Promise<AwsSandbox> {
  const directory = await mkdtemp(join(tmpdir(), 'knosc-sandbox-'));
  const register = createCredentialsRegister();
  const calls: AwsCall[] = [];
  const s3 = createS3({ directory, now });
  const secretsManager = createSecretsManager({ now, region, accountId });
  const sqs = createSqs({ now, accountId, endpoint: () => endpointOf(server) });
  const sts = createSts({ register, now, accountId });

  /** The services whose calls are small documents: read, verified against the body's own hash, answered. */
  async function serveCall(request: IncomingMessage, response: ServerResponse): Promise<AwsCall> {
    const body = await readCall(request);
    const [service, operation] = callOf(request, body);
    const isJson = service !== 'sts';
    const send = (status: number, text: string): AwsCall => {
      response.writeHead(status, { 'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml' }).end(text);
      return { service, operation, status };
    };
    try {
      verifySignature(request, sha256(body), register, now());
      if (service === 'sts') return send(200, sts(operation, new URLSearchParams(body.toString())));
      const input: unknown = JSON.parse(body.toString() || '{}');
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const output =
        service === 'sqs' ? await sqs.call(operation, input, gone.signal) : secretsManager(operation, input);
      return send(200, JSON.stringify(output));
    } catch (error) {
      const { code, message, status } = asAwsError(error);
      if (service === 'sts') return send(status, errorXml('sts', code, message));
      return send(status, JSON.stringify({ __type: jsonCode(code), message }));
    }
  }

  async function serveS3(request: IncomingMessage, response: ServerResponse): Promise<AwsCall> {
    const call = s3.parse(request);
    try {
      verifySignature(request, undefined, register, now());
      await call.answer(response);
    } catch (error) {
      const { code, message, status } = asAwsError(error);
      // What is left of the body is read, or the client would wait for its upload instead of reading the refusal.
      request.resume();
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(status, { 'content-type': 'application/xml' })
          .end(request.method === 'HEAD' ? '' : errorXml('s3', code, message));
    }
    return { service: 's3', operation: call.operation, status: response.statusCode };
  }

  const server = createServer((request, response) => {
    response.setHeader('date', new Date(now()).toUTCString());
    const served = isDocumentCall(request) ? serveCall(request, response) : serveS3(request, response);
    served.then(
      (call) => calls.push(call),
      () => response.destroy(),
    );
  });
  await listen(server, port);

  const { accessKeyId, secretAccessKey } = register.own;
  return {
    endpoint: endpointOf(server),
    region,
    accountId,
    credentials: { accessKeyId, secretAccessKey },
    calls: () => [...calls],
    close: async () => {
      sqs.close();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** JSON services name their operation in a header; STS posts a form to the root, where S3 has nothing to post to. */
function isDocumentCall(request: IncomingMessage): boolean {
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return request.headers['x-amz-target'] !== undefined || (request.method === 'POST' && request.url === '/' && isForm);
}

async function readCall(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > longestCallBytes)
    throw new Error('a call this large is none of ours');
  return buffer(request);
}

function callOf(request: IncomingMessage, body: Buffer): ['secretsmanager' | 'sqs' | 'sts', string] {
  const [prefix = '', operation = ''] = (request.headers['x-amz-target']?.toString() ?? '').split('.');
  if (prefix === 'secretsmanager') return ['secretsmanager', operation];
  if (prefix === 'AmazonSQS') return ['sqs', operation];
  return ['sts', new URLSearchParams(body.toString()).get('Action') ?? (prefix || 'a call without an action')];
}

/** The JSON services call some refusals by other names than S3. */
function jsonCode(code: string): string {
  const names: Record<string, string> = {
    InvalidAccessKeyId: 'UnrecognizedClientException',
    InvalidToken: 'UnrecognizedClientException',
    SignatureDoesNotMatch: 'InvalidSignatureException',
    RequestTimeTooSkewed: 'InvalidSignatureException',
    ExpiredToken: 'ExpiredTokenException',
    AccessDenied: 'AccessDeniedException',
  };
  return names[code] ?? code;
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof SyntaxError) return new AwsError('SerializationException', 'The body is not JSON.');
  if (error instanceof Error && error.name === 'ZodError') return new AwsError('ValidationException', error.message);
  return new AwsError('InternalFailure', error instanceof Error ? error.message : String(error), 500);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function endpointOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw notInThisSandbox('an endpoint without a port');
  return `http://127.0.0.1:${address.port}`;
}
