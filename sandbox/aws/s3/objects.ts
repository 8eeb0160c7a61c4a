import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error.ts';

/** An object: its bytes lie in a file that never changes; a new version is a new file. */
export interface StoredObject {
  readonly file: string;
  readonly bytes: number;
  /** With its quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly modifiedAtMs: number;
  readonly crc32: string | undefined;
}

/** Buckets and their objects. Conditions are checked and the object replaced in one step, so that writers cannot meet. */
export interface Objects {
  createBucket(bucket: string): void;
  /** Throws `NoSuchBucket`. */
  requireBucket(bucket: string): void;
  /** Throws `NoSuchKey`. */
  get(bucket: string, key: string): StoredObject;
  /** Throws `PreconditionFailed` where `If-None-Match: *` or `If-Match` does not hold, `NoSuchKey` for an If-Match of nothing. */
  put(bucket: string, key: string, object: StoredObject, conditions: IncomingHttpHeaders): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
  /** In UTF-8 binary order, as S3 lists. */
  list(bucket: string): readonly (readonly [key: string, object: StoredObject])[];
}

export function createObjects(): Objects {
  const buckets = new Map<string, Map<string, StoredObject>>();

  function objectsOf(bucket: string): Map<string, StoredObject> {
    const objects = buckets.get(bucket);
    if (objects) return objects;
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }

  return {
    createBucket: (bucket) => {
      if (buckets.has(bucket)) throw new AwsError('BucketAlreadyOwnedByYou', 'The bucket exists and is yours.', 409);
      buckets.set(bucket, new Map());
    },
    requireBucket: (bucket) => void objectsOf(bucket),
    get: (bucket, key) => {
      const object = objectsOf(bucket).get(key);
      if (object) return object;
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    },
    put: async (bucket, key, object, conditions) => {
      const objects = objectsOf(bucket);
      const existing = objects.get(key);
      requireConditions(existing, conditions);
      objects.set(key, object);
      if (existing) await rm(existing.file, { force: true });
    },
    remove: async (bucket, key) => {
      const objects = objectsOf(bucket);
      const existing = objects.get(key);
      objects.delete(key);
      if (existing) await rm(existing.file, { force: true });
    },
    list: (bucket) => [...objectsOf(bucket)].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  };
}

function requireConditions(existing: StoredObject | undefined, conditions: IncomingHttpHeaders): void {
  const failed = new AwsError(
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    412,
  );
  if (conditions['if-none-match'] === '*' && existing) throw failed;
  const wanted = conditions['if-match'];
  if (wanted === undefined) return;
  if (!existing) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  if (wanted.replaceAll('"', '') !== existing.etag.replaceAll('"', '')) throw failed;
}
