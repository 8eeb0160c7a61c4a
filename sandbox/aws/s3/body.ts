import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { AwsError, notInThisSandbox } from '../aws-error.ts';
import { decodeChunked } from './aws-chunked.ts';

/** A body that lies in a file of its own, with all that was checked about it. */
export interface StoredBody {
  readonly file: string;
  readonly bytes: number;
  /** Hex. */
  readonly md5: string;
  /** Base64, big-endian, as S3 writes checksums. */
  readonly crc32: string;
}

const checkedChecksums = new Set(['x-amz-checksum-crc32', 'x-amz-checksum-sha256']);

/** Streams a request's body to a file, and refuses it unless every length and digest that came with it is right. */
export async function storeBody(request: IncomingMessage, directory: string): Promise<StoredBody> {
  const file = join(directory, randomUUID());
  try {
    return await receive(request, file);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function receive(request: IncomingMessage, file: string): Promise<StoredBody> {
  const declared = String(request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  const isChunked = declared === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  if (declared.startsWith('STREAMING-') && !isChunked) throw notInThisSandbox(`A body sent as ${declared}`);
  const digests = { md5: createHash('md5'), sha256: createHash('sha256'), crc: 0, bytes: 0 };
  const trailers = new Map<string, string>();

  async function* measured(): AsyncGenerator<Buffer> {
    const source: AsyncIterable<Buffer> = isChunked ? decodeChunked(request, trailers) : request;
    for await (const chunk of source) {
      digests.md5.update(chunk);
      digests.sha256.update(chunk);
      digests.crc = crc32(chunk, digests.crc);
      digests.bytes += chunk.length;
      yield chunk;
    }
  }
  await pipeline(Readable.from(measured(), { objectMode: false }), createWriteStream(file));

  const md5 = digests.md5.digest();
  const sha256 = digests.sha256.digest();
  const body = { file, bytes: digests.bytes, md5: md5.toString('hex'), crc32: base64Crc(digests.crc) };
  if (!isChunked && declared !== 'UNSIGNED-PAYLOAD' && declared !== sha256.toString('hex')) {
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const length = Number(
    request.headers['x-amz-decoded-content-length'] ?? request.headers['content-length'] ?? body.bytes,
  );
  if (length !== body.bytes)
    throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length.');
  const declaredMd5 = request.headers['content-md5'];
  if (declaredMd5 !== undefined && declaredMd5 !== md5.toString('base64')) throw badDigest('Content-MD5');
  const given = [...Object.entries(request.headers), ...trailers];
  for (const [name, value] of given) {
    if (!/^x-amz-checksum-(?!mode|algorithm|type)/.test(name)) continue;
    if (!checkedChecksums.has(name)) throw notInThisSandbox(`The checksum ${name}`);
    const computed = name === 'x-amz-checksum-crc32' ? body.crc32 : sha256.toString('base64');
    if (value !== computed) throw badDigest(name);
  }
  return body;
}

/** A CRC-32 in the form of S3's headers. */
export function base64Crc(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

export function badDigest(name: string): AwsError {
  return new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
}
