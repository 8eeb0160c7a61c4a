import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startAws } from '../../../sandbox/aws/start.ts';
import { createRandom } from '../../../sandbox/knosc/data/random.ts';
import { Bucket, firstSecret, knowNothing, queueName, secretName, writeUntilKilled } from './clients.ts';
import { compare } from './compare.ts';
import { startKillable } from './killable-sandbox.ts';

/** Kills a sandbox on the folder so many times, each time at a random step of four clients, and compares each time. */
export async function killAndCompare(folder: string, seed: number, kills: number) {
  const aws = await startAws({ folder });
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  await new S3Client(access).send(new CreateBucketCommand({ Bucket }));
  await new SQSClient(access).send(new CreateQueueCommand({ QueueName: queueName }));
  const secret = new CreateSecretCommand({ Name: secretName, SecretString: firstSecret });
  await new SecretsManagerClient(access).send(secret);
  await aws.close();

  const random = createRandom(seed);
  const known = knowNothing();
  const told = { answered: 0, unanswered: 0 };
  for (let kill = 0; kill < kills; kill += 1) {
    const sandbox = await startKillable(folder, random.whole(5, 90));
    await writeUntilKilled(sandbox, random, known);
    await compare(folder, known, sandbox.unanswered());
    told.answered += sandbox.answered();
    told.unanswered += sandbox.unanswered().length;
  }
  return told;
}
