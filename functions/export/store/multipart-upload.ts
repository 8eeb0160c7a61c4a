import { crc32 } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { spreadsheetMediaType } from '../../ledger/link.ts';
import { checksumText, compositeChecksumText, requireSameObject } from './checksum.ts';
import { createJoinedCrc } from './joined-crc.ts';
import type { Part } from './part.ts';
import type { Place } from './place.ts';
import { storeFailure } from './store-failure.ts';
import { abortUpload, removeObject } from './take-back.ts';
import { unsignedBody } from './unsigned-body.ts';

/** An object that is sent in parts. Each function fails with `store-failed`, and only `abort` may be called then. */
export interface MultipartUpload {
  /** Sends a part without waiting for it, and gives its buffer back once nothing reads it any more. Tells of earlier failures. */
  send(part: Part): void;
  /** Makes the object, once all parts are there; S3 refuses where its CRC-32 of the whole is not ours. */
  complete(): Promise<void>;
  /** Waits for the parts on their way, since one that came later would stay for ever, and takes all back. Never fails. */
  abort(): Promise<void>;
}

export function beginMultipartUpload(place: Place, giveBuffer: (buffer: Buffer) => void): MultipartUpload {
  const { s3, bucket, key, signal } = place;
  const object = { Bucket: bucket, Key: key };
  const options = { abortSignal: signal };
  const crcs: number[] = [];
  const sending: Promise<void>[] = [];
  const stored: CompletedPart[] = [];
  const whole = createJoinedCrc();
  let failure: { readonly error: unknown } | undefined;
  let mayBeComplete = false;

  const begun = s3.send(
    new CreateMultipartUploadCommand({
      ...object,
      ContentType: spreadsheetMediaType,
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: 'FULL_OBJECT',
    }),
    options,
  );

  function requireNoFailure(): void {
    if (failure) throw storeFailure('store the workbook', failure.error, signal);
  }

  async function sendPart({ number: PartNumber, bytes, buffer }: Part, crc: number): Promise<void> {
    try {
      const { UploadId } = await begun;
      const ChecksumCRC32 = checksumText(crc);
      const command = new UploadPartCommand({
        ...object,
        UploadId,
        PartNumber,
        Body: bytes,
        ChecksumAlgorithm: 'CRC32',
        ChecksumCRC32,
      });
      command.middlewareStack.add(unsignedBody, { step: 'build' });
      const { ETag } = await s3.send(command, options);
      stored[PartNumber - 1] = { PartNumber, ETag, ChecksumCRC32 };
    } catch (error) {
      failure ??= { error };
    } finally {
      giveBuffer(buffer);
    }
  }

  return {
    send: (part) => {
      requireNoFailure();
      const crc = crc32(part.bytes);
      crcs.push(crc);
      whole.add(crc, part.bytes.length);
      sending.push(sendPart(part, crc));
    },
    complete: async () => {
      await Promise.all(sending);
      requireNoFailure();
      const { UploadId, ChecksumType } = await begun;
      // An emulator begins every upload as a composite one, and says so; S3 as it was asked.
      const checksum = ChecksumType === 'COMPOSITE' ? compositeChecksumText(crcs) : checksumText(whole.crc());
      const command = new CompleteMultipartUploadCommand({
        ...object,
        UploadId,
        MultipartUpload: { Parts: stored },
        ChecksumCRC32: checksum,
        ...(ChecksumType !== undefined && { ChecksumType }),
      });
      mayBeComplete = true;
      try {
        requireSameObject(checksum, await s3.send(command, options));
      } catch (error) {
        throw storeFailure('store the workbook', error, signal);
      }
    },
    abort: async () => {
      await Promise.all(sending);
      const upload = await begun.catch(() => undefined);
      if (upload) await abortUpload(place, upload.UploadId);
      if (mayBeComplete) await removeObject(place);
    },
  };
}
