import { Secret, TOTP } from 'otpauth';
import { refused } from './knosc-error.ts';
import type { SeededUser } from './users.ts';

/** A user and what log-ins have made of it. */
export interface Account extends SeededUser {
  password: string;
  /** Tokens that name another moment are dead. */
  lastModifiedAtMs: number;
  refusedInARow: number;
  lockedUntilMs: number;
  /** The password was right at this moment, and a TOTP code may follow for a while. */
  passwordAtMs: number;
  lastTotpStep: number;
}

/** Users, passwords, lockout and second factors. Throws `KnoscError`. */
export interface Accounts {
  /** Throws 401 `User.InvalidCredentials`, or 403 where the account is locked or suspended. */
  checkPassword(usernameOrEmail: string, password: string): Account;
  /** Throws 401 `2FA.InvalidCode`. */
  checkTotp(usernameOrEmail: string, code: string): Account;
  find(usernameOrEmail: string): Account | undefined;
  /** As if the wrong password had been given too often. */
  lock(usernameOrEmail: string): void;
  readonly changePassword: (username: string, password: string) => void;
}

const refusalsBeforeLock = 3;
const firstLockSeconds = 60;
const totpPatienceMs = 5 * 60_000;
const totpStepMs = 30_000;

export function createAccounts(users: readonly SeededUser[], now: () => number): Accounts {
  const accounts = users.map(
    (user): Account => ({
      ...user,
      lastModifiedAtMs: 0,
      refusedInARow: 0,
      lockedUntilMs: 0,
      passwordAtMs: Number.NEGATIVE_INFINITY,
      lastTotpStep: -1,
    }),
  );
  const find = (name: string) => accounts.find(({ username, email }) => name === username || name === email);

  function requireUnlocked(account: Account): void {
    const leftMs = account.lockedUntilMs - now();
    if (leftMs <= 0) return;
    const message = 'Account locked after too many failed logins. Try again later.';
    throw refused(403, 'User.AccountLocked', message, { 'retry-after': String(Math.ceil(leftMs / 1000)) });
  }

  /** The third refusal in a row locks the account for a minute; each further one for twice as long as the last. */
  function countRefusal(account: Account): void {
    account.refusedInARow += 1;
    const locks = account.refusedInARow - refusalsBeforeLock;
    if (locks >= 0) account.lockedUntilMs = now() + firstLockSeconds * 2 ** locks * 1000;
  }

  return {
    find,
    checkPassword: (name, password) => {
      const account = find(name);
      if (!account) throw badCredentials();
      requireUnlocked(account);
      if (account.password !== password) {
        countRefusal(account);
        throw badCredentials();
      }
      if (account.state === 'suspended') throw refused(403, 'User.Suspended', 'This account is suspended.');
      account.passwordAtMs = now();
      // With a second factor the log-in is not over: only its end clears the count.
      if (account.totpSecret === undefined) account.refusedInARow = 0;
      return account;
    },
    checkTotp: (name, code) => {
      const account = find(name);
      if (account?.totpSecret === undefined || now() - account.passwordAtMs > totpPatienceMs) throw badCode();
      requireUnlocked(account);
      const totp = new TOTP({ secret: Secret.fromBase32(account.totpSecret) });
      const delta = totp.validate({ token: code, timestamp: now(), window: 1 });
      const step = Math.floor(now() / totpStepMs) + (delta ?? 0);
      if (delta === null || step <= account.lastTotpStep) {
        countRefusal(account);
        throw badCode();
      }
      account.lastTotpStep = step;
      account.refusedInARow = 0;
      return account;
    },
    lock: (name) => {
      const account = find(name);
      if (account) account.lockedUntilMs = now() + firstLockSeconds * 1000;
    },
    changePassword: (username, password) => {
      const account = find(username);
      if (!account) throw new Error(`there is no user ${username}`);
      account.password = password;
      // Later than the last change even within one millisecond, so that no token outlives it.
      account.lastModifiedAtMs = Math.max(now(), account.lastModifiedAtMs + 1);
      account.passwordAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}

function badCredentials() {
  return refused(401, 'User.InvalidCredentials', 'Invalid username or password.');
}

function badCode() {
  return refused(401, '2FA.InvalidCode', 'Invalid or expired TOTP code.');
}
