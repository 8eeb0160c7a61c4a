import { isDeepStrictEqual } from 'node:util';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { type GivenSettings, propertiesOf, synthesize } from '../support/synthesize.ts';

/**
 * What holds what nobody can make again, by the ids that CloudFormation knows it by. They are frozen: a resource under another id is another
 * resource, empty, and the old one is removed or left behind.
 */
const stateful = {
  'AWS::S3::Bucket': ['ExportsAccessLogs43BFA596', 'ExportsBucket54D5CE64'],
  'AWS::SecretsManager::Secret': ['CredentialsF8F243AA', 'SessionKey0FE01E29'],
  'AWS::SQS::Queue': ['DeadLettersBBF8BAAB', 'Queue4A7E3555', 'ScheduleDeadLetters0406ECBC'],
} as const;

/** What CloudFormation replaces these resources for (Resource types reference, "Update requires: Replacement"). */
const replacing = {
  'AWS::S3::Bucket': ['BucketName', 'ObjectLockEnabled', 'BucketNamePrefix', 'BucketNamespace'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
} as const;

const webhook = { secret: 'knosc/po', export: { view_name: 'purchase_order_list' } };
const schedule = { expression: 'rate(1 day)', export: { view_name: 'item_master' } };
const key = 'arn:aws:kms:eu-central-1:111122223333:key/0b0d6c1e-7d4e-4a39-8f5b-000000000000';

/** Every setting, changed; a setting without a line here does not compile. */
const changes = {
  $schema: './settings.schema.json',
  origin_hosts: ['erp.example.org'],
  workbook_days: 30,
  maximum_concurrency: 50,
  reserved_concurrency: 60,
  export_memory_mb: 3538,
  event_bus: 'erp',
  webhooks: { po: webhook },
  schedules: { daily: schedule },
  webhook_throttle: { rate_per_second: 5, burst: 5 },
  maximum_workbook_bytes: 1024 ** 3,
  longest_link_s: 600,
  encryption_key: key,
  former_encryption_keys: ['arn:aws:kms:eu-central-1:111122223333:key/0b0d6c1e-7d4e-4a39-8f5b-000000000002'],
  alarm_email: 'ops@example.com',
  runbook_url: 'https://wiki.example.com/knosc',
  log_days: 365,
  tracing: false,
  remove_data: true,
} as const satisfies Required<GivenSettings>;

const before = synthesize();

/** Ids and every property that a resource is replaced for. */
function identities(template: Template): unknown {
  return Object.entries(stateful).map(([type, ids]) => {
    const resources = propertiesOf(template, type);
    return [
      type,
      ids.map((id) => {
        const properties = resources.get(id);
        const names = Object.entries(replacing).find(([of]) => of === type)?.[1] ?? [];
        return [id, properties !== undefined, names.map((name) => [name, properties?.[name]])];
      }),
    ];
  });
}

describe('a deployment over an older one', () => {
  test('finds buckets, secrets and queues by the ids that they always had, and no others', () => {
    for (const [type, ids] of Object.entries(stateful)) {
      expect([...propertiesOf(before, type).keys()].toSorted()).toEqual([...ids].toSorted());
    }
  });

  test.each(Object.entries(changes))(
    'with another %s replaces none of them, and neither does the way back',
    (name, value) => {
      const after = synthesize({ [name]: value });
      expect(identities(after)).toEqual(identities(before));
      for (const type of Object.keys(stateful)) {
        expect([...propertiesOf(after, type).keys()].toSorted()).toEqual(
          [...propertiesOf(before, type).keys()].toSorted(),
        );
      }
      // A setting that nothing came of would replace nothing either; only the editors' line may.
      expect(isDeepStrictEqual(after.toJSON(), before.toJSON())).toBe(name === '$schema');
    },
  );

  test('with every setting changed at once replaces none of them', () => {
    expect(identities(synthesize(changes))).toEqual(identities(before));
  });
});
