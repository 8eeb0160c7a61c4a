import { App, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { apiEnvironmentSchema } from '../../functions/api/api-function.ts';
import { routes } from '../../functions/api/routes.ts';
import { exportEnvironmentSchema } from '../../functions/export/export-function.ts';
import { messageRetentionSeconds } from '../../functions/ledger/read-record.ts';
import { ExportProxyStack, type ExportProxyStackProps } from '../../lib/export-proxy-stack.ts';
import { httpRoutes } from '../../lib/http-interface.ts';
import { cdkContext } from '../support/cdk-context.ts';

let template: Template;

/** Without bundling: what is asserted here does not depend on the functions' code. */
function synthesize(props: ExportProxyStackProps = {}): Template {
  const app = new App({ context: { ...cdkContext, 'aws:cdk:bundling-stacks': [] } });
  return Template.fromStack(new ExportProxyStack(app, 'KnoscExportProxy', props));
}

beforeAll(() => {
  template = synthesize();
});

const statementSchema = z.object({
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown(),
  Effect: z.string(),
});
const policySchema = z.object({
  Properties: z.object({ PolicyDocument: z.object({ Statement: z.array(statementSchema) }) }),
});

/** What a role's policy allows, as `action on resource` with logical ids in place of ARNs. */
function grantsOf(role: string): readonly string[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith(role));
  const statements = policies.flatMap(([, policy]) => policySchema.parse(policy).Properties.PolicyDocument.Statement);
  return statements
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} on ${nameOf(resource)}`)),
    )
    .toSorted();
}

function nameOf(resource: unknown): string {
  return JSON.stringify(resource)
    .replaceAll(/\{"Fn::GetAtt":\["(\w+?)[0-9A-F]{8}","Arn"\]\}/g, '$1')
    .replaceAll(/\{"Fn::Join":\["",\[(.*?)\]\]\}/g, (_all, parts: string) => parts.replaceAll(/[",]/g, ''))
    .replaceAll(/\{"Ref":"(\w+?)[0-9A-F]{8}"\}|"/g, '$1');
}

describe('the roles', () => {
  test('of the api function reads and writes records, claims and the index, deletes workbooks, sends messages, and signs links', () => {
    expect(grantsOf('ApiRole')).toEqual([
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
    ]);
  });

  test('of the export function alone reads the credentials, shares the session and writes workbooks', () => {
    expect(grantsOf('ExportRole')).toEqual([
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
    ]);
  });

  test('that signs links can read workbooks and nothing else', () => {
    expect(grantsOf('LinkRole')).toEqual(['s3:GetObject on ExportsBucket/workbooks/*']);
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

  test('asks for an AWS identity everywhere but on /health', () => {
    for (const route of Object.values(template.findResources('AWS::ApiGatewayV2::Route'))) {
      const { RouteKey, AuthorizationType } = z
        .object({ Properties: z.object({ RouteKey: z.string(), AuthorizationType: z.string() }) })
        .parse(route).Properties;
      expect(AuthorizationType).toBe(RouteKey.endsWith(' /health') ? 'NONE' : 'AWS_IAM');
    }
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
      originHosts: ['127.0.0.1:3001', 'erp.example.org'],
      workbookDays: 2,
      maximumConcurrency: 9,
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

test("cdk-nag's AwsSolutions pack finds nothing that is not acknowledged with a reason", () => {
  const app = new App({ context: { ...cdkContext, 'aws:cdk:bundling-stacks': [] } });
  expect(new ExportProxyStack(app, 'KnoscExportProxy').stackName).toBe('KnoscExportProxy');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});
