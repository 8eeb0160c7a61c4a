import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { StoredBody } from './body.ts';
import type { BodyFiles } from './body-files.ts';
import type { ChecksumAlgorithm, ChecksumType } from './checksum.ts';
import type { ObjectHeaders } from './object-headers.ts';
import { unquoted } from './objects.ts';

export interface Part extends StoredBody {
  readonly storedAtMs: number;
}

/** An upload in parts that is neither completed nor aborted. */
export interface MultipartUpload {
  readonly uploadId: string;
  readonly bucket: string;
  readonly key: string;
  readonly headers: ObjectHeaders;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType } | undefined;
  readonly initiatedAtMs: number;
  readonly parts: Map<number, Part>;
}

/** A part as CompleteMultipartUpload names it. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksum: string | undefined;
}

/** Unfinished uploads. Each function throws `NoSuchUpload` for one that it does not know. */
export interface MultipartUploads {
  begin(upload: Pick<MultipartUpload, 'bucket' | 'key' | 'headers' | 'checksum'>): MultipartUpload;
  find(bucket: string, key: string, uploadId: string): MultipartUpload;
  /** By key, then by age, as S3 lists. */
  list(bucket: string, prefix: string): readonly MultipartUpload[];
  addPart(upload: MultipartUpload, number: number, body: StoredBody): void;
  /** Forgets the upload, and removes its parts but for those that have become an object. */
  end(upload: MultipartUpload, kept?: readonly Part[]): void;
}

const leastPartBytes = 5 * 1024 * 1024;

export function createMultipartUploads(files: BodyFiles, now: () => number): MultipartUploads {
  const uploads = new Map<string, MultipartUpload>();

  return {
    begin: (given) => {
      const upload = { ...given, uploadId: randomUUID(), initiatedAtMs: now(), parts: new Map<number, Part>() };
      uploads.set(upload.uploadId, upload);
      return upload;
    },
    find: (bucket, key, uploadId) => {
      const upload = uploads.get(uploadId);
      if (upload?.bucket === bucket && upload.key === key) return upload;
      throw noSuchUpload();
    },
    list: (bucket, prefix) =>
      [...uploads.values()]
        .filter((upload) => upload.bucket === bucket && upload.key.startsWith(prefix))
        .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    addPart: (upload, number, body) => {
      if (!uploads.has(upload.uploadId)) {
        // Ended while the part was on its way.
        files.drop([body]);
        throw noSuchUpload();
      }
      const replaced = upload.parts.get(number);
      upload.parts.set(number, { ...body, storedAtMs: now() });
      if (replaced) files.drop([replaced]);
    },
    end: (upload, kept = []) => {
      if (!uploads.delete(upload.uploadId)) throw noSuchUpload();
      files.drop([...upload.parts.values()].filter((part) => !kept.includes(part)));
    },
  };
}

/** The parts that a CompleteMultipartUpload names, if they can make an object. */
export function requireParts({ parts }: MultipartUpload, named: readonly NamedPart[]): readonly Part[] {
  if (named.length === 0) throw new AwsError('MalformedXML', 'You must specify at least one part');
  if (named.some(({ number }, position) => number <= (named[position - 1]?.number ?? 0))) {
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  return named.map(({ number, etag, checksum }, position) => {
    const part = parts.get(number);
    const isNamed =
      part &&
      unquoted(etag) === part.md5.toString('hex') &&
      (checksum === undefined || checksum === part.checksum?.digest.toString('base64'));
    if (!isNamed) throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found.');
    if (position < named.length - 1 && part.bytes < leastPartBytes) {
      throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    return part;
  });
}

function noSuchUpload(): AwsError {
  const message = 'The specified upload does not exist. It may have been aborted or completed.';
  return new AwsError('NoSuchUpload', message, 404);
}
