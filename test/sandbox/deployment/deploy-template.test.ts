import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide } from '../../../sandbox/aws/iam/decide.ts';
import { permissionWords } from '../../../sandbox/aws/iam/permission.ts';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';
import { deployTemplate } from '../../../sandbox/deployment/deploy-template.ts';

const kms = 'arn:aws:kms:eu-central-1:000000000000:key';
const keyArn = `${kms}/outside`;
const news = 'arn:aws:sns:eu-central-1:000000000000:News';
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const resource = (Type: string, Properties: object = {}) => ({ Type, Properties });
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const trust = (Service: string) => policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service } });

/** Written as CDK writes it, with other names than ours: what is found must not hang on them. */
const resources = {
  Papers: resource('AWS::S3::Bucket', {
    LoggingConfiguration: { DestinationBucketName: { Ref: 'Logs' } },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn } },
      ],
    },
  }),
  Logs: resource('AWS::S3::Bucket'),
  Jobs: resource('AWS::SQS::Queue', {
    VisibilityTimeout: 900,
    RedrivePolicy: { deadLetterTargetArn: arnOf('Dead'), maxReceiveCount: 7 },
  }),
  Dead: resource('AWS::SQS::Queue'),
  Password: resource('AWS::SecretsManager::Secret'),
  Front: resource('AWS::Lambda::Function', {
    Role: arnOf('FrontRole'),
    LoggingConfig: { LogGroup: { Ref: 'FrontLog' } },
    Environment: { Variables: { BUCKET: { Ref: 'Papers' }, QUEUE: { Ref: 'Jobs' } } },
  }),
  FrontLog: resource('AWS::Logs::LogGroup'),
  FrontRole: resource('AWS::IAM::Role', { AssumeRolePolicyDocument: trust('lambda.amazonaws.com') }),
  FrontPolicy: resource('AWS::IAM::Policy', {
    Roles: [{ Ref: 'FrontRole' }],
    PolicyDocument: policy({
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: [{ 'Fn::Join': ['', [arnOf('Papers'), '/a/*']] }, { 'Fn::Sub': '${Papers.Arn}/b/*' }],
    }),
  }),
  Back: resource('AWS::Lambda::Function', {
    Role: arnOf('BackRole'),
    TracingConfig: { Mode: 'Active' },
    Environment: {
      Variables: {
        SECRET: { Ref: 'Password' },
        LINK: {
          'Fn::Sub': [
            '${Start}:iam::${AWS::AccountId}:role/${FrontRole}',
            { Start: { 'Fn::Sub': 'arn:${AWS::Partition}' } },
          ],
        },
        FIRST: { 'Fn::Select': [0, { 'Fn::Split': [',', 'a,b'] }] },
      },
    },
  }),
  BackRole: resource('AWS::IAM::Role', {
    RoleName: 'named',
    AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
    Policies: [{ PolicyDocument: policy({ Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: arnOf('Jobs') }) }],
  }),
  Integration: resource('AWS::ApiGatewayV2::Integration', { IntegrationUri: arnOf('Front') }),
  Api: resource('AWS::ApiGatewayV2::Api', { Name: 'front' }),
  Stage: resource('AWS::ApiGatewayV2::Stage', { ApiId: { Ref: 'Api' }, StageName: 'live' }),
  Route: resource('AWS::ApiGatewayV2::Route', {
    ApiId: { Ref: 'Api' },
    RouteKey: 'GET /papers/{id}',
    Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
  }),
  OtherRoute: resource('AWS::ApiGatewayV2::Route', {
    ApiId: { Ref: 'Api' },
    RouteKey: '$default',
    Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
  }),
  FrontPermission: resource('AWS::Lambda::Permission', {
    Action: 'lambda:InvokeFunction',
    FunctionName: arnOf('Front'),
    Principal: 'apigateway.amazonaws.com',
    SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/*' },
    SourceAccount: { Ref: 'AWS::AccountId' },
  }),
  BackPermission: resource('AWS::Lambda::Permission', {
    Action: 'lambda:InvokeFunction',
    FunctionName: { Ref: 'Back' },
    Principal: '111122223333',
  }),
  Mapping: resource('AWS::Lambda::EventSourceMapping', { FunctionName: { Ref: 'Back' } }),
  PapersPolicy: resource('AWS::S3::BucketPolicy', {
    Bucket: { Ref: 'Papers' },
    PolicyDocument: policy({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:*',
      Resource: arnOf('Papers'),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  }),
  Nightly: resource('AWS::Scheduler::Schedule', {
    GroupName: 'nights',
    Target: { Arn: arnOf('Jobs'), RoleArn: arnOf('NightlyRole'), DeadLetterConfig: { Arn: arnOf('Dead') } },
  }),
  NightlyRole: resource('AWS::IAM::Role', { AssumeRolePolicyDocument: trust('scheduler.amazonaws.com') }),
  Alarm: resource('AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref: 'News' }], Metrics: [{ 'Fn::Whatever': [] }] }),
  News: resource('AWS::SNS::Topic', { KmsMasterKeyId: arnOf('NewsKey') }),
  NewsKey: resource('AWS::KMS::Key', {
    KeyPolicy: policy({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'kms:Decrypt',
      Resource: '*',
    }),
  }),
  NewsPolicy: resource('AWS::SNS::TopicPolicy', {
    Topics: [{ Ref: 'News' }],
    PolicyDocument: policy({ Effect: 'Deny', Principal: '*', Action: 'sns:Publish', Resource: { Ref: 'News' } }),
  }),
};
let aws: AwsSandbox;
let deployed: Awaited<ReturnType<typeof deployTemplate>>;

beforeAll(async () => {
  aws = await startAws();
  deployed = await deployTemplate(aws, { Resources: resources }, 'stack');
});

afterAll(() => aws.close());

const lambda = 'arn:aws:lambda:eu-central-1:000000000000:function';
const iam = 'arn:aws:iam::000000000000:role';

describe('a template', () => {
  test('has its functions found by what calls them, with role and environment', () => {
    expect(deployed.functions).toEqual({
      api: {
        roleArn: `${iam}/FrontRole`,
        environment: { BUCKET: 'papers', QUEUE: `${aws.endpoint}/000000000000/Jobs` },
      },
      export: {
        roleArn: `${iam}/named`,
        environment: {
          SECRET: expect.stringMatching(/^arn:aws:secretsmanager:eu-central-1:000000000000:secret:Password-/),
          LINK: `${iam}/FrontRole`,
          FIRST: 'a',
        },
      },
    });
  });

  test('has its queues made with their settings', async () => {
    const sqs = new SQSClient({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
    const QueueUrl = deployed.functions.api.environment['QUEUE'];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      VisibilityTimeout: '900',
      RedrivePolicy: expect.stringContaining('arn:aws:sqs:eu-central-1:000000000000:Dead'),
    });
  });

  test('says what its policies say, with the names that things have here', () => {
    expect(deployed.permissions.map(permissionWords)).toEqual([
      `lambda.amazonaws.com may sts:AssumeRole on ${iam}/FrontRole (policy of ${iam}/FrontRole)`,
      `lambda.amazonaws.com may sts:AssumeRole on ${iam}/named (policy of ${iam}/named)`,
      `${iam}/named may sqs:ReceiveMessage on arn:aws:sqs:eu-central-1:000000000000:Jobs`,
      `scheduler.amazonaws.com may sts:AssumeRole on ${iam}/NightlyRole (policy of ${iam}/NightlyRole)`,
      `cloudwatch.amazonaws.com may kms:Decrypt on * (policy of ${kms}/NewsKey)`,
      `${iam}/FrontRole may s3:GetObject on arn:aws:s3:::papers/a/*`,
      `${iam}/FrontRole may s3:GetObject on arn:aws:s3:::papers/b/*`,
      `${iam}/FrontRole may s3:PutObject on arn:aws:s3:::papers/a/*`,
      `${iam}/FrontRole may s3:PutObject on arn:aws:s3:::papers/b/*`,
      '* may not s3:* on arn:aws:s3:::papers (policy of arn:aws:s3:::papers)',
      `* may not sns:Publish on ${news} (policy of ${news})`,
      `apigateway.amazonaws.com may lambda:InvokeFunction on ${lambda}:Front (policy of ${lambda}:Front)`,
      `111122223333 may lambda:InvokeFunction on ${lambda}:Back (policy of ${lambda}:Back)`,
      `arn:aws:iam::000000000000:root may kms:* on * (policy of ${keyArn})`,
    ]);
  });

  test('lets its API call its function for a path, and not for $default, whose ARN is one segment shorter', () => {
    const ofRoutes = deployed.servicesCalls.filter(({ action }) => action === 'lambda:InvokeFunction');
    const api = 'arn:aws:execute-api:eu-central-1:000000000000';
    const judged = ofRoutes.map((request) => [
      request.context['aws:sourcearn'],
      decide(deployed.permissions, request).isAllowed,
    ]);
    expect(judged).toEqual([
      [`${api}:front/live/GET/papers/{id}`, true],
      [`${api}:front/live/$default`, false],
    ]);
  });

  test("tells the customer's key of what it encrypts", () => {
    expect([...deployed.keys]).toEqual([['arn:aws:s3:::papers', keyArn]]);
  });

  test("tells what AWS's services do by themselves", () => {
    const told = deployed.servicesCalls.map(({ identity, action, resource: on }) => `${identity} ${action} ${on}`);
    const logs = 'arn:aws:logs:eu-central-1:000000000000:log-group';
    expect(told).toEqual([
      `lambda.amazonaws.com sts:AssumeRole ${iam}/FrontRole`,
      `${iam}/FrontRole logs:CreateLogStream ${logs}:FrontLog:log-stream:instance`,
      `${iam}/FrontRole logs:PutLogEvents ${logs}:FrontLog:log-stream:instance`,
      `lambda.amazonaws.com sts:AssumeRole ${iam}/named`,
      `${iam}/named logs:CreateLogStream ${logs}:/aws/lambda/Back:log-stream:instance`,
      `${iam}/named logs:PutLogEvents ${logs}:/aws/lambda/Back:log-stream:instance`,
      `${iam}/named xray:PutTraceSegments *`,
      `${iam}/named xray:PutTelemetryRecords *`,
      `apigateway.amazonaws.com lambda:InvokeFunction ${lambda}:Front`,
      `apigateway.amazonaws.com lambda:InvokeFunction ${lambda}:Front`,
      `scheduler.amazonaws.com sts:AssumeRole ${iam}/NightlyRole`,
      `${iam}/NightlyRole sqs:SendMessage arn:aws:sqs:eu-central-1:000000000000:Jobs`,
      `${iam}/NightlyRole sqs:SendMessage arn:aws:sqs:eu-central-1:000000000000:Dead`,
      'logging.s3.amazonaws.com s3:PutObject arn:aws:s3:::logs/log',
      `cloudwatch.amazonaws.com sns:Publish ${news}`,
      `cloudwatch.amazonaws.com kms:GenerateDataKey ${kms}/NewsKey`,
      `cloudwatch.amazonaws.com kms:Decrypt ${kms}/NewsKey`,
    ]);
  });
});

describe('a template is refused', () => {
  const { Integration: _, ...withoutIntegration } = resources;
  test.each<[string, Record<string, object>, string]>([
    [
      'where no function is behind its HTTP API',
      withoutIntegration,
      'One function should be behind every AWS::ApiGatewayV2',
    ],
    [
      'for a managed policy',
      { ...resources, R: resource('AWS::IAM::Role', { ManagedPolicyArns: ['a'] }) },
      'managed policies',
    ],
    [
      'for a policy of a user',
      { ...resources, P: resource('AWS::IAM::Policy', { PolicyDocument: policy(), Roles: ['named'], Users: ['u'] }) },
      'Users',
    ],
    [
      'for a policy of a kind that is not judged by',
      { ...resources, P: resource('AWS::Events::EventBusPolicy', { StatementId: 's' }) },
      'P of the template is of the type AWS::Events::EventBusPolicy',
    ],
    [
      'for a name that nothing has',
      { ...resources, F: resource('AWS::Lambda::Function', { Role: { Ref: 'Nobody' } }) },
      'refers to Nobody',
    ],
    [
      'for an attribute that is not known',
      { ...resources, F: resource('AWS::Lambda::Function', { Role: { 'Fn::GetAtt': ['Papers', 'Colour'] } }) },
      'attribute Colour of Papers',
    ],
    [
      'for a function of CloudFormation that is not known',
      { ...resources, F: resource('AWS::Lambda::Function', { Role: { 'Fn::If': ['a', 'b', 'c'] } }) },
      'Fn::If',
    ],
  ])('%s', async (_name, Resources, words) => {
    const other = await startAws();
    await expect(deployTemplate(other, { Resources }, 'stack')).rejects.toThrow(words);
    await other.close();
  });
});
