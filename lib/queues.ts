import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

interface QueuesProps {
  readonly exportTimeout: Duration;
  readonly encryptionKey: IKey | undefined;
}

/** The queue of exports, what nobody could parse, and what schedules could not put on it. */
export class ProxyQueues {
  readonly exports: Queue;
  readonly deadLetters: Queue;
  readonly scheduleDeadLetters: Queue;

  constructor(scope: Construct, { exportTimeout, encryptionKey }: QueuesProps) {
    const common = {
      enforceSSL: true,
      ...(encryptionKey && {
        encryption: QueueEncryption.KMS,
        encryptionMasterKey: encryptionKey,
        // The longest that SQS takes, so that polling asks KMS for a key but once a day.
        dataKeyReuse: Duration.days(1),
      }),
    };
    const retentionPeriod = Duration.days(4);
    this.deadLetters = new Queue(scope, 'DeadLetters', { ...common, retentionPeriod });
    this.scheduleDeadLetters = new Queue(scope, 'ScheduleDeadLetters', {
      ...common,
      // Nothing else remembers that a schedule fired.
      retentionPeriod: Duration.days(14),
    });
    this.exports = new Queue(scope, 'Queue', {
      ...common,
      retentionPeriod,
      visibilityTimeout: exportTimeout,
      // Attempts are counted in the record; this only catches what nobody can parse.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 100 },
    });
  }
}
