import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { asAwsError, notInThisSandbox } from './aws-error.ts';
import type { AwsCall, CallLog } from './call-log.ts';
import type { CredentialsRegister, KnownCredentials } from './credentials.ts';
import { busNameOf, createEventBridge, type OnEvent } from './event-bridge.ts';
import type { Access, Authorizer } from './iam/authorizer.ts';
import { factsOfCall } from './iam/call-facts.ts';
import { splitTarget } from './query.ts';
import { createSecretsManager } from './secrets-manager.ts';
import { sha256, type VerifySignature } from './signature.ts';
import { createSqs } from './sqs/sqs.ts';
import type { Store } from './store.ts';
import { createSts } from './sts.ts';
import { errorXml } from './xml.ts';

interface DocumentDependencies {
  readonly store: Store;
  readonly now: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly endpoint: string;
  readonly eventBuses: readonly string[];
  readonly onEvent: OnEvent;
  readonly register: CredentialsRegister;
  readonly verifySignature: VerifySignature;
  readonly authorizer: Authorizer;
  readonly log: CallLog;
}

interface DocumentCall {
  readonly service: Exclude<AwsCall['service'], 's3'>;
  readonly operation: string;
  readonly body: Buffer;
}

// A message of 1 MiB may grow sixfold in JSON, where every character is an escape.
const longestCallBytes = 8 * 1024 * 1024;

/** JSON services name their operation in a header; STS posts a form to the root, where S3 has nothing to post to. */
export function isDocumentCall(request: IncomingMessage): boolean {
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return request.headers['x-amz-target'] !== undefined || (request.method === 'POST' && request.url === '/' && isForm);
}

/** The services whose calls are small documents: read, verified against the body's own hash, answered. */
export function createDocumentServices(dependencies: DocumentDependencies) {
  const { verifySignature, authorizer, log, now, region, accountId } = dependencies;
  const secretsManager = createSecretsManager(dependencies);
  const eventBridge = createEventBridge(dependencies);
  const sqs = createSqs(dependencies);
  const sts = createSts(dependencies);

  /** What IAM is asked for a call; STS tells everybody who they are. */
  function accessOf(call: DocumentCall): readonly Access[] {
    const { service, operation } = call;
    const name = resourceOf(call);
    if (service === 'events') return eventAccesses(operation, call.body, { region, accountId });
    const resources = {
      secretsmanager: () => secretsManager.arnOf(name),
      sqs: () => `arn:aws:sqs:${region}:${accountId}:${name}`,
      sts: () => name,
    };
    if (operation === 'GetCallerIdentity') return [];
    return [{ action: `${service}:${operation}`, resource: resources[service]() }];
  }

  async function answer(call: DocumentCall, caller: KnownCredentials, response: ServerResponse, requestId: string) {
    const { service, operation, body } = call;
    if (service === 'sts') return sts(operation, new URLSearchParams(body.toString()), caller, requestId);
    const input: unknown = JSON.parse(body.toString() || '{}');
    if (service === 'secretsmanager') return JSON.stringify(secretsManager.run(operation, input));
    if (service === 'events') return JSON.stringify(eventBridge(operation, input));
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return JSON.stringify(await sqs(operation, input, { credentials: caller, gone: gone.signal }));
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = callOf(request, await readBody(request));
    const { service, operation, body } = call;
    const requestId = randomUUID();
    log.add({ service, operation, resource: resourceOf(call) }, response);
    response.setHeader('x-amzn-requestid', requestId);
    response.setHeader('content-type', contentTypes[service]);
    try {
      const caller = verifySignature(request, service, sha256(body));
      const query = new Map(splitTarget(request.url).query);
      authorizer.require(caller, { operation, accesses: accessOf(call) }, factsOfCall(request, query, now()));
      response.end(await answer(call, caller, response, requestId));
    } catch (error) {
      const { code, message, status } = asAwsError(error, invalidInput[service]);
      const isDenied = code === 'AccessDenied';
      response.statusCode = isDenied && service === 'secretsmanager' ? 400 : status;
      // SQS names its refusals to SDKs of its older protocol too.
      if (isDenied && service === 'sqs') response.setHeader('x-amzn-query-error', 'AccessDenied;Sender');
      if (service === 'sts') response.end(errorXml('sts', code, message, requestId));
      else response.end(JSON.stringify({ __type: `${namespaces[service]}#${jsonCodes[code] ?? code}`, message }));
    }
  };
}

