import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissionWords } from '../../sandbox/aws/iam/permission.ts';
import { differences, grantsOf, needlessGrants } from '../support/used-and-granted.ts';
import { type WalkedStack, walkStack } from '../support/walked-stack.ts';

const encryptionKey = 'arn:aws:kms:eu-central-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab';

let walked: WalkedStack;

beforeAll(async () => {
  walked = await walkStack(encryptionKey);
}, 180_000);

afterAll(() => walked.close());

describe("what the stack grants under a customer's key", () => {
  test('is what the journeys through the system use, no less and no more', () => {
    expect(differences(walked.proxy.stack.permissions, walked.requests)).toEqual([]);
  });

  test('lacks something they use as soon as any single permission is taken away', () => {
    const { permissions } = walked.proxy.stack;
    expect(needlessGrants(permissions, walked.requests).map(permissionWords)).toEqual([]);
    const onTheKey = grantsOf(permissions).filter(({ resource }) => resource === encryptionKey);
    expect(new Set(onTheKey.map(({ action }) => action))).toEqual(new Set(['kms:Decrypt', 'kms:GenerateDataKey']));
    expect(onTheKey.length).toBeGreaterThan(8);
  });
});
