import type { IncomingMessage } from 'node:http';
import { AwsError } from '../aws-error.ts';

/**
 * Decodes `aws-chunked` with trailers (Amazon S3 User Guide, "Signature calculations: trailing headers"): chunks of
 * `hex length CRLF bytes CRLF`, a chunk of length 0, then header lines, which go into `trailers`.
 */
export async function* decodeChunked(request: IncomingMessage, trailers: Map<string, string>): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let left = 0;
  let hasLastChunk = false;
  let state: 'length' | 'bytes' | 'end of chunk' | 'trailers' = 'length';

  /** The next line without its CRLF, or undefined until more has come. */
  const takeLine = (): string | undefined => {
    const at = pending.indexOf('\r\n');
    if (at < 0) return undefined;
    const line = pending.toString('latin1', 0, at);
    pending = pending.subarray(at + 2);
    return line;
  };

  // The request stays open where this ends early, so that its refusal can be read.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (state === 'bytes') {
        const part = pending.subarray(0, left);
        pending = pending.subarray(part.length);
        left -= part.length;
        if (part.length > 0) yield part;
        if (left > 0) break;
        state = 'end of chunk';
      }
      const line = takeLine();
      if (line === undefined) break;
      if (state === 'end of chunk') state = 'length';
      else if (state === 'length') {
        if (!/^[0-9a-f]+$/i.test(line)) throw new AwsError('InvalidRequest', 'The aws-chunked body is malformed.');
        left = Number.parseInt(line, 16);
        hasLastChunk = left === 0;
        state = hasLastChunk ? 'trailers' : 'bytes';
      } else {
        const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
        if (name !== undefined && value !== undefined) trailers.set(name.toLowerCase(), value);
      }
    }
  }
  // A trailer's last line may come without the CRLF of an empty line behind it.
  if (!hasLastChunk) throw new AwsError('IncompleteBody', 'The aws-chunked body ended before its last chunk.');
}