/** `PutEvents` asks for each of its entries by itself; an ARN may be that of another account's bus. */
function eventAccesses(operation: string, body: Buffer, place: { region: string; accountId: string }) {
  const { data } = namedEntries.safeParse(parsedOrEmpty(body));
  return (data?.Entries ?? []).map(({ EventBusName = 'default', Source = '' }) => ({
    action: `events:${operation}`,
    resource: EventBusName.startsWith('arn:')
      ? EventBusName
      : `arn:aws:events:${place.region}:${place.accountId}:event-bus/${EventBusName}`,
    context: { 'events:source': Source },
  }));
}

const contentTypes = {
  events: 'application/x-amz-json-1.1',
  secretsmanager: 'application/x-amz-json-1.1',
  sqs: 'application/x-amz-json-1.0',
  sts: 'text/xml',
} as const;
const namespaces = {
  events: 'com.amazonaws.events',
  secretsmanager: 'com.amazonaws.secretsmanager',
  sqs: 'com.amazonaws.sqs',
} as const;
const invalidInput = {
  events: 'ValidationException',
  secretsmanager: 'InvalidParameterException',
  sqs: 'InvalidParameterValue',
  sts: 'ValidationError',
} as const;
/** The JSON services call some refusals by other names than S3. */
const jsonCodes: Record<string, string> = {
  AccessDenied: 'AccessDeniedException',
  AuthorizationHeaderMalformed: 'InvalidSignatureException',
  ExpiredToken: 'ExpiredTokenException',
  InvalidAccessKeyId: 'UnrecognizedClientException',
  InvalidToken: 'UnrecognizedClientException',
  RequestTimeTooSkewed: 'InvalidSignatureException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
};

function callOf(request: IncomingMessage, body: Buffer): DocumentCall {
  const target = request.headers['x-amz-target']?.toString();
  if (target === undefined) {
    return {
      service: 'sts',
      operation: new URLSearchParams(body.toString()).get('Action') ?? 'without an action',
      body,
    };
  }
  const [prefix, operation = ''] = target.split('.');
  if (prefix === 'AmazonSQS') return { service: 'sqs', operation, body };
  if (prefix === 'AWSEvents') return { service: 'events', operation, body };
  // Other services' JSON calls are refused under the name that they came with.
  return { service: 'secretsmanager', operation: prefix === 'secretsmanager' ? operation : target, body };
}

const namedEntries = z.object({
  Entries: z.array(z.object({ EventBusName: z.string().optional(), Source: z.string().optional() })).optional(),
});

const namedResource = z.object({
  QueueUrl: z.string().optional(),
  QueueName: z.string().optional(),
  SecretId: z.string().optional(),
  Name: z.string().optional(),
  RoleArn: z.string().optional(),
  Entries: z.array(z.object({ EventBusName: z.string().default('default') })).optional(),
});

function resourceOf({ service, body }: DocumentCall): string {
  const { success, data } = namedResource.safeParse(
    service === 'sts' ? Object.fromEntries(new URLSearchParams(body.toString())) : parsedOrEmpty(body),
  );
  if (!success) return '';
  const { QueueUrl, QueueName, SecretId, Name, RoleArn, Entries: [entry] = [] } = data;
  const url = QueueUrl?.slice(QueueUrl.lastIndexOf('/') + 1);
  return url ?? QueueName ?? SecretId ?? Name ?? RoleArn ?? (entry ? busNameOf(entry.EventBusName) : '');
}

function parsedOrEmpty(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return {};
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > longestCallBytes) throw notInThisSandbox('A call this large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
