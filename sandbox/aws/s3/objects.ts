import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { AwsError, notInThisSandbox } from '../aws-error.ts';
import { json, orNothing, startsWith, type Store } from '../store.ts';
import { bodyFileSchema, type BodyFiles } from './body-files.ts';
import { checksumSchema } from './checksum.ts';

const listedRow = z.object({
  key: z.string(),
  bytes: z.number(),
  /** With its quotes. */
  etag: z.string(),
  modifiedAtMs: z.number(),
  checksum: orNothing(json(checksumSchema)),
});
const objectRow = listedRow.omit({ key: true }).extend({
  /** The body, in order. */
  bodies: json(z.array(bodyFileSchema)),
  headers: json(z.record(z.string(), z.string())),
});

/** What a list tells of an object. */
export type ListedObject = Readonly<z.infer<typeof listedRow>>;
export type StoredObject = Readonly<z.infer<typeof objectRow>>;

/** Buckets and their objects. Conditions are checked and the object replaced in one step, so that writers cannot meet. */
export interface Objects {
  createBucket(bucket: string): void;
  /** Throws `NoSuchBucket`. */
  requireBucket(bucket: string): void;
  /** Throws `NoSuchKey`. */
  get(bucket: string, key: string): StoredObject;
  /** Throws `PreconditionFailed` where `If-None-Match: *` or `If-Match` does not hold, `NoSuchKey` for an If-Match of nothing. */
  put(bucket: string, key: string, object: StoredObject, conditions: IncomingHttpHeaders): void;
  remove(bucket: string, key: string): void;
  /** What is under a prefix and behind a key, in UTF-8 binary order, as S3 lists and as SQLite compares. */
  list(bucket: string, prefix: string, after: string): readonly ListedObject[];
}

export function createObjects(store: Store, files: BodyFiles): Objects {
  const findBucket = store.get('SELECT name FROM buckets WHERE name = ?', z.object({ name: z.string() }));
  const insertBucket = store.run('INSERT INTO buckets VALUES (?)');
  const find = store.get('SELECT * FROM objects WHERE bucket = ? AND key = ?', objectRow);
  const replace = store.run('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const remove = store.run('DELETE FROM objects WHERE bucket = ? AND key = ?');
  const list = store.all(
    `SELECT key, bytes, etag, modifiedAtMs, checksum FROM objects
     WHERE bucket = ?1 AND key >= ?2 AND key > ?3 AND ${startsWith('key', '?2')} ORDER BY key`,
    listedRow,
  );

  function requireBucket(bucket: string): void {
    if (!findBucket(bucket)) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }

  return {
    requireBucket,
    createBucket: (bucket) => {
      if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(bucket)) {
        throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.');
      }
      if (findBucket(bucket)) {
        const message = 'Your previous request to create the named bucket succeeded and you already own it.';
        throw new AwsError('BucketAlreadyOwnedByYou', message, 409);
      }
      insertBucket(bucket);
    },
    get: (bucket, key) => {
      requireBucket(bucket);
      const object = find(bucket, key);
      if (object) return object;
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    },
    put: (bucket, key, object, conditions) => {
      store.transaction(() => {
        requireBucket(bucket);
        const existing = find(bucket, key);
        requireConditions(existing, conditions);
        const { bodies, bytes, etag, headers, modifiedAtMs, checksum } = object;
        const told = checksum ? JSON.stringify(checksum) : null;
        replace(bucket, key, JSON.stringify(bodies), bytes, etag, JSON.stringify(headers), modifiedAtMs, told);
        if (existing) files.drop(existing.bodies);
      });
    },
    remove: (bucket, key) => {
      store.transaction(() => {
        requireBucket(bucket);
        const existing = find(bucket, key);
        remove(bucket, key);
        if (existing) files.drop(existing.bodies);
      });
    },
    list: (bucket, prefix, after) => {
      requireBucket(bucket);
      return list(bucket, prefix, after);
    },
  };
}

function requireConditions(existing: StoredObject | undefined, conditions: IncomingHttpHeaders): void {
  const { 'if-none-match': none, 'if-match': match } = conditions;
  if (none !== undefined && none !== '*') throw notInThisSandbox('A write with an If-None-Match other than *');
  if (none === '*' && existing) throw preconditionFailed();
  if (match === undefined) return;
  if (!existing) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  if (unquoted(match) !== unquoted(existing.etag)) throw preconditionFailed();
}

/** ETags are compared without their quotes: S3 takes them with and without. */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

export function preconditionFailed(): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new AwsError('PreconditionFailed', message, 412);
}
