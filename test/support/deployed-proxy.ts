import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AwsSandbox, startAws } from '../../sandbox/aws/start.ts';
import { type DeployedStack, deployTemplate } from '../../sandbox/deployment/deploy-template.ts';
import { type LocalSystem, type LocalSystemOptions, startLocalSystem } from '../../sandbox/local-system.ts';
import type { OriginAccount } from '../../sandbox/resources.ts';

/** The stack of a template on AWS's stand-in: each function with the environment and the role that the template gives it. */
export interface DeployedProxy {
  readonly aws: AwsSandbox;
  readonly stack: DeployedStack;
  readonly bucket: string;
  readonly queueUrl: string;
  system(): LocalSystem;
  /** New instances of both functions, which remember nothing. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface DeployOptions extends Omit<LocalSystemOptions, 'port'> {
  readonly account: OriginAccount;
  /** What is there before the stack, by the names that its settings use: the signing secrets of webhooks. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The ARN of the customer's key that encrypts them. */
  readonly secretsKey?: string | undefined;
}

export async function deployProxy(template: unknown, options: DeployOptions): Promise<DeployedProxy> {
  const { account, secrets = {}, secretsKey, ...systemOptions } = options;
  const aws = await startAws();
  const { endpoint, region, accountId } = aws;
  const deployed = await deployTemplate(aws, template, 'KnoscExportProxy');
  const { api, export: worker } = deployed.functions;
  const { BUCKET_NAME = '', QUEUE_URL = '', SECRET_ID } = worker.environment;
  const administrator = { endpoint, region, credentials: aws.credentials };
  const secretsManager = new SecretsManagerClient(administrator);
  await secretsManager.send(new PutSecretValueCommand({ SecretId: SECRET_ID, SecretString: JSON.stringify(account) }));
  const keys = new Map(deployed.keys);
  for (const [Name, SecretString] of Object.entries(secrets)) {
    const { ARN = '' } = await secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
    if (secretsKey !== undefined) keys.set(ARN, secretsKey);
  }
  const stack = { ...deployed, keys };
  aws.enforce(stack);

  const accessOf = (roleArn: string) => ({ endpoint, region, credentials: aws.credentialsOf(roleArn) });
  const platform = {
    access: administrator,
    region,
    accountId,
    environment: { BUCKET_NAME, QUEUE_URL },
    functions: {
      api: { access: accessOf(api.roleArn), environment: api.environment },
      export: { access: accessOf(worker.roleArn), environment: worker.environment },
    },
  };
  const start = () => startLocalSystem(platform, { ...systemOptions, port: 0 });
  let system = await start();
  return {
    aws,
    stack,
    bucket: BUCKET_NAME,
    queueUrl: QUEUE_URL,
    system: () => system,
    restart: async () => {
      await system.close();
      system = await start();
    },
    close: async () => {
      await system.close();
      await aws.close();
    },
  };
}
