import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createDocuments, type Documents } from '../../functions/ledger/documents.ts';
import { workbookKey } from '../../functions/ledger/keys.ts';
import { createRecords, type ExportRecord, type Records } from '../../functions/ledger/record.ts';
import { startAws } from '../../sandbox/aws/start.ts';

/** The ledger's parts over an S3 of their own. */
export interface LedgerOnSandbox {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly documents: Documents;
  readonly records: Records;
  close(): Promise<void>;
}

export async function startLedger(): Promise<LedgerOnSandbox> {
  const aws = await startAws();
  const bucket = 'ledger';
  const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const documents = createDocuments(s3, bucket);
  return { s3, bucket, documents, records: createRecords(documents, randomUUID), close: aws.close };
}

/** Lays an object under the key of every attempt that the record counts. */
export async function putWorkbooks({ s3, bucket }: LedgerOnSandbox, record: ExportRecord): Promise<void> {
  for (let attempt = 1; attempt <= record.attempts; attempt += 1) {
    const Key = workbookKey(record.view_name, record.export_id, attempt);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
  }
}
