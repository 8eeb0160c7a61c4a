import type { OnEvent } from './aws/event-bridge.ts';
import { type AwsSandbox, startAws } from './aws/start.ts';
import {
  defaultExportTimeoutSeconds,
  type LocalSystem,
  type LocalSystemOptions,
  startLocalSystem,
} from './local-system.ts';
import { createResources, type OriginAccount } from './resources.ts';

interface ExportProxyOptions extends LocalSystemOptions {
  readonly account: OriginAccount;
  readonly maximumWorkbookBytes?: number;
  /** Where the sandbox's AWS keeps what it has, for the next start; nothing is kept where not given. */
  readonly dataFolder?: string | undefined;
  /** The bus for what becomes of exports; `default` where not given. */
  readonly eventBus?: string;
  /** Told of every event that arrives on it. */
  readonly onEvent?: OnEvent;
}

/** The whole system on one machine: the functions that Lambda runs, between a gateway, a queue and an AWS of our own. */
export interface LocalExportProxy extends LocalSystem {
  readonly aws: AwsSandbox;
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
    const system = await startOn(aws, options);
    return {
      ...system,
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

async function startOn(aws: AwsSandbox, options: ExportProxyOptions): Promise<LocalSystem> {
  const { account, eventBus, maximumWorkbookBytes, exportTimeoutSeconds = defaultExportTimeoutSeconds } = options;
  const { endpoint, region, accountId, credentials } = aws;
  const resources = await createResources(aws, account, exportTimeoutSeconds, eventBus);
  const environment = {
    ...resources,
    ...(maximumWorkbookBytes !== undefined && { MAXIMUM_WORKBOOK_BYTES: String(maximumWorkbookBytes) }),
  };
  return startLocalSystem({ access: { endpoint, region, credentials }, region, accountId, environment }, options);
}
