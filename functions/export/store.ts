import { Readable } from 'node:stream';
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ExportFailure } from '../ledger/failure.ts';
import { spreadsheetMediaType } from '../ledger/link.ts';

/** Workbooks in S3. */
export interface Store {
  /**
   * Streams chunks to an object that exists only once all of them have arrived. An error of the chunks themselves is
   * passed on after the upload was taken back; S3's own refusals fail with `store-failed`.
   */
  upload(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  remove(key: string): Promise<void>;
}

const partBytes = 8 * 1024 * 1024;

export function createStore(s3: S3Client, bucket: string): Store {
  return {
    upload: async (key, chunks) => {
      const upload = new Upload({
        client: s3,
        params: {
          Bucket: bucket,
          Key: key,
          Body: Readable.from(chunks, { objectMode: false }),
          ContentType: spreadsheetMediaType,
        },
        partSize: partBytes,
        queueSize: 2,
        leavePartsOnError: false,
      });
      // A body that ends in an error makes `done` abort and wait for the abort; `upload.abort()` would not wait.
      await upload.done().catch((error: unknown) => {
        throw error instanceof ExportFailure ? error : storeFailure('store the workbook', error);
      });
    },
    remove: async (key) => {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
        throw storeFailure('delete a workbook', error);
      });
    },
  };
}

function storeFailure(what: string, cause: unknown): ExportFailure {
  const name = cause instanceof Error ? cause.name : 'an unknown error';
  return new ExportFailure('store-failed', `S3 did not ${what} (${name}). Try again in a moment.`, { cause });
}
