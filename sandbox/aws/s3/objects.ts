import type { IncomingHttpHeaders } from 'node:http';
import { AwsError, notInThisSandbox } from '../aws-error.ts';
import type { BodyFile, BodyFiles } from './body-files.ts';
import type { Checksum } from './checksum.ts';
import type { ObjectHeaders } from './object-headers.ts';

export interface StoredObject {
  /** The body, in order. */
  readonly files: readonly BodyFile[];
  readonly bytes: number;
  /** With its quotes. */
  readonly etag: string;
  readonly headers: ObjectHeaders;
  readonly modifiedAtMs: number;
  readonly checksum: Checksum | undefined;
}

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
  /** In UTF-8 binary order, as S3 lists. */
  list(bucket: string): readonly (readonly [key: string, object: StoredObject])[];
}

export function createObjects(files: BodyFiles): Objects {
  const buckets = new Map<string, Map<string, StoredObject>>();

  function objectsOf(bucket: string): Map<string, StoredObject> {
    const objects = buckets.get(bucket);
    if (objects) return objects;
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }

  return {
    createBucket: (bucket) => {
      if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(bucket)) {
        throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.');
      }
      if (buckets.has(bucket)) {
        const message = 'Your previous request to create the named bucket succeeded and you already own it.';
        throw new AwsError('BucketAlreadyOwnedByYou', message, 409);
      }
      buckets.set(bucket, new Map());
    },
    requireBucket: (bucket) => void objectsOf(bucket),
    get: (bucket, key) => {
      const object = objectsOf(bucket).get(key);
      if (object) return object;
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    },
    put: (bucket, key, object, conditions) => {
      const objects = objectsOf(bucket);
      const existing = objects.get(key);
      requireConditions(existing, conditions);
      objects.set(key, object);
      if (existing) files.drop(existing.files);
    },
    remove: (bucket, key) => {
      const objects = objectsOf(bucket);
      const existing = objects.get(key);
      objects.delete(key);
      if (existing) files.drop(existing.files);
    },
    list: (bucket) =>
      [...objectsOf(bucket)]
        .map((entry) => ({ entry, order: Buffer.from(entry[0]) }))
        .toSorted((a, b) => Buffer.compare(a.order, b.order))
        .map(({ entry }) => entry),
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
