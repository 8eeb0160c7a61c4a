import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Dashboard, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { declaredAlarms, type WatchedParts } from './alarms.ts';
import { createDashboard } from './dashboard.ts';
import { runbookEntry } from './runbook.ts';

interface MonitoringProps {
  readonly parts: WatchedParts;
  /** What the alarms' names begin with; no other proxy of the account and region has the same. */
  readonly prefix: string;
  readonly runbookUrl: string | undefined;
  /** A topic that is there already. */
  readonly given?: ITopic | undefined;
}

/** The alarms on their topic, and the dashboard. */
export class Monitoring extends Construct {
  readonly topic: ITopic;
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { parts, prefix, runbookUrl, given }: MonitoringProps) {
    super(scope, id);
    this.topic = given ?? this.ownTopic();
    const action = new SnsAction(this.topic);
    const made = declaredAlarms().map(([name, { lost, first, metric, threshold, periods = 1 }]) => {
      const alarm = new Alarm(this, name, {
        alarmName: `${prefix}-${name}`,
        alarmDescription: `${lost} ${first} ${runbookEntry(runbookUrl, name)}`,
        metric: metric(parts),
        threshold,
        evaluationPeriods: periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
    this.dashboard = createDashboard(this, { parts, alarms: made, runbookUrl });
  }

  private ownTopic(): Topic {
    // A key of its own, since CloudWatch may not use the one that AWS keeps for SNS (User Guide, "Amazon SNS encryption permissions").
    const key = new Key(this, 'TopicKey', {
      description: 'The alarms of the Knosc Export Proxy',
      enableKeyRotation: true,
      // It holds nothing that outlives an alarm.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const cloudWatch = {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    };
    key.addToResourcePolicy(
      new PolicyStatement({ ...cloudWatch, actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['*'] }),
    );
    const topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true, displayName: 'Knosc Export Proxy' });
    // `enforceSSL` makes a policy, and a topic with a policy has no longer the one that lets the account's alarms publish.
    topic.addToResourcePolicy(
      new PolicyStatement({ ...cloudWatch, actions: ['sns:Publish'], resources: [topic.topicArn] }),
    );
    return topic;
  }
}
