import { randomBytes } from 'node:crypto';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Webhooks } from '../functions/api/webhooks/webhook.ts';
import type { AwsSandbox } from './aws/start.ts';
import { keepSecret, unlessMade } from './resources.ts';

/** A webhook of this machine: where it is delivered, and what signs it. */
export interface LocalWebhook {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
}

interface KeptSecrets {
  /** The webhooks with secrets that this sandbox has. */
  readonly declared: Webhooks;
  /** What their secrets hold, by the webhook's name. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Makes the secrets that the webhooks name, where an earlier start has not, and puts the given ones into them. */
export async function keepWebhookSecrets(
  aws: AwsSandbox,
  webhooks: Webhooks,
  given: Readonly<Record<string, string>>,
): Promise<KeptSecrets> {
  const { endpoint, region, credentials } = aws;
  const secretsManager = new SecretsManagerClient({ endpoint, region, credentials });
  const declared: Webhooks = {};
  const secrets = new Map<string, string>();
  for (const [name, webhook] of Object.entries(webhooks)) {
    const secret = nameOf(webhook.secret);
    const text = given[webhook.secret];
    if (text === undefined) {
      const SecretString = `whsec_${randomBytes(24).toString('base64')}`;
      const creation = secretsManager.send(new CreateSecretCommand({ Name: secret, SecretString }));
      await unlessMade(creation, 'ResourceExistsException');
    } else {
      await keepSecret(secretsManager, secret, text);
    }
    const { SecretString = '' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secret }));
    declared[name] = { ...webhook, secret };
    secrets.set(name, SecretString);
  }
  return { declared, secrets };
}

/** The ARN of another account's secret cannot be had here, but one that is called so. */
function nameOf(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? nameOrArn) : nameOrArn;
}
