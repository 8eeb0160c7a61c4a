import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import type { AwsAccess } from '../ledger/aws-access.ts';
import { createBeginExport } from '../ledger/begin-export.ts';
import { createClaimKey } from '../ledger/claim.ts';
import { createDocuments } from '../ledger/documents.ts';
import { createEndExport } from '../ledger/end-export.ts';
import { createExportList } from '../ledger/export-list.ts';
import { lazy } from '../ledger/lazy.ts';
import { createMakeLink, longestLinkSecondsSchema } from '../ledger/link.ts';
import { defaultMetricsNamespace, metricsNamespaceSchema } from '../ledger/metric-names.ts';
import { createNoteEnd } from '../ledger/note-end.ts';
import { createObserver } from '../ledger/observer.ts';
import { createReadRecord } from '../ledger/read-record.ts';
import { createRecords } from '../ledger/record.ts';
import { createRequestIndex } from '../ledger/request-index.ts';
import { createRemoveWorkbooks } from '../ledger/workbooks.ts';
import { createCreateExport } from './create-export.ts';
import { createDeleteExport } from './delete-export.ts';
import { createGetExport } from './get-export.ts';
import { type ApiHandler, createApiHandler } from './handler.ts';
import { createListExports } from './list-exports.ts';
import { createSendMessage } from './queue.ts';
import { createWaitForEnd, longestWaitMs } from './wait.ts';
import { createReceiveWebhook } from './webhooks/receive-webhook.ts';
import { createSigningKeys } from './webhooks/signing-keys.ts';
import { webhooksSchema } from './webhooks/webhook.ts';

/** The api function's environment variables. */
export const apiEnvironmentSchema = z.object({
  BUCKET_NAME: z.string(),
  QUEUE_URL: z.string(),
  LINK_ROLE_ARN: z.string(),
  LONGEST_LINK_S: longestLinkSecondsSchema,
  METRICS_NAMESPACE: metricsNamespaceSchema.default(defaultMetricsNamespace),
  /** All webhooks as JSON, as the settings declare them. */
  WEBHOOKS: z
    .string()
    .default('{}')
    .transform((text): unknown => JSON.parse(text))
    .pipe(webhooksSchema),
});

export interface ApiFunctionOptions {
  readonly aws?: AwsAccess;
  readonly now?: () => number;
  /** How long a create waits for the export's end, in milliseconds. */
  readonly waitMs?: number;
  /** Takes the lines of the log and the metrics; standard output where not given. */
  readonly writeLine?: (line: string) => void;
}

/** Puts the api function together from its environment. */
export function createApiFunction(environment: unknown, options: ApiFunctionOptions = {}): ApiHandler {
  const { aws = {}, now = Date.now, waitMs = longestWaitMs, writeLine } = options;
  const settings = apiEnvironmentSchema.parse(environment);
  const bucket = settings.BUCKET_NAME;
  const observer = createObserver(writeLine, settings.METRICS_NAMESPACE);
  const noteEnd = createNoteEnd(observer);
  const s3 = new S3Client(aws);
  const documents = createDocuments(s3, bucket);
  const records = createRecords(documents, randomUUID);
  const readRecord = createReadRecord({ records, noteEnd, now });
  const exportList = createExportList({ documents, readRecord, now });
  const waitForEnd = createWaitForEnd({ readRecord, now });
  const makeLink = createMakeLink({
    sts: lazy(() => new STSClient(aws)),
    aws,
    bucket,
    roleArn: settings.LINK_ROLE_ARN,
    longestSeconds: settings.LONGEST_LINK_S,
    now,
  });
  const beginExport = createBeginExport({
    claimKey: createClaimKey(documents),
    records,
    readRecord,
    requestIndex: createRequestIndex({ documents, readRecord }),
    sendMessage: createSendMessage(
      lazy(() => new SQSClient(aws)),
      settings.QUEUE_URL,
    ),
    now,
    sleep,
  });
  return createApiHandler({
    createExport: createCreateExport({ beginExport, waitForEnd, makeLink, waitMs, now }),
    listExports: createListExports({ exportList, now }),
    getExport: createGetExport({ waitForEnd, exportList, makeLink, now }),
    deleteExport: createDeleteExport({
      endExport: createEndExport({
        readRecord,
        records,
        removeWorkbooks: createRemoveWorkbooks(s3, bucket),
        noteEnd,
        now,
      }),
      now,
    }),
    receiveWebhook: createReceiveWebhook({
      webhooks: settings.WEBHOOKS,
      signingKeys: createSigningKeys({
        secretsManager: lazy(() => new SecretsManagerClient(aws)),
        now,
        reportUnusableSecret: (name, reason) =>
          observer.tell('webhook secret unusable', { trigger: 'webhook', trigger_name: name, reason }),
      }),
      beginExport,
      now,
    }),
    webhookNames: new Set(Object.keys(settings.WEBHOOKS)),
    observer,
    now,
  });
}
