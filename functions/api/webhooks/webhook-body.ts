import { MIMEType } from 'node:util';
import { ExportFailure } from '../../ledger/failure.ts';
import type { HttpRequest } from '../http-request.ts';
import { invalidRequest } from '../invalid-request.ts';

const longestBodyBytes = 1_048_576;

/** Before anything is reckoned over the body. Fails with `body-too-large` or `media-type-unsupported`. */
export function requireJsonOfSize({ body, headers }: HttpRequest): void {
  if (body.length > longestBodyBytes) {
    throw new ExportFailure(
      'body-too-large',
      `The body has ${body.length} bytes; of a webhook at most ${longestBodyBytes} are taken.`,
    );
  }
  const type = parseMediaType(headers['content-type']);
  const charset = type?.params.get('charset')?.toLowerCase() ?? 'utf-8';
  const isJson = type !== undefined && (type.essence === 'application/json' || type.essence.endsWith('+json'));
  if (isJson && (charset === 'utf-8' || charset === 'utf8')) return;
  const hint =
    type?.essence === 'application/x-www-form-urlencoded'
      ? ' Choose application/json as the content type where the webhook is set up.'
      : '';
  throw new ExportFailure(
    'media-type-unsupported',
    `The body's content type is ${type?.toString() ?? 'missing or malformed'}; send application/json in UTF-8.${hint}`,
  );
}

/** The payload of a delivery that is signed. Fails with `request-invalid`. */
export function parsePayload(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    const message = body.length === 0 ? 'must be JSON in UTF-8; it is empty' : 'must be JSON in UTF-8';
    throw invalidRequest([{ path: 'body', message }]);
  }
}

function parseMediaType(header: string | undefined): MIMEType | undefined {
  try {
    return header === undefined ? undefined : new MIMEType(header);
  } catch {
    return undefined;
  }
}
