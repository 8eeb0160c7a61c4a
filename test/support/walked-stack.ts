import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ExportProxyStack } from '../../lib/export-proxy-stack.ts';
import { parseSettings } from '../../lib/settings/settings.ts';
import type { AccessRequest } from '../../sandbox/aws/iam/decide.ts';
import { cdkContext } from './cdk-context.ts';
import { type DeployedProxy, deployProxy } from './deployed-proxy.ts';
import {
  journeys,
  journeysAccount,
  journeysLeaseSeconds,
  journeysSecrets,
  journeysSettings,
  untilQueueIsEmpty,
} from './journeys.ts';
import { type ScriptedOrigin, startScriptedOrigin } from './scripted-origin.ts';

/** The stack after all journeys through it, and what was asked for on the way: by the functions, and by AWS's own services. */
export interface WalkedStack {
  readonly origin: ScriptedOrigin;
  readonly proxy: DeployedProxy;
  readonly requests: readonly AccessRequest[];
  close(): Promise<void>;
}

/** With a customer's key, the secrets that the settings name lie under it too. */
export async function walkStack(encryptionKey?: string): Promise<WalkedStack> {
  const origin = await startScriptedOrigin();
  const app = new App({ context: { ...cdkContext, 'aws:cdk:bundling-stacks': [] } });
  const text = JSON.stringify({
    ...journeysSettings,
    ...(encryptionKey !== undefined && { encryption_key: encryptionKey }),
  });
  const settings = parseSettings(text, 'the settings');
  const template = Template.fromStack(new ExportProxyStack(app, 'KnoscExportProxy', { settings })).toJSON();
  const proxy = await deployProxy(template, {
    account: { ...journeysAccount, base_url: origin.url },
    secrets: journeysSecrets,
    secretsKey: encryptionKey,
    leaseSeconds: journeysLeaseSeconds,
    random: () => 0,
  });
  for (const { name, run } of journeys) {
    await run({ proxy, origin }).catch((cause: unknown) => {
      throw new Error(`The journey "${name}" did not come to its end.`, { cause });
    });
  }
  await untilQueueIsEmpty(proxy);
  const ofRoles = proxy.aws.decisions().filter(({ identity }) => identity.includes(':role/'));
  return {
    origin,
    proxy,
    requests: [...distinct(ofRoles), ...proxy.stack.servicesCalls],
    close: async () => {
      await proxy.close();
      await origin.close();
    },
  };
}

/** One of each kind of request: how often, and how long after its signing, says nothing of who may. */
function distinct(requests: readonly AccessRequest[]): readonly AccessRequest[] {
  const kinds = requests.map((request) => {
    const { 's3:signatureage': _, ...context } = request.context;
    return [JSON.stringify({ ...request, context }), request] as const;
  });
  return [...new Map(kinds).values()];
}
