import { AbortMultipartUploadCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Place } from './place.ts';

// The export's deadline may have passed already, and what is left of the invocation has to write the record too.
const takeBackMs = 5_000;

/** Takes back an upload that no part is on its way to. Never fails: what stays is removed by the bucket's lifecycle rule. */
export async function abortUpload({ s3, bucket, key }: Place, uploadId: string | undefined): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
  await s3.send(command, { abortSignal: AbortSignal.timeout(takeBackMs) }).catch(() => undefined);
}

/** Deletes what a write that failed may have made all the same; the key is the attempt's own. Never fails, as above. */
export async function removeObject({ s3, bucket, key }: Place): Promise<void> {
  const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
  await s3.send(command, { abortSignal: AbortSignal.timeout(takeBackMs) }).catch(() => undefined);
}
