import { SecretValue, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { webhooksSchema } from '../../functions/api/webhooks/webhook.ts';
import { ExportProxy } from '../../lib/export-proxy.ts';
import { webhooksBudgetBytes } from '../../lib/webhooks.ts';
import {
  createApp,
  grantsOf,
  nameOf,
  propertiesOf,
  statementsOf,
  synthesize,
  synthesizeStack,
} from '../support/synthesize.ts';

const po = { secret: 'knosc/po-webhook', export: { view_name: 'purchase_order_list' } };
const secretArn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:their/secret-AbCdEf';
const secretsNamed = (template: Template) =>
  grantsOf(template, 'ApiRole').filter((grant) => grant.startsWith('secretsmanager:'));

/** The api function's variable as Lambda would have it; what only AWS knows is written as `<Id>`. */
function webhooksOf(template: Template): unknown {
  const environment = z
    .object({ Environment: z.object({ Variables: z.object({ WEBHOOKS: z.unknown() }) }) })
    .parse([...propertiesOf(template, 'AWS::Lambda::Function')].find(([id]) => id.includes('ApiFunction'))?.[1]);
  const { WEBHOOKS: text } = environment.Environment.Variables;
  const joined = z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }).safeParse(text);
  return JSON.parse(
    joined.success
      ? joined.data['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : `<${nameOf(part)}>`)).join('')
      : String(text),
  );
}

describe('webhooks', () => {
  test('reach the api function as declared, with the defaults filled in', () => {
    const debounced = { ...po, debounce_s: 60, filters_from_payload: { 'PO List Number': '/data/number' } };
    expect(webhooksSchema.parse(webhooksOf(synthesize({ webhooks: { po, debounced } })))).toEqual(
      webhooksSchema.parse({ po, debounced }),
    );
  });

  test('are none where none are declared, and no secret can be read then', () => {
    const template = synthesize();
    expect(webhooksOf(template)).toEqual({});
    expect(secretsNamed(template)).toEqual([]);
  });

  test('let the api function read the secrets that they name, and no others', () => {
    const template = synthesize({ webhooks: { po, other: { ...po, secret: secretArn } } });
    expect(secretsNamed(template)).toEqual([
      'secretsmanager:GetSecretValue on arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:knosc/po-webhook-??????',
      `secretsmanager:GetSecretValue on ${secretArn}`,
    ]);
    expect(grantsOf(template, 'ExportRole').filter((grant) => grant.includes('po-webhook'))).toEqual([]);
  });

  test('may be added later, with a secret and a key of the same app', () => {
    const template = synthesizeStack((stack) => {
      const proxy = new ExportProxy(stack, 'Proxy');
      const key = new Key(stack, 'Key');
      const secret = new Secret(stack, 'Signing', { secretStringValue: SecretValue.unsafePlainText('x') });
      proxy.addWebhook('po', { ...po, secret: secret.secretArn }, key);
    });
    expect(webhooksOf(template)).toMatchObject({ po: { secret: '<Signing>' } });
    const statements = statementsOf(template, 'ProxyApiRole');
    expect(statements.filter(({ Action }) => Action.includes('kms:Decrypt'))).toEqual([
      {
        Action: ['kms:Decrypt'],
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
        Condition: {
          StringEquals: { 'kms:ViaService': expect.anything() },
          StringLike: { 'kms:EncryptionContext:SecretARN': { Ref: expect.stringMatching(/^Signing/) } },
        },
      },
    ]);
  });

  test('share a throttle of their own, which their route must be there for', () => {
    const template = synthesize({ webhook_throttle: { rate_per_second: 7, burst: 9 } });
    const [routeId] = Object.keys(
      template.findResources('AWS::ApiGatewayV2::Route', {
        Properties: { RouteKey: 'POST /webhooks/{webhook_name}', AuthorizationType: 'NONE' },
      }),
    );
    expect(routeId).toBeDefined();
    template.hasResource('AWS::ApiGatewayV2::Stage', {
      DependsOn: Match.arrayWith([routeId]),
      Properties: {
        RouteSettings: { 'POST /webhooks/{webhook_name}': { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 } },
        DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 1000 },
      },
    });
  });

  test.each<[fault: string, name: string, webhook: Parameters<ExportProxy['addWebhook']>[1], message: RegExp]>([
    [
      'a name that no path takes',
      'PO changed',
      po,
      /the name of a webhook cannot be used: must be a name.*given is "PO changed"/,
    ],
    [
      'a view that cannot be one',
      'po',
      { ...po, export: { view_name: 'PO' } },
      /the webhook po .*export\.view_name: must be/,
    ],
    ['a debounce that SQS cannot hold', 'po', { ...po, debounce_s: 901 }, /the webhook po .*debounce_s/],
  ])('are refused with %s', (_fault, name, webhook, message) => {
    const proxy = new ExportProxy(new Stack(createApp(), 'Theirs'), 'Proxy');
    expect(() => proxy.addWebhook(name, webhook)).toThrow(message);
  });

  test.each(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'hunter2!', '*'])(
    'are refused with a secret that is none of a name, and do not show it: %s',
    (secret) => {
      const proxy = new ExportProxy(new Stack(createApp(), 'Theirs'), 'Proxy');
      const add = () => proxy.addWebhook('po', { ...po, secret, debounce_s: 0 });
      expect(add).toThrow(
        /^the webhook po cannot be used: secret: must be the name .*; what is given is not shown; and debounce_s: .*given is 0$/,
      );
      expect(add).not.toThrow(secret);
    },
  );

  test('of the same app are checked in all but their secret', () => {
    const stack = new Stack(createApp(), 'Theirs');
    const secret = new Secret(stack, 'Signing').secretArn;
    const proxy = new ExportProxy(stack, 'Proxy');
    expect(() => proxy.addWebhook('po', { ...po, secret, debounce_s: 0 })).toThrow(/po cannot be used: debounce_s: /);
  });

  test('are refused under a name that another has', () => {
    const proxy = new ExportProxy(new Stack(createApp(), 'Theirs'), 'Proxy', { webhooks: { po } });
    expect(() => proxy.addWebhook('po', po)).toThrow('the webhook po is declared twice; give it another name');
  });
});

