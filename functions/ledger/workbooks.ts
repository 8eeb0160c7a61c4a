import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ExportFailure } from './failure.ts';
import { workbookKey } from './keys.ts';
import type { ExportRecord } from './record.ts';

/**
 * Deletes the workbooks of all attempts of an export but the one that a ready record names; their keys follow from `attempts`.
 * Deleting what is not there is no fault. Fails with `store-failed`.
 */
export type RemoveWorkbooks = (record: ExportRecord) => Promise<void>;

export function createRemoveWorkbooks(s3: S3Client, bucket: string): RemoveWorkbooks {
  return async (record) => {
    const named = record.status === 'ready' ? record.workbook.key : undefined;
    const keys = Array.from({ length: record.attempts }, (_, before) =>
      workbookKey(record.view_name, record.export_id, before + 1),
    ).filter((key) => key !== named);
    await Promise.all(keys.map((key) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })))).catch(
      (cause: unknown) => {
        const name = cause instanceof Error ? cause.name : 'an unknown error';
        throw new ExportFailure('store-failed', `S3 did not delete a workbook (${name}). Try again in a moment.`, {
          cause,
        });
      },
    );
  };
}
