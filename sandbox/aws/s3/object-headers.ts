import type { IncomingHttpHeaders } from 'node:http';
import { AwsError, notInThisSandbox } from '../aws-error.ts';

/** Headers that S3 keeps with an object and sends with it, under their HTTP names; `x-amz-meta-*` too. */
export type ObjectHeaders = Readonly<Record<string, string>>;

export const keptHeaders = [
  'content-type',
  'content-disposition',
  'content-encoding',
  'content-language',
  'cache-control',
  'expires',
] as const;

const knownAmzHeaders =
  /^x-amz-(meta-.+|checksum-.+|sdk-checksum-algorithm|content-sha256|date|security-token|trailer|decoded-content-length|user-agent|mp-object-size)$/;
const longestMetadataBytes = 2048;

/** What a PutObject or CreateMultipartUpload says of its object. */
export function objectHeadersOf(headers: IncomingHttpHeaders): ObjectHeaders {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of keptHeaders) {
    const value = headers[name]?.toString();
    if (value !== undefined) kept[name] = value;
  }
  // How the body came over the wire is no property of the object.
  const encoding = (kept['content-encoding'] ?? '').replace(/^aws-chunked(, *)?/, '');
  delete kept['content-encoding'];
  if (encoding !== '') kept['content-encoding'] = encoding;
  return { ...kept, ...metadataOf(headers) };
}

function metadataOf(headers: IncomingHttpHeaders): Record<string, string> {
  const metadata: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-meta-') || typeof value !== 'string') continue;
    metadata[name] = value;
    bytes += name.length - 'x-amz-meta-'.length + value.length;
  }
  if (bytes <= longestMetadataBytes) return metadata;
  throw new AwsError('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size');
}

/** Headers change what a call means (`x-amz-copy-source` makes a copy of a put), so none is passed over. */
export function requireKnownHeaders(headers: IncomingHttpHeaders): void {
  const unknown = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !knownAmzHeaders.test(name));
  if (unknown !== undefined) throw notInThisSandbox(`The header ${unknown}`);
}
