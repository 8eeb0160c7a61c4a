import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../aws-error.ts';
import type { StoredObject } from './objects.ts';

// What a signed request may set of the answer's headers, and the query parameter that sets it.
const overridable = {
  'response-content-type': 'content-type',
  'response-content-disposition': 'content-disposition',
  'response-cache-control': 'cache-control',
} as const;

/** Answers GetObject or HeadObject: conditions, one byte range, overridden headers, the checksum where it is asked for. */
export async function readObject(
  request: IncomingMessage,
  response: ServerResponse,
  object: StoredObject,
  query: ReadonlyMap<string, string>,
): Promise<void> {
  response.setHeader('etag', object.etag);
  response.setHeader('last-modified', new Date(object.modifiedAtMs).toUTCString());
  response.setHeader('accept-ranges', 'bytes');
  if (request.headers['if-none-match'] === object.etag) return void response.writeHead(304).end();
  if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== object.etag) {
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }
  response.setHeader('content-type', object.contentType);
  for (const [parameter, header] of Object.entries(overridable)) {
    const value = query.get(parameter);
    if (value !== undefined) response.setHeader(header, value);
  }
  const range = rangeOf(request.headers.range, object.bytes);
  if (request.headers['x-amz-checksum-mode'] === 'ENABLED' && object.crc32 !== undefined && !range) {
    response.setHeader('x-amz-checksum-crc32', object.crc32);
    response.setHeader('x-amz-checksum-type', 'FULL_OBJECT');
  }
  const { start, end } = range ?? { start: 0, end: object.bytes - 1 };
  if (range) response.setHeader('content-range', `bytes ${start}-${end}/${object.bytes}`);
  response.setHeader('content-length', end - start + 1);
  response.writeHead(range ? 206 : 200);
  if (request.method === 'HEAD' || object.bytes === 0) return void response.end();
  // A reader that goes away is its own affair.
  await pipeline(createReadStream(object.file, { start, end }), response).catch(() => undefined);
}

/** RFC 9110, 14.1.2, for one range; several, or a malformed one, are ignored as S3 does. */
function rangeOf(header: string | undefined, bytes: number): { start: number; end: number } | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (start > end) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return { start, end };
}
