import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { beginMultipartUpload, type MultipartUpload } from './multipart-upload.ts';
import { cutIntoParts } from './part.ts';
import { putObject } from './put-object.ts';
import { createRings } from './ring.ts';
import { storeFailure } from './store-failure.ts';

/** Workbooks in S3. */
export interface Store {
  /**
   * Streams chunks to an object that exists only once all of them have arrived and S3 reckons the same CRC-32. The source
   * may overwrite a chunk as soon as the next one is asked for. An error of the source is passed on after the upload was
   * taken back; what S3 refuses, or does not do in time, fails with `store-failed`, and leaves no object either.
   */
  upload(key: string, chunks: AsyncIterable<Uint8Array>, options?: UploadOptions): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface UploadOptions {
  /** The export's deadline. It ends waiting for S3; a source that is waited for has to end by itself. */
  readonly signal?: AbortSignal;
  /** Told how many bytes have come from the source so far, after each chunk. */
  readonly onBytes?: (bytes: number) => void;
}

/** Memory: a ring of three parts for each upload at a time, whatever the size of workbooks and chunks. */
export function createStore(s3: S3Client, bucket: string): Store {
  const openRing = createRings();
  return {
    upload: async (key, chunks, { signal = new AbortController().signal, onBytes } = {}) => {
      const place = { s3, bucket, key, signal };
      const ring = openRing();
      let multipart: MultipartUpload | undefined;
      try {
        for await (const part of cutIntoParts(chunks, ring, onBytes)) {
          if (part.number === 1 && part.isLast) {
            await putObject(place, part.bytes);
          } else {
            multipart ??= beginMultipartUpload(place, ring.give);
            multipart.send(part);
          }
        }
        await multipart?.complete();
      } catch (error) {
        await multipart?.abort();
        throw error;
      } finally {
        ring.close();
      }
    },
    remove: async (key) => {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
        throw storeFailure('delete a workbook', error);
      });
    },
  };
}
