import { setTimeout as sleep } from 'node:timers/promises';
import { Secret, TOTP } from 'otpauth';
import { ExportFailure } from '../ledger/failure.ts';

/** The TOTP code (RFC 6238, 30 s steps, 6 digits) of a base32 secret. */
export type MakeTotpCode = (secret: string, signal: AbortSignal) => Promise<string>;

const stepSeconds = 30;

/** Never gives two codes of one time step, since a code is good once: the second call waits for the next step. */
export function createMakeTotpCode(now: () => number): MakeTotpCode {
  let lastStep = -1;
  return async (secret, signal) => {
    const key = parseSecret(secret);
    const current = Math.floor(now() / 1000 / stepSeconds);
    const step = Math.max(current, lastStep + 1);
    lastStep = step;
    const waitMs = step * stepSeconds * 1000 - now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
    return new TOTP({ secret: key, period: stepSeconds }).generate({ timestamp: step * stepSeconds * 1000 });
  };
}

function parseSecret(secret: string): Secret {
  try {
    return Secret.fromBase32(secret.replaceAll(/[\s-]/g, ''));
  } catch {
    throw new ExportFailure(
      'credentials-unusable',
      'The secret\'s "totp_secret" is not base32. Put the set-up key that Knosc showed there.',
    );
  }
}
