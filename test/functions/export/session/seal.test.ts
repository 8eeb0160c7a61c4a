import { describe, expect, test } from 'vitest';
import { createSeal, type SealedSession } from '../../../../functions/export/session/seal.ts';
import type { Session } from '../../../../functions/export/session/session.ts';

const session: Session = {
  id: 's1',
  secretVersion: 'v1',
  originAddress: 'https://acme.knosc.com',
  cookieHeader: 'access_token_cookie=a; csrf_access_token=c',
  csrfToken: 'c',
  renewal: { cookieHeader: 'refresh_token_cookie=r; csrf_refresh_token=cr', csrfToken: 'cr' },
  renewFromMs: 1,
  endsAtMs: 2,
};
const owner = { version: 'v1', originAddress: 'https://acme.knosc.com' };
const seal = createSeal('a key that nobody can guess', 'k1');

const flipped = (base64: string) => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
};

describe('a sealed session', () => {
  test('is opened by the key, for the secret version and the origin that it was made with', () => {
    expect(seal.open(seal.close(session), owner)).toEqual(session);
    expect(createSeal('a key that nobody can guess', 'k1').open(seal.close(session), owner)).toEqual(session);
  });

  test('is another one each time, and shows nothing of what is in it', () => {
    const [one, other] = [seal.close(session), seal.close(session)];
    expect(one.iv).not.toBe(other.iv);
    expect(one.ciphertext).not.toBe(other.ciphertext);
    expect(Buffer.from(one.ciphertext, 'base64').toString('latin1')).not.toContain('cookie');
  });

  test.each<[string, (sealed: SealedSession) => unknown]>([
    ['with another key', (sealed) => createSeal('another key', 'k1').open(sealed, owner)],
    [
      'with another version of the key',
      (sealed) => createSeal('a key that nobody can guess', 'k2').open(sealed, owner),
    ],
    ['as one of another key version', (sealed) => seal.open({ ...sealed, key_version: 'k2' }, owner)],
    ['for another version of the secret', (sealed) => seal.open(sealed, { ...owner, version: 'v2' })],
    ['for another origin', (sealed) => seal.open(sealed, { ...owner, originAddress: 'https://evil.knosc.com' })],
    ['with a changed text', (sealed) => seal.open({ ...sealed, ciphertext: flipped(sealed.ciphertext) }, owner)],
    ['with a changed IV', (sealed) => seal.open({ ...sealed, iv: flipped(sealed.iv) }, owner)],
    ['with a changed tag', (sealed) => seal.open({ ...sealed, tag: flipped(sealed.tag) }, owner)],
    ['with a short tag', (sealed) => seal.open({ ...sealed, tag: sealed.tag.slice(0, 8) }, owner)],
    ['when it is empty', () => seal.open({ key_version: 'k1', iv: '', ciphertext: '', tag: '' }, owner)],
  ])('is none %s', (_name, open) => {
    expect(open(seal.close(session))).toBeUndefined();
  });

  test('says which key it is bound to even where the key versions are only claimed', () => {
    const claimed = createSeal('a key that nobody can guess', 'k2').close(session);
    expect(seal.open({ ...claimed, key_version: 'k1' }, owner)).toBeUndefined();
  });
});
