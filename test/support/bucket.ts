import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { LocalExportProxy } from '../../sandbox/export-proxy.ts';

/** An S3 client for the sandbox of a running proxy. */
export function s3Of({ aws }: LocalExportProxy): S3Client {
  return new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
}

/** The keys under a prefix, and the uploads that were begun there and neither completed nor aborted. */
export async function objectsUnder(proxy: LocalExportProxy, prefix: string): Promise<readonly string[]> {
  const s3 = s3Of(proxy);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: proxy.bucket, Prefix: prefix }));
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: proxy.bucket, Prefix: prefix }));
  return [...Contents.map(({ Key }) => `${Key}`), ...Uploads.map(({ Key }) => `unfinished ${Key}`)];
}
