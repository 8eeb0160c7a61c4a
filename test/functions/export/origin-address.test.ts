import { describe, expect, test } from 'vitest';
import { parseOriginAddress } from '../../../functions/export/origin-address.ts';

const inLambda = { namedHosts: ['erp.example.org', '127.0.0.1:3001'], allowsLoopback: false };
const local = { namedHosts: [], allowsLoopback: true };

describe('the address of an origin', () => {
  test.each([
    ['https://acme.knosc.com', 'https://acme.knosc.com'],
    ['https://ACME.knosc.com/', 'https://acme.knosc.com'],
    ['https://acme.knosc.io', 'https://acme.knosc.io'],
    ['https://erp.example.org', 'https://erp.example.org'],
    ['http://127.0.0.1:3001', 'http://127.0.0.1:3001'],
  ])('%s is taken inside Lambda', (given, taken) => {
    expect(parseOriginAddress(given, inLambda)).toBe(taken);
  });

  test.each([
    'http://acme.knosc.com',
    'http://erp.example.org',
    'https://knosc.com.evil.example',
    'https://evilknosc.com',
    'https://acme.knosc.com:8443',
    'https://acme.knosc.com/api',
    'https://acme.knosc.com?x=1',
    'https://user:pass@acme.knosc.com',
    'https://erp.example.org:444',
    'http://127.0.0.1:3002',
    'http://localhost:3001',
    'http://169.254.169.254',
    'ftp://acme.knosc.com',
    'acme.knosc.com',
    '',
  ])('%s is refused inside Lambda', (given) => {
    expect(() => parseOriginAddress(given, inLambda)).toThrow(
      expect.objectContaining({ code: 'credentials-unusable' }),
    );
  });

  test.each(['http://127.0.0.1:4000', 'http://localhost:1', 'http://[::1]:80'])('%s is taken locally', (given) => {
    expect(parseOriginAddress(given, local)).toBe(new URL(given).origin);
  });

  test('is not repeated in the refusal, which may be read by callers', () => {
    expect(() => parseOriginAddress('https://user:hunter2@x.example', local)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});
