import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import * as z from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const exampleSchema = z.object({
  subscribe: z.custom<(scope: Stack, busName: string, endpointUrl: string, endpointKeySecret: string) => object>(
    (value) => typeof value === 'function',
  ),
});

test('the CDK form in docs/events.md is the example that is compiled here', async () => {
  const [, shown] = /```ts\n([^`]+)```/.exec(await readFile(`${root}docs/events.md`, 'utf8')) ?? [];
  expect(shown).toBe(await readFile(`${root}docs/examples/subscribe.ts`, 'utf8'));
  await promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', `${root}docs/examples`]);
});

test('it brings our events, and no others, to SNS, SQS and an HTTPS endpoint', async () => {
  const { subscribe } = exampleSchema.parse(await import(`${root}docs/examples/subscribe.ts`));
  const stack = new Stack(new App(), 'Subscriber');
  subscribe(stack, 'orders', 'https://example.com/hook', 'endpoint-key');
  const template = Template.fromStack(stack);
  const deadLetters = { DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeadEvents'), 'Arn'] } } };
  template.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: 'orders',
    EventPattern: { source: ['knosc-export-proxy'] },
    Targets: [
      { Arn: { Ref: Match.stringLikeRegexp('Topic') }, ...deadLetters },
      { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Queue'), 'Arn'] }, ...deadLetters },
      { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Destination'), 'Arn'] }, ...deadLetters },
    ],
  });
  template.resourcePropertiesCountIs(
    'AWS::SQS::QueuePolicy',
    {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' } }),
        ]),
      },
    },
    2,
  );
});
