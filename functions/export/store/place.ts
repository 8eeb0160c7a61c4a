import type { S3Client } from '@aws-sdk/client-s3';

/** Where an upload goes, and until when S3 is waited for. */
export interface Place {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly signal: AbortSignal;
}
