import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { apiEnvironmentSchema } from '../../functions/api/api-function.ts';
import { routes } from '../../functions/api/routes.ts';
import { exportEnvironmentSchema } from '../../functions/export/export-function.ts';
import { messageRetentionSeconds } from '../../functions/ledger/read-record.ts';
import { ExportProxy } from '../../lib/export-proxy.ts';
import { ExportProxyStack } from '../../lib/export-proxy-stack.ts';
import { httpRoutes } from '../../lib/http-interface.ts';
import { settingsSchema } from '../../lib/settings/settings.ts';
import {
  createApp,
  type GivenSettings,
  grantsOf,
  nameOf,
  propertiesOf,
  statementsOf,
  synthesize,
  synthesizeStack,
} from '../support/synthesize.ts';

let template: Template;

const stageSchema = z.object({ Properties: z.object({ AccessLogSettings: z.object({ Format: z.string() }) }) });

beforeAll(() => {
  template = synthesize();
});

describe('the roles', () => {
  test('of the api function reads and writes records, claims and the index, deletes workbooks, sends messages, and signs links', () => {
    expect(grantsOf(template, 'ApiRole')).toEqual([
      'logs:CreateLogStream on ApiLog',
      'logs:PutLogEvents on ApiLog',
      's3:DeleteObject on ExportsBucket/workbooks/*',
      's3:GetObject on ExportsBucket/claims/*',
      's3:GetObject on ExportsBucket/exports/*',
      's3:GetObject on ExportsBucket/requests/*',
      's3:ListBucket on ExportsBucket',
      's3:PutObject on ExportsBucket/claims/*',
      's3:PutObject on ExportsBucket/exports/*',
      's3:PutObject on ExportsBucket/requests/*',
      'sqs:SendMessage on Queue',
      'xray:PutTelemetryRecords on *',
      'xray:PutTraceSegments on *',
    ]);
  });

  test('of the export function alone reads the credentials, shares the session and writes workbooks', () => {
    expect(grantsOf(template, 'ExportRole')).toEqual([
      'events:PutEvents on arn:AWS::Partition:events:AWS::Region:AWS::AccountId:event-bus/default',
      'logs:CreateLogStream on ExportLog',
      'logs:PutLogEvents on ExportLog',
      's3:AbortMultipartUpload on ExportsBucket/workbooks/*',
      's3:DeleteObject on ExportsBucket/workbooks/*',
      's3:GetObject on ExportsBucket/claims/*',
      's3:GetObject on ExportsBucket/exports/*',
      's3:GetObject on ExportsBucket/origin/*',
      's3:GetObject on ExportsBucket/requests/*',
      's3:ListBucket on ExportsBucket',
      's3:PutObject on ExportsBucket/claims/*',
      's3:PutObject on ExportsBucket/exports/*',
      's3:PutObject on ExportsBucket/origin/*',
      's3:PutObject on ExportsBucket/requests/*',
      's3:PutObject on ExportsBucket/workbooks/*',
      'secretsmanager:GetSecretValue on Credentials',
      'secretsmanager:GetSecretValue on SessionKey',
      'sqs:ChangeMessageVisibility on Queue',
      'sqs:DeleteMessage on Queue',
      'sqs:GetQueueAttributes on Queue',
      'sqs:ReceiveMessage on Queue',
      'sqs:SendMessage on Queue',
      'xray:PutTelemetryRecords on *',
      'xray:PutTraceSegments on *',
    ]);
  });

  test('puts only events of its own on the bus', () => {
    expect(statementsOf(template, 'ExportRole').filter(({ Action }) => Action.includes('events:PutEvents'))).toEqual([
      expect.objectContaining({ Condition: { StringEquals: { 'events:source': 'knosc-export-proxy' } } }),
    ]);
  });

  test('that signs links can read workbooks and nothing else', () => {
    expect(grantsOf(template, 'LinkRole')).toEqual(['s3:GetObject on ExportsBucket/workbooks/*']);
  });

  test('have no managed policies', () => {
    for (const role of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(role).not.toHaveProperty('Properties.ManagedPolicyArns');
    }
  });
});

