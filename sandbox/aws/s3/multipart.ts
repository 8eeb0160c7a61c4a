import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import { json, orNothing, startsWith, type Store } from '../store.ts';
import type { StoredBody } from './body.ts';
import type { BodyFiles } from './body-files.ts';
import { checksumAlgorithms, checksumTypes } from './checksum.ts';
import { unquoted } from './objects.ts';

const bytesOf = (encoding: 'hex' | 'base64') => z.string().transform((text) => Buffer.from(text, encoding));
const partRow = z.object({
  number: z.number(),
  name: z.string(),
  bytes: z.number(),
  md5: bytesOf('hex'),
  checksum: orNothing(json(z.object({ algorithm: z.enum(checksumAlgorithms), digest: bytesOf('base64') }))),
  storedAtMs: z.number(),
});
const uploadRow = z.object({
  uploadId: z.string(),
  bucket: z.string(),
  key: z.string(),
  headers: json(z.record(z.string(), z.string())),
  checksum: orNothing(json(z.object({ algorithm: z.enum(checksumAlgorithms), type: z.enum(checksumTypes) }))),
  initiatedAtMs: z.number(),
});

export type Part = Readonly<z.infer<typeof partRow>>;
/** An upload in parts that is neither completed nor aborted. */
export type MultipartUpload = Readonly<z.infer<typeof uploadRow>>;

/** A part as CompleteMultipartUpload names it. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksum: string | undefined;
}

/** Unfinished uploads. Each function throws `NoSuchUpload` for one that it does not know. */
export interface MultipartUploads {
  /** Answers the upload's id. */
  begin(upload: Pick<MultipartUpload, 'bucket' | 'key' | 'headers' | 'checksum'>): string;
  find(bucket: string, key: string, uploadId: string): MultipartUpload;
  /** By key, then by age, as S3 lists. */
  list(bucket: string, prefix: string): readonly MultipartUpload[];
  /** By number. */
  parts(upload: MultipartUpload): readonly Part[];
  addPart(upload: MultipartUpload, number: number, body: StoredBody): void;
  /** Forgets the upload, and removes its parts but for those that have become an object. */
  end(upload: MultipartUpload, kept?: readonly Part[]): void;
}

const leastPartBytes = 5 * 1024 * 1024;

export function createMultipartUploads(store: Store, files: BodyFiles, now: () => number): MultipartUploads {
  const insert = store.run('INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)');
  const findUpload = store.get('SELECT * FROM uploads WHERE bucket = ? AND key = ? AND uploadId = ?', uploadRow);
  const remove = store.run('DELETE FROM uploads WHERE uploadId = ?');
  const list = store.all(
    `SELECT * FROM uploads WHERE bucket = ?1 AND ${startsWith('key', '?2')} ORDER BY key, rowid`,
    uploadRow,
  );
  const partsOf = store.all(
    'SELECT number, body AS name, bytes, md5, checksum, storedAtMs FROM parts WHERE uploadId = ? ORDER BY number',
    partRow,
  );
  const replacePart = store.run('INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)');

  function find(bucket: string, key: string, uploadId: string): MultipartUpload {
    const upload = findUpload(bucket, key, uploadId);
    if (upload) return upload;
    const message = 'The specified upload does not exist. It may have been aborted or completed.';
    throw new AwsError('NoSuchUpload', message, 404);
  }

  return {
    begin: ({ bucket, key, headers, checksum }) => {
      const uploadId = randomUUID();
      insert(uploadId, bucket, key, JSON.stringify(headers), checksum ? JSON.stringify(checksum) : null, now());
      return uploadId;
    },
    find,
    list,
    parts: ({ uploadId }) => partsOf(uploadId),
    addPart: ({ bucket, key, uploadId }, number, { name, bytes, md5, checksum }) => {
      store.transaction(() => {
        // It may have ended while the part was on its way.
        find(bucket, key, uploadId);
        files.drop(partsOf(uploadId).filter((part) => part.number === number));
        const told = checksum && { algorithm: checksum.algorithm, digest: checksum.digest.toString('base64') };
        replacePart(uploadId, number, name, bytes, md5.toString('hex'), told ? JSON.stringify(told) : null, now());
      });
    },
    end: ({ bucket, key, uploadId }, kept = []) => {
      store.transaction(() => {
        find(bucket, key, uploadId);
        files.drop(partsOf(uploadId).filter(({ name }) => !kept.some((part) => part.name === name)));
        remove(uploadId);
      });
    },
  };
}

/** The parts that a CompleteMultipartUpload names, if they can make an object. */
export function requireParts(stored: readonly Part[], named: readonly NamedPart[]): readonly Part[] {
  if (named.length === 0) throw new AwsError('MalformedXML', 'You must specify at least one part');
  if (named.some(({ number }, position) => number <= (named[position - 1]?.number ?? 0))) {
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  const parts = new Map(stored.map((part) => [part.number, part]));
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
