import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import type { AwsAccess } from '../ledger/aws-access.ts';
import { reportDefect } from '../ledger/defect.ts';
import { createDocuments } from '../ledger/documents.ts';
import { lazy } from '../ledger/lazy.ts';
import { createMakeLink } from '../ledger/link.ts';
import { createRecords } from '../ledger/record.ts';
import { createAttempt } from './attempt.ts';
import { createReadCredentials } from './credentials.ts';
import { createExportHandler, type ExportHandler } from './handler.ts';
import { createLogIn } from './log-in.ts';
import { createCallOrigin } from './origin.ts';
import { createQueue } from './queue.ts';
import { createRunExport } from './run-export.ts';
import { createSessions } from './sessions.ts';
import { createStore } from './store/store.ts';
import { createMakeTotpCode } from './totp.ts';
import { createOpenWorkbook } from './workbook-source.ts';

/** The export function's environment variables. */
export const exportEnvironmentSchema = z.object({
  BUCKET_NAME: z.string(),
  QUEUE_URL: z.string(),
  SECRET_ID: z.string(),
  LINK_ROLE_ARN: z.string(),
  /** Hosts (with port) beside Knosc's own that the secret may name, separated by commas. */
  ORIGIN_HOSTS: z.string().default(''),
  WORKBOOK_DAYS: z.coerce.number().int().min(1).default(7),
  MAXIMUM_WORKBOOK_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(4 * 1024 ** 3),
  /** Set by Lambda itself: inside it, loopback is not an origin unless ORIGIN_HOSTS names it. */
  AWS_LAMBDA_FUNCTION_NAME: z.string().optional(),
});

/** Puts the export function together from its environment. */
export function createExportFunction(
  environment: unknown,
  aws: AwsAccess = {},
  now: () => number = Date.now,
): ExportHandler {
  const settings = exportEnvironmentSchema.parse(environment);
  const bucket = settings.BUCKET_NAME;
  const s3 = new S3Client(aws);
  const store = createStore(s3, bucket);
  const callOrigin = createCallOrigin();
  const sessions = createSessions({
    logIn: createLogIn({ callOrigin, makeTotpCode: createMakeTotpCode(now), now }),
    now,
  });
  const readCredentials = createReadCredentials({
    secretsManager: new SecretsManagerClient(aws),
    secretId: settings.SECRET_ID,
    originPolicy: {
      namedHosts: settings.ORIGIN_HOSTS.split(',').filter((host) => host !== ''),
      allowsLoopback: settings.AWS_LAMBDA_FUNCTION_NAME === undefined,
    },
    now,
  });
  const attempt = createAttempt({
    readCredentials,
    openWorkbook: createOpenWorkbook({ callOrigin, sessions, now }),
    store,
    maximumWorkbookBytes: settings.MAXIMUM_WORKBOOK_BYTES,
    now,
  });
  const runExport = createRunExport({
    records: createRecords(createDocuments(s3, bucket), randomUUID),
    attempt,
    store,
    workbookDays: settings.WORKBOOK_DAYS,
    now,
    reportDefect,
  });
  return createExportHandler({
    runExport,
    queue: createQueue(
      lazy(() => new SQSClient(aws)),
      settings.QUEUE_URL,
    ),
    makeLink: createMakeLink({
      sts: lazy(() => new STSClient(aws)),
      aws,
      bucket,
      roleArn: settings.LINK_ROLE_ARN,
      now,
    }),
    now,
    reportDefect,
  });
}
