interface OperationShape {
  readonly operation: string;
  readonly method: string;
  readonly of: 'bucket' | 'object';
  /** Query parameters that tell this operation from others. */
  readonly needs: readonly string[];
  readonly takes: readonly string[];
}

const overrides = [
  'response-content-type',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-cache-control',
  'response-expires',
] as const;
const reads = ['x-amz-checksum-mode', ...overrides] as const;
const listing = ['prefix', 'delimiter', 'max-keys', 'start-after', 'continuation-token', 'encoding-type'] as const;

const shapes = [
  { operation: 'CreateBucket', method: 'PUT', of: 'bucket', needs: [], takes: [] },
  { operation: 'HeadBucket', method: 'HEAD', of: 'bucket', needs: [], takes: [] },
  { operation: 'ListObjectsV2', method: 'GET', of: 'bucket', needs: ['list-type'], takes: listing },
  { operation: 'ListMultipartUploads', method: 'GET', of: 'bucket', needs: ['uploads'], takes: ['prefix'] },
  { operation: 'DeleteObjects', method: 'POST', of: 'bucket', needs: ['delete'], takes: [] },
  { operation: 'PutObject', method: 'PUT', of: 'object', needs: [], takes: [] },
  { operation: 'GetObject', method: 'GET', of: 'object', needs: [], takes: reads },
  { operation: 'HeadObject', method: 'HEAD', of: 'object', needs: [], takes: reads },
  { operation: 'DeleteObject', method: 'DELETE', of: 'object', needs: [], takes: [] },
  { operation: 'CreateMultipartUpload', method: 'POST', of: 'object', needs: ['uploads'], takes: [] },
  { operation: 'UploadPart', method: 'PUT', of: 'object', needs: ['partNumber', 'uploadId'], takes: [] },
  { operation: 'CompleteMultipartUpload', method: 'POST', of: 'object', needs: ['uploadId'], takes: [] },
  { operation: 'AbortMultipartUpload', method: 'DELETE', of: 'object', needs: ['uploadId'], takes: [] },
  {
    operation: 'ListParts',
    method: 'GET',
    of: 'object',
    needs: ['uploadId'],
    takes: ['max-parts', 'part-number-marker'],
  },
] as const satisfies readonly OperationShape[];

export type S3Operation = (typeof shapes)[number]['operation'];

// Signing, and the SDK's own book-keeping.
const anywhere =
  /^(x-id|x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|user-agent))$/i;

/** Which operation a call is; undefined for one with a parameter that is not in the table, for it might change the meaning. */
export function operationOf(method: string, key: string, query: ReadonlyMap<string, string>): S3Operation | undefined {
  const of = key === '' ? 'bucket' : 'object';
  const given = [...query.keys()].filter((name) => !anywhere.test(name));
  const candidates: readonly (OperationShape & { readonly operation: S3Operation })[] = shapes;
  return candidates.find(
    (shape) =>
      shape.method === method &&
      shape.of === of &&
      shape.needs.every((name) => query.has(name)) &&
      given.every((name) => shape.needs.includes(name) || shape.takes.includes(name)),
  )?.operation;
}
