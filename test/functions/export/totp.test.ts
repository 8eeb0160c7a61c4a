import { describe, expect, test } from 'vitest';
import { createMakeTotpCode } from '../../../functions/export/totp.ts';

// RFC 6238, appendix B, for SHA-1; its codes have eight digits, of which six-digit codes are the last six.
const rfcSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const signal = new AbortController().signal;

describe('a TOTP code', () => {
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
  ])('at second %i is the one of RFC 6238', async (second, code) => {
    expect(await createMakeTotpCode(() => second * 1000)(rfcSecret, signal)).toBe(code);
  });

  test('is read from a secret with spaces and hyphens, as set-up pages show it', async () => {
    expect(await createMakeTotpCode(() => 59_000)('GEZD GNBV-GY3T QOJQ GEZD GNBV GY3T QOJQ', signal)).toBe('287082');
  });

  test('is never of the same time step twice: the second call waits for the next step', async () => {
    const startMs = Date.now();
    // A clock that stands 40 ms before the end of a step when the test begins.
    const now = () => 29_960 + (Date.now() - startMs);
    const makeTotpCode = createMakeTotpCode(now);
    const first = await makeTotpCode(rfcSecret, signal);
    const second = await makeTotpCode(rfcSecret, signal);
    expect(second).not.toBe(first);
    expect(second).toBe('287082');
  });

  test('of something that is not base32 fails with credentials-unusable and does not repeat it', async () => {
    const failure = await createMakeTotpCode(Date.now)('not base32!', signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'credentials-unusable' });
    expect(String(failure)).not.toContain('not base32!');
  });
});
