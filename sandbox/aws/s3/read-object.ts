import { createReadStream } from 'node:fs';
import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../aws-error.ts';
import type { BodyFile, BodyFiles } from './body-files.ts';
import { checksumHeaders } from './checksum.ts';
import { keptHeaders } from './object-headers.ts';
import { preconditionFailed, type StoredObject, unquoted } from './objects.ts';

/** Positions of the first and the last byte. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Answers GetObject or HeadObject: conditions, one byte range, overridden headers, the checksum where it is asked for. */
export async function readObject(
  request: IncomingMessage,
  response: ServerResponse,
  object: StoredObject,
  files: BodyFiles,
  query: ReadonlyMap<string, string>,
): Promise<void> {
  const { 'if-match': match, 'if-none-match': none, 'x-amz-checksum-mode': mode } = request.headers;
  if (match !== undefined && !namesEtag(match, object.etag)) throw preconditionFailed();
  const validators = { etag: object.etag, 'last-modified': new Date(object.modifiedAtMs).toUTCString() };
  if (none !== undefined && namesEtag(none, object.etag)) return void response.writeHead(304, validators).end();

  const overrides = overridesOf(query);
  const range = rangeOf(request, object, response);
  const { start, end } = range ?? { start: 0, end: object.bytes - 1 };
  const wantsChecksum = !range && (mode ?? query.get('x-amz-checksum-mode')) === 'ENABLED';
  const release = files.hold(object.bodies);
  try {
    response.writeHead(range ? 206 : 200, {
      ...object.headers,
      ...overrides,
      ...validators,
      ...(wantsChecksum && checksumHeaders(object.checksum)),
      ...(range && { 'content-range': `bytes ${start}-${end}/${object.bytes}` }),
      'accept-ranges': 'bytes',
      'content-length': end - start + 1,
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(Readable.from(bytesOf(object.bodies, files, start, end), { objectMode: false }), response);
  } finally {
    release();
  }
}

function namesEtag(condition: string, etag: string): boolean {
  return condition === '*' || condition.split(',').some((named) => unquoted(named.trim()) === unquoted(etag));
}

/** Headers that a link's query sets; every call is signed here, so nobody else can. */
function overridesOf(query: ReadonlyMap<string, string>): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = query.get(`response-${name}`);
    if (value === undefined) continue;
    try {
      validateHeaderValue(name, value);
    } catch {
      throw new AwsError('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.');
    }
    overrides[name] = value;
  }
  return overrides;
}

/** RFC 9110, 14.1.2, for one range; several, or a malformed one, are ignored as S3 does. */
function rangeOf({ headers }: IncomingMessage, object: StoredObject, response: ServerResponse): ByteRange | undefined {
  const { bytes, etag } = object;
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from !== '' && to !== '' && Number(from) > Number(to)) return undefined;
  // Who goes on with a broken download must not get the rest of another object.
  const ifRange = headers['if-range']?.toString();
  if (ifRange !== undefined && unquoted(ifRange) !== unquoted(etag)) return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (start <= end) return { start, end };
  response.setHeader('content-range', `bytes */${bytes}`);
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
}

async function* bytesOf(
  bodies: readonly BodyFile[],
  files: BodyFiles,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const body of bodies) {
    const first = Math.max(start - offset, 0);
    const last = Math.min(end - offset, body.bytes - 1);
    offset += body.bytes;
    if (first <= last) yield* createReadStream(files.pathOf(body), { start: first, end: last });
  }
}
