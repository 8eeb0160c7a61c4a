import { describe, expect, test } from 'vitest';
import { webhooksSchema } from '../../../../functions/api/webhooks/webhook.ts';

const declared = (changes: object) => ({
  'po-changed': { secret: 'webhooks/po', export: { view_name: 'purchase_order_list' }, ...changes },
});
const faultsOf = (value: unknown) =>
  webhooksSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const hmac = (changes: object) => declared({ signature: { scheme: 'hmac', header: 'x-signature', ...changes } });

describe('a webhook', () => {
  test('is signed by Standard Webhooks where nothing else is said', () => {
    expect(webhooksSchema.parse(declared({}))['po-changed']?.signature).toEqual({ scheme: 'standard_webhooks' });
  });

  test('is the same when it is parsed again, as the api function does', () => {
    const given = hmac({ header: 'X-Signature', timestamp: { header: 'X-Time' } });
    const once = webhooksSchema.parse({ ...given, b: declared({ debounce_s: 900 })['po-changed'] });
    expect(webhooksSchema.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  test.each([
    ['another scheme', declared({ signature: { scheme: 'basic' } }), 'signature'],
    ['no secret', declared({ secret: undefined }), 'po-changed.secret'],
    ['its secret itself', declared({ secret: undefined, secret_value: 'x' }), 'po-changed'],
    ['a debounce of over 900 s', declared({ debounce_s: 901 }), 'debounce_s'],
    ['a name that no path has', { 'Po Changed': declared({})['po-changed'] }, 'Po Changed: Invalid key'],
    ['a pointer without a slash', declared({ filters_from_payload: { A: 'data' } }), 'must be a JSON Pointer'],
    ['a pointer with a wrong escape', declared({ filters_from_payload: { A: '/a~2' } }), 'must be a JSON Pointer'],
    [
      'a column that is fixed and taken from the payload',
      declared({
        export: { view_name: 'purchase_order_list', filters: { A: 1 } },
        filters_from_payload: { A: '/a', B: '/b' },
      }),
      'filters_from_payload.A: must not be a column of export.filters too',
    ],
    ['a header that is none', hmac({ header: 'x signature' }), 'signature.header'],
    ['a prefix with a comma', hmac({ prefix: 'a,' }), 'signature.prefix'],
    ['a signed form without the body', hmac({ signed: 'v0' }), 'must contain {body} once'],
    ['a signed form of something unknown', hmac({ signed: '{id}.{body}' }), 'must contain {body} once'],
    ['a timestamp that is signed and not declared', hmac({ signed: '{timestamp}.{body}' }), 'no timestamp is declared'],
    [
      'a timestamp that is not signed',
      hmac({ timestamp: { header: 'x-time' }, signed: '{body}' }),
      'must contain {timestamp} and {body}',
    ],
    [
      'timestamp and body with nothing between them',
      hmac({ timestamp: { header: 'x-time' }, signed: '{timestamp}{body}' }),
      'something that is no digit between them',
    ],
    [
      'timestamp and body with a digit between them',
      hmac({ timestamp: { header: 'x-time' }, signed: '{timestamp}0.{body}' }),
      'something that is no digit between them',
    ],
    ['a timestamp beside the signature without prefixes', hmac({ timestamp: {} }), 'a prefix of its own'],
    [
      'a timestamp that looks like a signature',
      hmac({ prefix: 'v', timestamp: { prefix: 'vt=' } }),
      'a prefix of its own',
    ],
  ])('with %s is a fault of the settings', (_name, value, words) => {
    expect(faultsOf(value).join('\n')).toContain(words);
  });
});
