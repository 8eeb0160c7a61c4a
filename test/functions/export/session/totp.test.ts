import { describe, expect, test } from 'vitest';
import { requireTotpSecret, startOfTotpStep, totpCode, totpStepAt } from '../../../../functions/export/session/totp.ts';

// RFC 6238, appendix B, for SHA-1; its codes have eight digits, of which six-digit codes are the last six.
const rfcSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('a TOTP code', () => {
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
  ])('at second %i is the one of RFC 6238', (second, code) => {
    expect(totpCode(rfcSecret, totpStepAt(second * 1000))).toBe(code);
  });

  test('is read from a secret with spaces and hyphens, as set-up pages show it', () => {
    expect(totpCode('GEZD GNBV-GY3T QOJQ GEZD GNBV GY3T QOJQ', 1)).toBe('287082');
  });

  test('of something that is not base32 fails with credentials-unusable and does not repeat it', () => {
    expect(() => requireTotpSecret('not base32!')).toThrow(
      expect.objectContaining({ code: 'credentials-unusable', message: expect.not.stringContaining('not base32!') }),
    );
  });
});

test('a time step begins every 30 s', () => {
  expect([totpStepAt(29_999), totpStepAt(30_000), startOfTotpStep(2)]).toEqual([0, 1, 60_000]);
});
