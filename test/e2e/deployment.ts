import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import type { settingsSchema } from '../../lib/settings/settings.ts';
import type { OriginAccount } from '../../sandbox/resources.ts';
import type { Emulator } from './emulator.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

const outputsSchema = z.object({
  KnoscExportProxy: z.object({
    ApiUrl: z.string(),
    SecretId: z.string(),
    BucketName: z.string(),
    ExportFunctionName: z.string(),
  }),
});

/** The deployed stack, with the secret filled in. */
export interface Deployment {
  readonly outputs: z.infer<typeof outputsSchema>['KnoscExportProxy'];
  /** Removes the stack; resolves once none of it is left but what is retained. */
  readonly destroy: () => Promise<void>;
}

/** Does what the README tells a person to do: write the settings, bootstrap, deploy, put the secrets. */
export async function deploy(
  emulator: Emulator,
  account: OriginAccount,
  settings: z.input<typeof settingsSchema>,
  webhookSecrets: Readonly<Record<string, string>>,
): Promise<Deployment> {
  const { environment } = emulator;
  const directory = await mkdtemp(join(tmpdir(), 'knosc-e2e-'));
  const assembly = join(directory, 'out');
  const cdk = (...args: string[]) =>
    run(join(root, 'node_modules', '.bin', 'cdk'), [...args, '--no-notices'], {
      cwd: root,
      env: { ...process.env, ...environment },
      maxBuffer: 1e8,
    });
  const outputsFile = join(directory, 'outputs.json');
  // Inside Lambda an origin on loopback must be named, as this is the sandbox's Knosc and no address of Knosc's own.
  const settingsFile = join(directory, 'settings.json');
  await writeFile(settingsFile, JSON.stringify({ ...settings, origin_hosts: [new URL(account.base_url).host] }));
  await cdk('synth', '--quiet', '--output', assembly, '--context', `settings=${settingsFile}`);
  await simplifyAlarms(join(assembly, 'KnoscExportProxy.template.json'));
  await cdk('bootstrap', '--app', assembly, 'aws://000000000000/us-east-1');
  await cdk('deploy', '--app', assembly, '--require-approval', 'never', '--outputs-file', outputsFile);
  const outputs = outputsSchema.parse(JSON.parse(await readFile(outputsFile, 'utf8'))).KnoscExportProxy;
  const secretsManager = new SecretsManagerClient({
    endpoint: environment['AWS_ENDPOINT_URL'] ?? '',
    region: environment['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await secretsManager.send(
    new PutSecretValueCommand({ SecretId: outputs.SecretId, SecretString: JSON.stringify(account) }),
  );
  for (const [Name, SecretString] of Object.entries(webhookSecrets)) {
    await secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
  }
  return {
    outputs,
    destroy: async () => {
      await destroyByName(emulator.endpoint);
      await rm(directory, { recursive: true });
    },
  };
}

const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.looseObject({}).optional() })),
});
const metricsSchema = z.array(
  z.object({
    MetricStat: z
      .object({
        Metric: z.object({ MetricName: z.string(), Namespace: z.string(), Dimensions: z.unknown().optional() }),
        Period: z.number(),
        Stat: z.string(),
      })
      .optional(),
  }),
);

/**
 * The emulator knows no alarm on an expression ("metric math is not supported", ministack 1.4.21), and fails the deployment. Such an alarm
 * watches the first of its metrics there; all else of the template stays as it was synthesized.
 */
async function simplifyAlarms(file: string): Promise<void> {
  const template = templateSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const simplified = Object.entries(template.Resources).map(([id, resource]) => {
    if (resource.Type !== 'AWS::CloudWatch::Alarm' || !resource.Properties?.['Metrics']) return [id, resource];
    const { Metrics, ...rest } = resource.Properties;
    const first = metricsSchema.parse(Metrics).find(({ MetricStat }) => MetricStat !== undefined)?.MetricStat;
    if (first === undefined) throw new Error(`the alarm ${id} has no metric`);
    const Properties = { ...rest, ...first.Metric, Period: first.Period, Statistic: first.Stat };
    return [id, { ...resource, Properties }];
  });
  await writeFile(file, JSON.stringify({ ...template, Resources: Object.fromEntries(simplified) }));
}

/**
 * `cdk destroy` names the stack by its ARN, which the emulator's DeleteStack does not know and passes over as if it were gone
 * (ministack 1.4.21). The same call with the stack's name works.
 */
async function destroyByName(endpoint: string): Promise<void> {
  const call = async (Action: string) => {
    const body = new URLSearchParams({ Action, StackName: 'KnoscExportProxy', Version: '2010-05-15' });
    const authorization =
      'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0';
    return (await fetch(endpoint, { method: 'POST', body, headers: { authorization } })).text();
  };
  await call('DeleteStack');
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs) {
    const description = await call('DescribeStacks');
    if (/DELETE_COMPLETE|does not exist/.test(description)) return;
    await sleep(200);
  }
  throw new Error('the stack was not removed within a minute');
}
