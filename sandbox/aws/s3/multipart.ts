import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { AwsError } from '../aws-error.ts';
import { badDigest, base64Crc, type StoredBody } from './body.ts';
import type { StoredObject } from './objects.ts';

/** An upload in parts that is neither completed nor aborted. */
export interface MultipartUpload {
  readonly uploadId: string;
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly initiatedAtMs: number;
  readonly parts: Map<number, StoredBody>;
}

/** A part as CompleteMultipartUpload names it. */
interface NamedPart {
  readonly number: number;
  readonly etag: string;
}

/** Unfinished uploads. Throws `NoSuchUpload` for those it does not know. */
export interface MultipartUploads {
  begin(bucket: string, key: string, contentType: string): MultipartUpload;
  find(uploadId: string): MultipartUpload;
  list(bucket: string, prefix: string): readonly MultipartUpload[];
  addPart(uploadId: string, number: number, body: StoredBody): Promise<void>;
  /** The parts as one object, not yet put anywhere. A full-object CRC-32 that came along is compared with the bytes. */
  assemble(uploadId: string, named: readonly NamedPart[], fullCrc32: string | undefined): Promise<StoredObject>;
  /** Forgets the upload and removes its parts. */
  end(uploadId: string): Promise<void>;
}

const leastPartBytes = 5 * 1024 * 1024;

export function createMultipartUploads(directory: string, now: () => number): MultipartUploads {
  const uploads = new Map<string, MultipartUpload>();

  function find(uploadId: string): MultipartUpload {
    const upload = uploads.get(uploadId);
    if (upload) return upload;
    throw new AwsError('NoSuchUpload', 'The specified multipart upload does not exist.', 404);
  }

  return {
    find,
    begin: (bucket, key, contentType) => {
      const upload = { uploadId: randomUUID(), bucket, key, contentType, initiatedAtMs: now(), parts: new Map() };
      uploads.set(upload.uploadId, upload);
      return upload;
    },
    list: (bucket, prefix) =>
      [...uploads.values()].filter((upload) => upload.bucket === bucket && upload.key.startsWith(prefix)),
    addPart: async (uploadId, number, body) => {
      const upload = uploads.get(uploadId);
      if (!upload) {
        // Aborted while the part was on its way.
        await rm(body.file, { force: true });
        throw new AwsError('NoSuchUpload', 'The specified multipart upload does not exist.', 404);
      }
      const replaced = upload.parts.get(number);
      upload.parts.set(number, body);
      if (replaced) await rm(replaced.file, { force: true });
    },
    assemble: async (uploadId, named, fullCrc32) => {
      const upload = find(uploadId);
      const parts = requireParts(upload, named);
      const file = join(directory, randomUUID());
      let crc = 0;
      let bytes = 0;
      async function* joined(): AsyncGenerator<Buffer> {
        for (const part of parts) {
          for await (const chunk of createReadStream(part.file)) {
            if (!Buffer.isBuffer(chunk)) continue;
            crc = crc32(chunk, crc);
            bytes += chunk.length;
            yield chunk;
          }
        }
      }
      await pipeline(Readable.from(joined(), { objectMode: false }), createWriteStream(file));
      if (fullCrc32 !== undefined && fullCrc32 !== base64Crc(crc)) {
        await rm(file, { force: true });
        throw badDigest('x-amz-checksum-crc32');
      }
      const digests = Buffer.concat(parts.map((part) => Buffer.from(part.md5, 'hex')));
      return {
        file,
        bytes,
        etag: `"${createHash('md5').update(digests).digest('hex')}-${parts.length}"`,
        contentType: upload.contentType,
        modifiedAtMs: now(),
        crc32: base64Crc(crc),
      };
    },
    end: async (uploadId) => {
      const { parts } = find(uploadId);
      uploads.delete(uploadId);
      await Promise.all([...parts.values()].map((part) => rm(part.file, { force: true })));
    },
  };
}

function requireParts(upload: MultipartUpload, named: readonly NamedPart[]): readonly StoredBody[] {
  if (named.length === 0) throw new AwsError('MalformedXML', 'You must specify at least one part');
  return named.map(({ number, etag }, position) => {
    const part = upload.parts.get(number);
    if (!part || etag.replaceAll('"', '') !== part.md5) {
      throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found.');
    }
    const previous = named[position - 1];
    if (previous && previous.number >= number)
      throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
    if (position < named.length - 1 && part.bytes < leastPartBytes) {
      throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    return part;
  });
}
