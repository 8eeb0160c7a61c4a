import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { Unreachable } from './unreachable.ts';

/** A call before it is signed. */
export interface UnsignedCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The headers of a call, with its AWS signature (SigV4, for `execute-api`). Fails with `Unreachable` where there are no credentials. */
export type Sign = (call: UnsignedCall) => Promise<Record<string, string>>;

/** Signs with what the standard AWS chain finds: environment, profiles, SSO, processes, containers, instances. */
export function createSigner(region: string): Sign {
  const provider = defaultProvider();
  return async ({ method, url, headers, body }) => {
    const credentials = await provider().catch((error: unknown) => {
      throw noCredentials(error);
    });
    const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    });
    // fetch sends the host itself, from the address.
    const { host: _, ...sent } = signed.headers;
    return sent;
  };
}

function noCredentials(cause: unknown): Unreachable {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new Unreachable(
    `There are no AWS credentials to sign with: ${words}\nLog in (aws sso login), choose a profile (AWS_PROFILE), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    { cause },
  );
}

/** node:crypto in the form that the signer takes: a hash, or with a secret an HMAC. */
class Sha256 {
  #hash: Hash | Hmac;
  readonly #secret: string | ArrayBuffer | ArrayBufferView | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret;
    this.#hash = newHash(secret);
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = newHash(this.#secret);
  }
}

function newHash(secret: string | ArrayBuffer | ArrayBufferView | undefined): Hash | Hmac {
  if (secret === undefined) return createHash('sha256');
  return createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