describe('the HTTP API', () => {
  test("has the api function's own routes, and $default", () => {
    const own = Object.values(routes).map(({ methods, path, isOpen }) => ({ methods: [...methods], path, isOpen }));
    expect(httpRoutes.map(({ methods, path, isOpen }) => ({ methods: methods.map(String), path, isOpen }))).toEqual(
      own,
    );
    const keys = Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(
      (route) => z.object({ Properties: z.object({ RouteKey: z.string() }) }).parse(route).Properties.RouteKey,
    );
    expect(keys.toSorted()).toEqual(
      [...own.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`)), '$default'].toSorted(),
    );
  });

  test('asks for an AWS identity everywhere but on /health and for webhooks', () => {
    for (const route of Object.values(template.findResources('AWS::ApiGatewayV2::Route'))) {
      const { RouteKey, AuthorizationType } = z
        .object({ Properties: z.object({ RouteKey: z.string(), AuthorizationType: z.string() }) })
        .parse(route).Properties;
      expect(AuthorizationType).toBe(/ \/health$|^POST \/webhooks\//.test(RouteKey) ? 'NONE' : 'AWS_IAM');
    }
  });

  test('may invoke the api function for every route, and for $default, whose ARN is one segment shorter', () => {
    const sources = [...propertiesOf(template, 'AWS::Lambda::Permission').values()].map((permission) => {
      expect(permission).toMatchObject({ Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' });
      expect(nameOf(permission['FunctionName'])).toBe('ApiFunction');
      return nameOf(permission['SourceArn']);
    });
    const api = 'arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:HttpHttpApi';
    expect(sources.toSorted()).toEqual([`${api}/*/$default`, `${api}/*/*/*`]);
  });

  test('writes an access log whose lines are JSON, numbers as numbers', () => {
    const [{ Properties: stage } = { Properties: undefined }] = Object.values(
      template.findResources('AWS::ApiGatewayV2::Stage'),
    ).map((found) => stageSchema.parse(found));
    const line = stage?.AccessLogSettings.Format.replaceAll(/\$context\.[\w.]+/g, '503');
    expect(JSON.parse(line ?? '')).toEqual({
      requestId: '503',
      time: '503',
      routeKey: '503',
      status: 503,
      latencyMs: 503,
      caller: '503',
      error: '503',
    });
  });

  test('writes an access log without queries and headers', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      AccessLogSettings: { Format: Match.not(Match.stringLikeRegexp('path|query|header|authorizer')) },
    });
  });
});

describe('the functions', () => {
  test('run on Node 24 and arm64, and have every setting that they ask for', () => {
    const environments = Object.entries(
      template.findResources('AWS::Lambda::Function', {
        Properties: { Runtime: 'nodejs24.x', Architectures: ['arm64'] },
      }),
    );
    const environmentOf = (name: string) => {
      const found = environments.find(([id]) => id.startsWith(name))?.[1];
      const variables = z
        .object({ Properties: z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) }) })
        .parse(found);
      return Object.fromEntries(
        Object.entries(variables.Properties.Environment.Variables).map(([key, value]) => [
          key,
          typeof value === 'string' ? value : 'resolved',
        ]),
      );
    };
    expect(apiEnvironmentSchema.parse(environmentOf('ApiFunction'))).toBeDefined();
    expect(exportEnvironmentSchema.parse(environmentOf('ExportFunction'))).toMatchObject({
      WORKBOOK_DAYS: 7,
      ORIGIN_HOSTS: '',
    });
  });

  test('take messages one by one, at most five at once', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('may be told another origin, another retention and another concurrency', () => {
    const other = synthesize({
      origin_hosts: ['127.0.0.1:3001', 'erp.example.org'],
      workbook_days: 2,
      maximum_concurrency: 9,
    });
    other.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { ORIGIN_HOSTS: '127.0.0.1:3001,erp.example.org', WORKBOOK_DAYS: '2' } },
    });
    other.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 9 } });
    other.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: Match.arrayWith([Match.objectLike({ Prefix: 'workbooks/', ExpirationInDays: 3 })]),
      },
    });
  });
});

describe('the reserved concurrency', () => {
  const reservedOf = (of: Template) =>
    [...propertiesOf(of, 'AWS::Lambda::Function')].flatMap(([id, { ReservedConcurrentExecutions: reserved }]) =>
      reserved === undefined ? [] : [[id.replace(/[0-9A-F]{8}$/, ''), reserved]],
    );

  test("is the export function's alone, and none unless it is set", () => {
    expect(reservedOf(template)).toEqual([]);
    expect(reservedOf(synthesize({ reserved_concurrency: 5 }))).toEqual([['ExportFunction', 5]]);
  });

  test.each([
    [{ reservedConcurrency: 4 }, 'maximumConcurrency, 5; given is 4'],
    [{ reservedConcurrency: 9.5 }, 'must be a whole number and at least maximumConcurrency, 5; given is 9.5'],
    [{ reservedConcurrency: 9, maximumConcurrency: 10 }, 'maximumConcurrency, 10; given is 9'],
  ])('is never less than the queue runs at once: %j', (props, fault) => {
    expect(() => synthesizeStack((stack) => void new ExportProxy(stack, 'Proxy', props))).toThrow(fault);
  });
});

describe("the export function's memory", () => {
  const memoryOf = (of: Template) =>
    Object.fromEntries(
      [...propertiesOf(of, 'AWS::Lambda::Function')].map(([id, { MemorySize: memory }]) => [
        id.replace(/[0-9A-F]{8}$/, ''),
        memory,
      ]),
    );

  test('is 512 MB, as the api function has, or what is set', () => {
    expect(memoryOf(template)).toMatchObject({ ApiFunction: 512, ExportFunction: 512 });
    expect(memoryOf(synthesize({ export_memory_mb: 3538 }))).toMatchObject({ ApiFunction: 512, ExportFunction: 3538 });
  });

  test.each([511, 10_241, 1024.5])(
    'is nothing that Lambda would not give, or that is too little: %d',
    (exportMemoryMegabytes) => {
      expect(() => synthesizeStack((stack) => void new ExportProxy(stack, 'Proxy', { exportMemoryMegabytes }))).toThrow(
        `from 512 to 10240; given is ${exportMemoryMegabytes}`,
      );
    },
  );
});

describe('what is kept', () => {
  test('are buckets, privately and encrypted, when the stack is removed', () => {
    for (const bucket of Object.values(template.findResources('AWS::S3::Bucket'))) {
      expect(bucket).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: {
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          BucketEncryption: expect.anything(),
        },
      });
    }
  });

  test('are both secrets, which CloudFormation would delete without a recovery window', () => {
    const secrets = Object.values(template.findResources('AWS::SecretsManager::Secret'));
    expect(secrets.length).toBe(2);
    for (const secret of secrets) {
      expect(secret).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  test('ends: workbooks and the index of requests after 8 days, claims after 14, records after 30, unfinished uploads after 1; a refused log-in is remembered', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          { Prefix: 'workbooks/', ExpirationInDays: 8, Status: 'Enabled' },
          { Prefix: 'requests/', ExpirationInDays: 8, Status: 'Enabled' },
          { Prefix: 'claims/', ExpirationInDays: 14, Status: 'Enabled' },
          { Prefix: 'exports/', ExpirationInDays: 30, Status: 'Enabled' },
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
        ],
      },
    });
  });

  test('in the queues ends after 4 days, and only what was received 100 times becomes a dead letter', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: messageRetentionSeconds,
      VisibilityTimeout: 900,
      RedrivePolicy: { maxReceiveCount: 100 },
    });
  });
});

const key = 'arn:aws:kms:eu-central-1:111122223333:key/0b0d6c1e-7d4e-4a39-8f5b-000000000000';

const reportSchema = z.object({
  pluginReports: z.array(z.object({ pluginName: z.string(), violations: z.array(z.unknown()) })),
});

describe("cdk-nag's AwsSolutions and Serverless packs and CDK's own rules find nothing that is not acknowledged with a reason", () => {
  test.each<[what: string, settings: GivenSettings]>([
    ['in the stack as it is', {}],
    [
      'in one with everything',
      {
        webhooks: { po: { secret: 'knosc/po', export: { view_name: 'purchase_order_list' } } },
        schedules: { daily: { expression: 'rate(1 day)', export: { view_name: 'item_master' } } },
        event_bus: 'erp',
        encryption_key: key,
        alarm_email: 'ops@example.com',
        tracing: false,
      },
    ],
  ])('%s', (_what, settings) => {
    // Its own rules take four seconds, and find no less in the stack with everything.
    const app = createApp(Object.keys(settings).length > 0);
    const stack = new ExportProxyStack(app, 'KnoscExportProxy', { settings: settingsSchema.parse(settings) });
    expect(stack.stackName).toBe('KnoscExportProxy');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    expect(() => app.synth()).not.toThrow();
    // Findings that are warnings throw nothing, and stand in the report alone.
    const { pluginReports } = reportSchema.parse(
      JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')),
    );
    expect(pluginReports.map(({ pluginName }) => pluginName)).toEqual(
      expect.arrayContaining(['AwsSolutions', 'Serverless']),
    );
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  test('in a construct to which bucket, key, bus and API are given', () => {
    const app = createApp();
    const stack = new Stack(app, 'Theirs');
    const proxy = new ExportProxy(stack, 'Proxy', {
      bucket: Bucket.fromBucketName(stack, 'Bucket', 'theirs'),
      encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
      eventBus: new EventBus(stack, 'Bus'),
      httpApi: HttpApi.fromHttpApiAttributes(stack, 'Api', { httpApiId: 'abc123' }),
    });
    proxy.addWebhook('po', { secret: 'knosc/po', export: { view_name: 'purchase_order_list' } });
    proxy.addSchedule('daily', { expression: 'rate(1 day)', export: { view_name: 'item_master' } });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    expect(() => app.synth()).not.toThrow();
  });
});
