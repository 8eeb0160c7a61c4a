import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { LocalExportProxy } from '../../sandbox/export-proxy.ts';

/** An S3 client for the sandbox of a running proxy. */
export function s3Of({ aws }: LocalExportProxy): S3Client {
  return new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
}

/** The keys under a prefix, and the uploads that were begun there and neither completed nor aborted. */
export function objectsUnder(proxy: LocalExportProxy, prefix: string): Promise<readonly string[]> {
  return leftIn(s3Of(proxy), proxy.bucket, prefix);
}

/** The same, of any bucket. */
export async function leftIn(s3: S3Client, Bucket: string, Prefix: string): Promise<readonly string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
  return [...Contents.map(({ Key }) => `${Key}`), ...Uploads.map(({ Key }) => `unfinished ${Key}`)];
}
