import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError, notInThisSandbox } from '../aws-error.ts';
import { decodeChunked } from './aws-chunked.ts';
import type { BodyFile, BodyFiles } from './body-files.ts';
import { type ChecksumAlgorithm, checksumAlgorithms, checksumHeader, startChecksum } from './checksum.ts';
import { writeFile } from './write-file.ts';

/** A body that lies in a file of its own, with what was found while it came in. */
export interface StoredBody extends BodyFile {
  readonly md5: Buffer;
  /** Of the algorithm that the client declared, or else of the one that the caller wanted. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly digest: Buffer } | undefined;
}

type BodyFacts = Omit<StoredBody, 'name'>;

const longestDocumentBytes = 2 * 1024 * 1024;

/** Streams a request's body to a file, and refuses it unless every length and digest that came with it is right. */
export async function storeBody(
  request: IncomingMessage,
  files: BodyFiles,
  wanted?: ChecksumAlgorithm,
): Promise<StoredBody> {
  const name = files.newName();
  try {
    const body = verifiedBody(request, declaredChecksum(request), wanted);
    await writeFile(files.pathOf({ name }), body.chunks());
    return { name, ...body.facts() };
  } catch (error) {
    files.drop([{ name }]);
    throw error;
  }
}

/** A request's body as text, verified in the same way, but for checksum headers where those tell of something else. */
export async function readDocument(
  request: IncomingMessage,
  checksumIsOf: 'body' | 'object' = 'body',
): Promise<string> {
  const chunks: Buffer[] = [];
  const body = verifiedBody(request, checksumIsOf === 'body' ? declaredChecksum(request) : undefined);
  for await (const chunk of body.chunks()) {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) > longestDocumentBytes) {
      throw new AwsError('MaxMessageLengthExceeded', 'Your request was too large.');
    }
  }
  body.facts();
  return Buffer.concat(chunks).toString();
}

/** The body as it comes in. `facts` are to be asked for once all chunks were taken, and throw where something was wrong. */
function verifiedBody(request: IncomingMessage, declared: ChecksumAlgorithm | undefined, wanted?: ChecksumAlgorithm) {
  const { headers } = request;
  const declaredHash = String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  const isChunked = declaredHash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  if (declaredHash.startsWith('STREAMING-') && !isChunked) throw notInThisSandbox(`A body sent as ${declaredHash}`);
  const isUnsigned = isChunked || declaredHash === 'UNSIGNED-PAYLOAD';
  if (!isUnsigned && !/^[0-9a-f]{64}$/.test(declaredHash)) {
    const message = 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-…, or a valid sha256 value.';
    throw new AwsError('InvalidArgument', message);
  }
  const sha256 = isUnsigned ? undefined : createHash('sha256');
  const algorithm = declared ?? wanted;
  const running = algorithm === undefined ? undefined : startChecksum(algorithm);
  const md5 = createHash('md5');
  const trailers = new Map<string, string>();
  let bytes = 0;

  async function* chunks(): AsyncGenerator<Buffer> {
    const source: AsyncIterable<Buffer> = isChunked
      ? decodeChunked(request, trailers)
      : request.iterator({ destroyOnReturn: false });
    for await (const chunk of source) {
      md5.update(chunk);
      sha256?.update(chunk);
      running?.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }

  function facts(): BodyFacts {
    const length = Number(headers['x-amz-decoded-content-length'] ?? headers['content-length'] ?? bytes);
    if (length !== bytes) {
      throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length.');
    }
    if (sha256 && sha256.digest('hex') !== declaredHash) {
      const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
      throw new AwsError('XAmzContentSHA256Mismatch', message);
    }
    const digestMd5 = md5.digest();
    const givenMd5 = headers['content-md5'];
    if (givenMd5 !== undefined && givenMd5 !== digestMd5.toString('base64')) throw badDigest('Content-MD5');
    const checksum = running && algorithm && { algorithm, digest: running.digest() };
    if (checksum && declared) {
      const name = checksumHeader(declared);
      const given = headers[name] ?? trailers.get(name);
      if (given !== checksum.digest.toString('base64')) throw badDigest(name);
    }
    return { bytes, md5: digestMd5, checksum };
  }

  return { chunks, facts };
}

/** The algorithm of the checksum that comes with a body, in a header or behind the body. */
function declaredChecksum({ headers }: IncomingMessage): ChecksumAlgorithm | undefined {
  const named = [...Object.keys(headers), String(headers['x-amz-trailer'] ?? '')].filter((name) =>
    /^x-amz-checksum-(?!mode|algorithm|type)/i.test(name),
  );
  if (named.length > 1) throw new AwsError('InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  const [name] = named;
  if (name === undefined) return undefined;
  const algorithm = checksumAlgorithms.find((known) => checksumHeader(known) === name.toLowerCase());
  if (algorithm === undefined) throw notInThisSandbox(`The checksum ${name}`);
  return algorithm;
}

export function badDigest(name: string): AwsError {
  return new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
}
