import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { tokenRefused } from './knosc-error.ts';

const claimsSchema = z.object({
  sub: z.string(),
  type: z.enum(['access', 'refresh']),
  csrf: z.string(),
  iat: z.number(),
  exp: z.number(),
  /** Knosc's own claim: a token dies when the account has changed since. */
  last_modified_at: z.number(),
});

export type TokenClaims = z.infer<typeof claimsSchema>;

/** JWTs (RFC 7519, HS256) under a key of this process. */
export interface Tokens {
  issue(type: TokenClaims['type'], username: string, lastModifiedAt: number, lifetimeSeconds: number): IssuedToken;
  /** Throws 401 `{msg}` where the token is missing, not ours, of the other type, or over. */
  verify(type: TokenClaims['type'], token: string | undefined): TokenClaims;
}

export interface IssuedToken {
  readonly jwt: string;
  readonly csrf: string;
}

export function createTokens(now: () => number): Tokens {
  const key = randomBytes(32);
  const sign = (text: string) => createHmac('sha256', key).update(text).digest();

  return {
    issue: (type, username, lastModifiedAt, lifetimeSeconds) => {
      const iat = Math.floor(now() / 1000);
      const csrf = randomUUID();
      const claims = { sub: username, type, csrf, iat, exp: iat + lifetimeSeconds, last_modified_at: lastModifiedAt };
      const text = `${base64Url({ alg: 'HS256', typ: 'JWT' })}.${base64Url(claims)}`;
      return { jwt: `${text}.${sign(text).toString('base64url')}`, csrf };
    },
    verify: (type, token) => {
      if (token === undefined) throw tokenRefused(401, `Missing cookie "${type}_token_cookie"`);
      const [header = '', payload = '', signature = ''] = token.split('.');
      const expected = sign(`${header}.${payload}`);
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw tokenRefused(401, 'Signature verification failed');
      }
      const claims = claimsSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
      if (claims.type !== type) throw tokenRefused(401, `Only ${type} tokens are allowed`);
      if (claims.exp * 1000 <= now()) throw tokenRefused(401, 'Token has expired');
      return claims;
    },
  };
}

function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
