import type { IncomingMessage } from 'node:http';
import type { Account, Accounts } from './accounts.ts';
import { tokenRefused } from './knosc-error.ts';
import { createTokens, type TokenClaims } from './tokens.ts';

interface SessionsOptions {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly accessTokenLifetimeSeconds: number;
  readonly now: () => number;
}

/** Knosc's sessions: four cookies, and a CSRF token to echo. The lists are values for `Set-Cookie`. */
export interface Sessions {
  open(account: Account): string[];
  /** The access pair only: what a refresh and a second factor set. */
  openAccess(account: Account): string[];
  end(): string[];
  /** From now on the access token of this request is taken for expired. */
  expire(request: IncomingMessage): void;
  /** The account behind the cookie. Throws 401 or 422 `{msg}` where it, or the CSRF header that goes with it, will not do. */
  require(request: IncomingMessage, type: TokenClaims['type']): Account;
}

const refreshTokenLifetimeSeconds = 86_400;
const refreshPath = '/api/token-refresh';

export function createSessions({ accounts, accessTokenLifetimeSeconds, now }: SessionsOptions): Sessions {
  const tokens = createTokens(now);
  const expired = new Set<string>();
  const issue = (type: TokenClaims['type'], { username, lastModifiedAtMs }: Account, lifetimeSeconds: number) =>
    tokens.issue(type, username, lastModifiedAtMs, lifetimeSeconds);
  const accessCookies = (account: Account) => {
    const { jwt, csrf } = issue('access', account, accessTokenLifetimeSeconds);
    return [
      `access_token_cookie=${jwt}; HttpOnly; SameSite=Lax; Path=/`,
      `csrf_access_token=${csrf}; SameSite=Lax; Path=/`,
    ] as const;
  };

  return {
    open: (account) => {
      const [accessToken, accessCsrf] = accessCookies(account);
      const { jwt, csrf } = issue('refresh', account, refreshTokenLifetimeSeconds);
      return [
        accessToken,
        `refresh_token_cookie=${jwt}; HttpOnly; SameSite=Lax; Path=${refreshPath}`,
        accessCsrf,
        `csrf_refresh_token=${csrf}; SameSite=Lax; Path=${refreshPath}`,
      ];
    },
    openAccess: (account) => [...accessCookies(account)],
    end: () => [cleared('access_token_cookie', '/'), cleared('refresh_token_cookie', refreshPath)],
    expire: (request) => {
      const token = tokenOf(request, 'access');
      if (token !== undefined) expired.add(token);
    },
    require: (request, type) => {
      const token = tokenOf(request, type);
      const claims = tokens.verify(type, token);
      if (token !== undefined && expired.has(token)) throw tokenRefused(401, 'Token has expired');
      const account = accounts.find(claims.sub);
      if (!account || claims.last_modified_at !== account.lastModifiedAtMs)
        throw tokenRefused(401, 'Token has been revoked');
      const csrf = request.headers['x-xsrf-token'];
      if (csrf === undefined) throw tokenRefused(422, 'Missing CSRF token');
      if (csrf !== claims.csrf) throw tokenRefused(422, 'CSRF double submit tokens do not match');
      return account;
    },
  };
}

function cleared(name: string, path: string): string {
  return `${name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Path=${path}`;
}

function tokenOf(request: IncomingMessage, type: TokenClaims['type']): string | undefined {
  return parseCookies(request.headers.cookie).get(`${type}_token_cookie`);
}

function parseCookies(header = ''): ReadonlyMap<string, string> {
  const pairs = header.split(/; */).filter((pair) => pair.includes('='));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
