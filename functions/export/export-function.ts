import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import type { AwsAccess } from '../ledger/aws-access.ts';
import { createBeginExport } from '../ledger/begin-export.ts';
import { createClaimKey } from '../ledger/claim.ts';
import { createDocuments } from '../ledger/documents.ts';
import { lazy } from '../ledger/lazy.ts';
import { createMakeLink, longestLinkSecondsSchema } from '../ledger/link.ts';
import { defaultMetricsNamespace, metricsNamespaceSchema } from '../ledger/metric-names.ts';
import { createNoteEnd } from '../ledger/note-end.ts';
import { createObserver, type Observer } from '../ledger/observer.ts';
import { createReadRecord } from '../ledger/read-record.ts';
import { createRecords } from '../ledger/record.ts';
import { createRequestIndex } from '../ledger/request-index.ts';
import { createStoreClock } from '../ledger/store-clock.ts';
import { createRemoveWorkbooks } from '../ledger/workbooks.ts';
import { createAnnounce } from './announce/announce.ts';
import { createPutEvent } from './announce/event-bus.ts';
import { createAttempt } from './attempt.ts';
import { countedOrigin } from './counted-origin.ts';
import { createExportHandler, type ExportHandler } from './handler.ts';
import { createHoldLease, type Pause } from './held-lease.ts';
import { createHandleInvocation } from './invocation.ts';
import { createCallOrigin } from './origin.ts';
import { processorsOf } from './processors.ts';
import { createProveWorkbook } from './proof/proof.ts';
import { createQueue } from './queue.ts';
import { createRunExport } from './run-export.ts';
import { createClaimFireTime } from './schedule/claim-fire-time.ts';
import { createFleetSessions } from './session/fleet-sessions.ts';
import type { SessionTiming } from './session/lease.ts';
import type { LogInOutcome } from './session/log-in.ts';
import { createStore } from './store/store.ts';
import { createTries } from './tries.ts';
import { createOpenWorkbook } from './workbook-source.ts';

/** The export function's environment variables. */
export const exportEnvironmentSchema = z.object({
  BUCKET_NAME: z.string(),
  QUEUE_URL: z.string(),
  SECRET_ID: z.string(),
  SESSION_KEY_SECRET_ID: z.string(),
  LINK_ROLE_ARN: z.string(),
  LONGEST_LINK_S: longestLinkSecondsSchema,
  METRICS_NAMESPACE: metricsNamespaceSchema.default(defaultMetricsNamespace),
  /** Name or ARN; every account has the bus named default. */
  EVENT_BUS_NAME: z.string().default('default'),
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
  /** Set by Lambda itself, in MB. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().int().min(1).optional(),
});

export interface ExportFunctionOptions {
  readonly aws?: AwsAccess;
  readonly now?: () => number;
  /** From 0 to 1; the jitter of repeated tries. */
  readonly random?: () => number;
  /** How long a run that has died keeps others from its export. */
  readonly leaseSeconds?: number;
  readonly sessionTiming?: Partial<SessionTiming>;
  /** Takes the lines of the log and the metrics; standard output where not given. */
  readonly writeLine?: (line: string) => void;
}

/** Twelve beats of 5 s each: an export is taken over a minute after its run died, and a cancelled one ends within 5 s. */
export const defaultLeaseSeconds = 60;
export const beatsPerLease = 12;

/** Puts the export function together from its environment. */
export function createExportFunction(environment: unknown, options: ExportFunctionOptions = {}): ExportHandler {
  const {
    aws = {},
    now = Date.now,
    random = Math.random,
    leaseSeconds = defaultLeaseSeconds,
    sessionTiming = {},
    writeLine,
  } = options;
  const settings = exportEnvironmentSchema.parse(environment);
  const bucket = settings.BUCKET_NAME;
  const observer = createObserver(writeLine, settings.METRICS_NAMESPACE);
  const { reportDefect } = observer;
  const s3 = new S3Client(aws);
  const store = createStore(s3, bucket);
  const callOrigin = countedOrigin(createCallOrigin(), (outcome) => observer.measure('OriginCalls', 1, { outcome }));
  const documents = createDocuments(s3, bucket);
  const storeNow = createStoreClock(s3, now);
  const sessions = createFleetSessions({
    documents,
    secretsManager: new SecretsManagerClient(aws),
    secretId: settings.SECRET_ID,
    sessionKeySecretId: settings.SESSION_KEY_SECRET_ID,
    originPolicy: {
      namedHosts: settings.ORIGIN_HOSTS.split(',').filter((host) => host !== ''),
      allowsLoopback: settings.AWS_LAMBDA_FUNCTION_NAME === undefined,
    },
    callOrigin,
    now,
    storeNow,
    timing: sessionTiming,
    noteLogIn: (kind) => noteLogIn(observer, kind),
  });
  const attempt = createAttempt({
    sessions,
    openWorkbook: createOpenWorkbook({ callOrigin, now }),
    proveWorkbook: createProveWorkbook(processorsOf(settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE)),
    store,
    tries: createTries({ now, random, sleep }),
    maximumWorkbookBytes: settings.MAXIMUM_WORKBOOK_BYTES,
    now,
  });
  const records = createRecords(documents, randomUUID);
  const runExport = createRunExport({
    records,
    attempt,
    holdLease: createHoldLease({ records, storeNow, pause, leaseSeconds, beatSeconds: leaseSeconds / beatsPerLease }),
    store,
    workbookDays: settings.WORKBOOK_DAYS,
    leaseSeconds,
    now,
    storeNow,
    observer,
  });
  const queue = createQueue(
    lazy(() => new SQSClient(aws)),
    settings.QUEUE_URL,
  );
  const makeLink = createMakeLink({
    sts: lazy(() => new STSClient(aws)),
    aws,
    bucket,
    roleArn: settings.LINK_ROLE_ARN,
    longestSeconds: settings.LONGEST_LINK_S,
    now,
  });
  const removeWorkbooks = createRemoveWorkbooks(s3, bucket);
  const noteEnd = createNoteEnd(observer);
  const readRecord = createReadRecord({ records, noteEnd, now });
  const claimKey = createClaimKey(documents);
  const requestIndex = createRequestIndex({ documents, readRecord });
  const beginExport = createBeginExport({
    claimKey,
    records,
    readRecord,
    requestIndex,
    sendMessage: (message) => queue.sendDelayed(message, leaseSeconds),
    now,
    sleep,
  });
  const announce = createAnnounce({
    putEvent: createPutEvent(
      lazy(() => new EventBridgeClient(aws)),
      settings.EVENT_BUS_NAME,
    ),
    observer,
  });
  const invocation = { beginExport, runExport, records, removeWorkbooks, makeLink, pause, now, reportDefect };
  return createExportHandler({
    runExport,
    removeWorkbooks,
    announce,
    queue,
    claimFireTime: createClaimFireTime({ claimKey, records, requestIndex, noteEnd, now }),
    handleInvocation: createHandleInvocation(invocation),
    now,
    observer,
  });
}

/** Knosc locks the account at the third refusal in a row, so what may be one counts as one. */
const mayBeRefusals: ReadonlySet<LogInOutcome['kind']> = new Set(['refused', 'code-refused', 'doubtful']);

function noteLogIn({ tell, measure }: Observer, kind: LogInOutcome['kind']): void {
  measure('LogIns', 1, {});
  if (mayBeRefusals.has(kind)) measure('RefusedLogIns', 1, {});
  tell('log-in tried', { outcome: kind });
}

/** Waits, and ends the wait without a fault when the signal comes. */
const pause: Pause = (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined);
