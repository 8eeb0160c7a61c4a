import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, asAwsError, notInThisSandbox } from '../aws-error.ts';
import type { CallLog } from '../call-log.ts';
import type { Authorizer } from '../iam/authorizer.ts';
import { factsOfCall } from '../iam/call-facts.ts';
import { accessToMissing, s3Access } from '../iam/s3-access.ts';
import { decode, splitTarget } from '../query.ts';
import type { VerifySignature } from '../signature.ts';
import type { Store } from '../store.ts';
import { errorXml } from '../xml.ts';
import { openBodyFiles } from './body-files.ts';
import { createMultipartOperations } from './multipart-operations.ts';
import { requireKnownHeaders } from './object-headers.ts';
import { createObjectOperations } from './object-operations.ts';
import { createObjects } from './objects.ts';
import { operationOf, type S3Operation } from './operation.ts';
import type { S3Call } from './s3-call.ts';

interface S3Dependencies {
  readonly store: Store;
  readonly now: () => number;
  readonly region: string;
  readonly verifySignature: VerifySignature;
  readonly authorizer: Authorizer;
  readonly log: CallLog;
}

const reading: ReadonlySet<S3Operation> = new Set(['GetObject', 'HeadObject']);

/** Amazon S3, path-style. Answers a call; rejects where the answer was already on its way and could not be finished. */
export async function openS3Service(dependencies: S3Dependencies) {
  const { store, now, region, verifySignature, authorizer, log } = dependencies;
  const files = await openBodyFiles(store);
  const state = { store, objects: createObjects(store, files), files, now, region };
  const operations: Record<S3Operation, (call: S3Call) => Promise<void> | void> = {
    ...createObjectOperations(state),
    ...createMultipartOperations(state),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query: pairs } = splitTarget(request.url);
    const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decode(path)) ?? [];
    const query = new Map(pairs);
    const operation = operationOf(request.method ?? '', key, query);
    const name = operation ?? `${request.method} of ${key === '' ? 'a bucket' : 'an object'} in this form`;
    log.add({ service: 's3', operation: name, resource: key === '' ? bucket : `${bucket}/${key}` }, response);
    const caller = verifySignature(request, 's3');
    if (operation === undefined || bucket === '') throw notInThisSandbox(`S3 ${name}`);
    requireKnownHeaders(request.headers);
    const facts = factsOfCall(request, query, now());
    const accesses = s3Access(operation, { bucket, key, headers: request.headers });
    authorizer.require(caller, { operation, accesses }, facts);
    try {
      await operations[operation]({ request, response, bucket, key, query });
    } catch (error) {
      const isMissing = error instanceof AwsError && error.code === 'NoSuchKey' && reading.has(operation);
      if (isMissing)
        authorizer.require(caller, { operation: 'ListObjectsV2', accesses: [accessToMissing(bucket)] }, facts);
      throw error;
    }
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomUUID();
    response.setHeader('x-amz-request-id', requestId);
    try {
      await answer(request, response);
    } catch (error) {
      if (response.headersSent) throw error;
      const { code, message, status } = asAwsError(error, 'InvalidArgument');
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(request.method === 'HEAD' ? '' : errorXml('s3', code, message, requestId));
    } finally {
      // What is left of a body is read, or the client would wait for its upload instead of reading the refusal.
      request.resume();
    }
  };
}
