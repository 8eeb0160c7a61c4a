import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ExportFailure } from './failure.ts';

/** A JSON object in S3 together with the ETag that a conditional write needs. */
export interface VersionedDocument {
  readonly etag: string;
  readonly value: unknown;
}

/** A part of a list of keys, in S3's order. */
export interface KeyPage {
  readonly keys: readonly string[];
  readonly hasMore: boolean;
}

/** Small JSON objects in the one bucket. Every write but `overwrite` is conditional: a lost race is an answer, never a lost update. */
export interface Documents {
  /** `undefined` when nothing is there. */
  read(key: string): Promise<VersionedDocument | undefined>;
  /** The new ETag, or `undefined` when something is there already (`If-None-Match: *`). */
  create(key: string, value: unknown): Promise<string | undefined>;
  /** The new ETag, or `undefined` when the object is no longer the one of `etag` (`If-Match`). */
  replace(key: string, etag: string, value: unknown): Promise<string | undefined>;
  /** Whatever was there before: only for what may be stale or lost without harm. */
  overwrite(key: string, value: unknown): Promise<void>;
  /** The first `limit` (at most 1000) keys under a prefix, of those that come after `after`. */
  list(prefix: string, after: string | undefined, limit: number): Promise<KeyPage>;
}

/** What a document needs that many write: no unconditional write, and no list. */
export type ConditionalDocuments = Pick<Documents, 'read' | 'create' | 'replace'>;

// 412: the condition fails. 409: another conditional write is under way; who reads again learns how it ended. 404: the object
// that was to be replaced has been deleted meanwhile.
const lostRaces = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);

/** Fails with `store-failed` where S3 refuses or cannot be reached. */
export function createDocuments(s3: S3Client, bucket: string): Documents {
  async function put(key: string, value: unknown, condition: { IfMatch?: string; IfNoneMatch?: string }) {
    try {
      const answer = await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: JSON.stringify(value),
          ContentType: 'application/json',
          ...condition,
        }),
      );
      return answer.ETag;
    } catch (error) {
      if (error instanceof Error && lostRaces.has(error.name)) return undefined;
      throw storeFailure('write', key, error);
    }
  }

  return {
    read: async (key) => {
      try {
        const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (answer.Body === undefined || answer.ETag === undefined) throw new Error('S3 answered without body or ETag');
        const value: unknown = JSON.parse(await answer.Body.transformToString());
        return { etag: answer.ETag, value };
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw storeFailure('read', key, error);
      }
    },
    create: (key, value) => put(key, value, { IfNoneMatch: '*' }),
    replace: (key, etag, value) => put(key, value, { IfMatch: etag }),
    overwrite: async (key, value) => void (await put(key, value, {})),
    list: async (prefix, after, limit) => {
      try {
        const { Contents = [], IsTruncated } = await s3.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, MaxKeys: limit }),
        );
        return { keys: Contents.flatMap(({ Key }) => Key ?? []), hasMore: IsTruncated === true };
      } catch (error) {
        throw storeFailure('list', prefix, error);
      }
    },
  };
}

function storeFailure(verb: string, key: string, cause: unknown): ExportFailure {
  const name = cause instanceof Error ? cause.name : 'an unknown error';
  return new ExportFailure('store-failed', `S3 did not ${verb} ${key} (${name}). Try again in a moment.`, { cause });
}
