import { crc32 } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { spreadsheetMediaType } from '../../ledger/link.ts';
import { checksumText, requireSameObject } from './checksum.ts';
import type { Place } from './place.ts';
import { storeFailure } from './store-failure.ts';
import { removeObject } from './take-back.ts';
import { unsignedBody } from './unsigned-body.ts';

/** Stores a workbook of one part. Fails with `store-failed`, leaving nothing. */
export async function putObject(place: Place, body: Uint8Array): Promise<void> {
  const { s3, bucket, key, signal } = place;
  const checksum = checksumText(crc32(body));
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentType: spreadsheetMediaType,
    ChecksumAlgorithm: 'CRC32',
    ChecksumCRC32: checksum,
  });
  command.middlewareStack.add(unsignedBody, { step: 'build' });
  try {
    requireSameObject(checksum, await s3.send(command, { abortSignal: signal }));
  } catch (error) {
    await removeObject(place);
    throw storeFailure('store the workbook', error, signal);
  }
}