describe("Lambda's 4 KB of environment", () => {
  const long = { ...po, export: { view_name: 'purchase_order_list', filters: { 'PO List Number': 'x'.repeat(2900) } } };

  test('fit webhooks up to their budget', () => {
    expect(() => synthesize({ webhooks: { long } })).not.toThrow();
  });

  test('are told of at synthesis where the webhooks take too much of them', () => {
    const more = { po, long };
    expect(() => synthesize({ webhooks: more })).toThrow(
      /the webhooks take \d{4} bytes of the api function's environment, of which 3072 are theirs \(po \d+, long \d+\)\. Shorten their filters/,
    );
  });

  // The longest that AWS gives: bucket names of 63 letters, role and queue names with generated tails.
  test('leave enough for what else the api function is told', () => {
    const stack = new Stack(createApp(), 'x'.repeat(128));
    const proxy = new ExportProxy(stack, 'Proxy');
    const [, properties] = [...propertiesOf(Template.fromStack(stack), 'AWS::Lambda::Function')].find(([id]) =>
      id.includes('ApiFunction'),
    ) ?? ['', {}];
    const { Variables } = z
      .object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) })
      .parse(properties).Environment;
    const longest: Readonly<Record<string, number>> = { BUCKET_NAME: 63, QUEUE_URL: 150, LINK_ROLE_ARN: 120 };
    const bytes = Object.entries(Variables)
      .filter(([name]) => name !== 'WEBHOOKS')
      .map(([name, value]) => name.length + (typeof value === 'string' ? value.length : (longest[name] ?? 4096)))
      .reduce((sum, each) => sum + each, 'WEBHOOKS'.length);
    expect(proxy.apiFunction).toBeDefined();
    expect(bytes + webhooksBudgetBytes).toBeLessThan(4096);
  });
});
