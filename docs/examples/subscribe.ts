import { Duration, SecretValue } from 'aws-cdk-lib';
import { ApiDestination, Authorization, Connection, EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { ApiDestination as CallEndpoint, SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export function subscribe(scope: Construct, busName: string, endpointUrl: string, endpointKeySecret: string): Rule {
  const deadLetterQueue = new Queue(scope, 'DeadEvents', { enforceSSL: true, retentionPeriod: Duration.days(14) });
  const connection = new Connection(scope, 'Endpoint', {
    authorization: Authorization.apiKey('x-api-key', SecretValue.secretsManager(endpointKeySecret)),
  });
  const destination = new ApiDestination(scope, 'Destination', { connection, endpoint: endpointUrl });
  return new Rule(scope, 'KnoscExports', {
    eventBus: EventBus.fromEventBusName(scope, 'Bus', busName),
    eventPattern: { source: ['knosc-export-proxy'] },
    targets: [
      new SnsTopic(new Topic(scope, 'Topic'), { deadLetterQueue }),
      new SqsQueue(new Queue(scope, 'Queue', { enforceSSL: true }), { deadLetterQueue }),
      new CallEndpoint(destination, { deadLetterQueue }),
    ],
  });
}
