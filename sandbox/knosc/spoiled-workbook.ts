import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Play } from './plays.ts';

/** What a play makes of a workbook: other headers, another body, or an end before the end. */
export interface SpoiledWorkbook {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Readable;
  /** The connection is broken off behind the body. */
  readonly isCut: boolean;
}

/** Plays that say nothing of the body leave it as it is. */
export async function spoil(play: Play | undefined, workbook: Readable): Promise<SpoiledWorkbook> {
  const whole = { headers: {}, body: workbook, isCut: false };
  if (play === undefined) return whole;
  switch (play.play) {
    case 'slow-body':
      return { ...whole, body: Readable.from(slowly(workbook, play.bytes_per_second)) };
    case 'cut':
      return { ...whole, body: Readable.from(firstBytes(workbook, play.at_byte)), isCut: true };
    case 'wrong-content-type':
      return { ...whole, headers: { 'content-type': play.content_type } };
    case 'wrong-length': {
      // The length must be known before the body is sent, so the workbook is collected: a play is for small ones.
      const bytes = await buffer(workbook);
      const length = Math.max(0, bytes.length + play.by_bytes);
      return { ...whole, headers: { 'content-length': length, connection: 'close' }, body: Readable.from([bytes]) };
    }
    case 'corrupt-crc':
      return { ...whole, body: Readable.from([withWrongCrc(await buffer(workbook))]) };
    case 'slow-first-byte':
    case 'session-expired':
    case 'csrf-lost':
    case 'locked':
    case 'login-page':
    case 'too-many-requests':
    case 'server-error':
    case 'unavailable':
    case 'silent':
      return whole;
  }
}

/** Sends the body and breaks the connection off, only after the system has taken every byte. */
export async function sendAndCut(body: Readable, response: ServerResponse): Promise<void> {
  response.flushHeaders();
  for await (const chunk of body) await new Promise((resolve) => response.write(chunk, resolve));
  response.destroy();
}

const stepsEachSecond = 20;

async function* slowly(source: AsyncIterable<Buffer>, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const stepBytes = Math.max(1, Math.round(bytesPerSecond / stepsEachSecond));
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += stepBytes) {
      yield chunk.subarray(at, at + stepBytes);
      await sleep(1000 / stepsEachSecond);
    }
  }
}

async function* firstBytes(source: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let left = limit;
  for await (const chunk of source) {
    if (chunk.length >= left) {
      if (left > 0) yield chunk.subarray(0, left);
      return;
    }
    left -= chunk.length;
    yield chunk;
  }
}

const centralHeader = Buffer.from('PK\u0001\u0002', 'latin1');
const descriptor = Buffer.from('PK\u0007\u0008', 'latin1');

/** The central directory and the data descriptor of the first entry agree on a CRC-32 that its content does not have. */
function withWrongCrc(workbook: Buffer): Buffer {
  const directoryAt = workbook.readUInt32LE(workbook.length - 6);
  const crc = workbook.subarray(directoryAt + 16, directoryAt + 20);
  const descriptorAt = workbook.indexOf(Buffer.concat([descriptor, crc]));
  if (workbook.indexOf(centralHeader, directoryAt) !== directoryAt || descriptorAt === -1)
    throw new Error('the workbook is not of the form that this sandbox writes');
  for (const at of [directoryAt + 16, descriptorAt + 4])
    workbook.writeUInt32LE((workbook.readUInt32LE(at) ^ 1) >>> 0, at);
  return workbook;
}
