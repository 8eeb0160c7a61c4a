import { Secret, TOTP } from 'otpauth';
import { ExportFailure } from '../../ledger/failure.ts';

const stepMs = 30_000;

/** The number of the time step (RFC 6238, 30 s) in which a moment lies. A code is good for one log-in in its step. */
export function totpStepAt(nowMs: number): number {
  return Math.floor(nowMs / stepMs);
}

/** When a time step begins. */
export function startOfTotpStep(step: number): number {
  return step * stepMs;
}

/** The six digits of a base32 secret in a time step. */
export function totpCode(secret: string, step: number): string {
  return new TOTP({ secret: requireTotpSecret(secret), period: stepMs / 1000 }).generate({
    timestamp: startOfTotpStep(step),
  });
}

/** Spaces and hyphens are as set-up pages show them. Fails with `credentials-unusable` on what is not base32. */
export function requireTotpSecret(text: string): Secret {
  try {
    return Secret.fromBase32(text.replaceAll(/[\s-]/g, ''));
  } catch {
    throw new ExportFailure(
      'credentials-unusable',
      'The secret\'s "totp_secret" is not base32. Put the set-up key that Knosc showed there.',
    );
  }
}
