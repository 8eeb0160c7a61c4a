import type { OnEvent } from './aws/event-bridge.ts';
import { type AwsSandbox, startAws } from './aws/start.ts';
import {
  defaultExportTimeoutSeconds,
  type LocalSystem,
  type LocalSystemOptions,
  startLocalSystem,
} from './local-system.ts';
import type { Webhooks } from '../functions/api/webhooks/webhook.ts';
import { createResources, type OriginAccount } from './resources.ts';
import { keepWebhookSecrets, type LocalWebhook } from './webhook-secrets.ts';

interface ExportProxyOptions extends LocalSystemOptions {
  readonly account: OriginAccount;
  readonly maximumWorkbookBytes?: number;
  /** What a caller may ask a link to live at most. */
  readonly longestLinkSeconds?: number;
  /** How long a workbook is kept; 7 where not given. */
  readonly workbookDays?: number;
  /** Where the sandbox's AWS keeps what it has, for the next start; nothing is kept where not given. */
  readonly dataFolder?: string | undefined;
  /** As the settings declare them. */
  readonly webhooks?: Webhooks;
  /** What the secrets of webhooks hold, by their names in Secrets Manager; a random `whsec_…` where there is none. */
  readonly webhookSecrets?: Readonly<Record<string, string>>;
  /** The bus for what becomes of exports; `default` where not given. */
  readonly eventBus?: string;
  /** Told of every event that arrives on it. */
  readonly onEvent?: OnEvent;
}

/** The whole system on one machine: the functions that Lambda runs, between a gateway, a queue and an AWS of our own. */
export interface LocalExportProxy extends LocalSystem {
  readonly aws: AwsSandbox;
  /** What a sender needs to know. The secrets are the sandbox's own, made for this machine. */
  readonly webhooks: readonly LocalWebhook[];
}

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken, and where another sandbox has the data; nothing is left running then. */
export async function startExportProxy(options: ExportProxyOptions): Promise<LocalExportProxy> {
  const { dataFolder, eventBus, onEvent } = options;
  const aws = await startAws({
    ...(dataFolder !== undefined && { folder: dataFolder }),
    ...(eventBus !== undefined && { eventBuses: [eventBus] }),
    ...(onEvent && { onEvent }),
  });
  try {
    const { system, webhookSecrets } = await startOn(aws, options);
    const webhooks = [...webhookSecrets].map(([name, secret]) => ({
      name,
      url: `${system.url}/webhooks/${name}`,
      secret,
    }));
    return {
      ...system,
      webhooks,
      aws,
      close: async () => {
        await system.close();
        await aws.close();
      },
    };
  } catch (error) {
    await aws.close();
    throw error;
  }
}

async function startOn(aws: AwsSandbox, options: ExportProxyOptions) {
  const {
    account,
    eventBus,
    maximumWorkbookBytes,
    longestLinkSeconds,
    workbookDays,
    exportTimeoutSeconds = defaultExportTimeoutSeconds,
  } = options;
  const { endpoint, region, accountId, credentials } = aws;
  const resources = await createResources(aws, account, exportTimeoutSeconds, eventBus);
  const { declared, secrets } = await keepWebhookSecrets(aws, options.webhooks ?? {}, options.webhookSecrets ?? {});
  const environment = {
    ...resources,
    WEBHOOKS: JSON.stringify(declared),
    ...(workbookDays !== undefined && { WORKBOOK_DAYS: String(workbookDays) }),
    ...(longestLinkSeconds !== undefined && { LONGEST_LINK_S: String(longestLinkSeconds) }),
    ...(maximumWorkbookBytes !== undefined && { MAXIMUM_WORKBOOK_BYTES: String(maximumWorkbookBytes) }),
  };
  const platform = { access: { endpoint, region, credentials }, region, accountId, environment };
  return { system: await startLocalSystem(platform, options), webhookSecrets: secrets };
}
