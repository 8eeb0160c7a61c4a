import { Readable } from 'node:stream';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { processorsOf } from '../functions/export/processors.ts';
import { createProveWorkbook } from '../functions/export/proof/proof.ts';
import { createStore } from '../functions/export/store/store.ts';
import { spreadsheetMediaType } from '../functions/ledger/link.ts';
import type { FlowName } from './flow-names.ts';
import type { Platform } from './platform.ts';

/** Takes a workbook's bytes to where they go. */
type Flow = (key: string, body: AsyncIterable<Uint8Array>) => Promise<unknown>;

const largestBytes = 4 * 1024 ** 3;
const partBytes = 8 * 1024 * 1024;

export function createFlows({ access, environment }: Platform): Record<FlowName, Flow> {
  const s3 = new S3Client(access);
  const Bucket = environment.BUCKET_NAME;
  const store = createStore(s3, Bucket);
  const proveWorkbook = createProveWorkbook(processorsOf(undefined));
  return {
    a: async (key, body) => {
      const proof = proveWorkbook(body, largestBytes);
      await store.upload(key, proof.chunks);
      return proof.facts();
    },
    b: (key, body) => store.upload(key, body),
    // As many and as large parts as the store's.
    c: (key, body) =>
      new Upload({
        client: s3,
        params: {
          Bucket,
          Key: key,
          Body: Readable.from(body, { objectMode: false }),
          ContentType: spreadsheetMediaType,
        },
        partSize: partBytes,
        queueSize: 3,
      }).done(),
    d: async (key, body) => {
      const chunks: Uint8Array[] = [];
      // Copies: a source may overwrite a chunk as soon as the next one is asked for.
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      return s3.send(new PutObjectCommand({ Bucket, Key: key, Body: Buffer.concat(chunks) }));
    },
    f: async (_key, body) => {
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.byteLength;
      return bytes;
    },
  };
}
