import type { FailureCode } from '../ledger/failure.ts';
import {
  newExportAsKnoscExamples,
  newExportExamples,
  readyExample,
  runningExample,
  webhookAnswerExample,
  webhookPayloadExamples,
} from './openapi-examples.ts';
import type { RouteName } from './routes.ts';

type ParameterName =
  | 'view_name'
  | 'export_id'
  | 'export_id_or_latest'
  | 'wait'
  | 'limit'
  | 'cursor'
  | 'idempotency-key'
  | 'prefer'
  | 'if-none-match'
  | 'webhook_name';

export type HeaderName = 'location' | 'retry-after' | 'preference-applied' | 'vary' | 'etag' | 'content-location';

interface Success {
  readonly description: string;
  readonly headers?: readonly HeaderName[];
  /** The name of the body's schema; none where there is no body. */
  readonly schema?: string;
  readonly example?: unknown;
}

/** A route as the OpenAPI document describes it. */
export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly ParameterName[];
  readonly body?: { readonly schema: string; readonly examples: object; readonly isRequired: boolean };
  readonly successes: Readonly<Record<number, Success>>;
  readonly failures: readonly FailureCode[];
}

/** What an export can fail with once it has begun; its create answers so where it was waited for. */
const exportFailures = [
  'view-not-exportable',
  'data-not-assembled',
  'request-refused',
  'view-not-privileged',
  'credentials-unusable',
  'second-factor-needed',
  'first-sign-in-needed',
  'origin-locked',
  'origin-busy',
  'origin-failed',
  'origin-timeout',
  'workbook-unsound',
  'workbook-too-large',
  'export-abandoned',
] as const;

const create = {
  description: [
    'Begins an export and waits for its end as long as the gateway lets it (`Prefer` may ask for less).',
    'Who accepts `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet` is led to the workbook by 303.',
    'A repeat with the same `Idempotency-Key` and request gets the same export, a failed one too.',
  ].join(' '),
  successes: {
    201: {
      description: 'The export is ready.',
      headers: ['location', 'preference-applied', 'vary'],
      schema: 'Export',
      example: readyExample,
    },
    202: {
      description: 'The export goes on; look at `Location`.',
      headers: ['location', 'retry-after', 'preference-applied', 'vary'],
      schema: 'Export',
      example: runningExample,
    },
    303: { description: "To the export's workbook.", headers: ['location', 'vary'] },
  },
  failures: [
    'request-invalid',
    'not-acceptable',
    'body-too-large',
    'media-type-unsupported',
    'idempotency-mismatch',
    'export-failed',
    'export-gone',
    'store-failed',
    'internal',
    ...exportFailures,
  ],
} as const;

/** Every route; one that is not described does not compile. */
export const operations = {
  createExport: {
    summary: 'Create an export of a view',
    parameters: ['view_name', 'idempotency-key', 'prefer'],
    body: { schema: 'NewExport', examples: newExportExamples, isRequired: false },
    ...create,
  },
  createExportAsKnosc: {
    summary: "Create an export by Knosc's own path and body",
    parameters: ['idempotency-key', 'prefer'],
    body: { schema: 'NewExportAsKnosc', examples: newExportAsKnoscExamples, isRequired: true },
    ...create,
  },
  listExports: {
    summary: 'List the exports of a view, newest first',
    description:
      'Exports are remembered for 30 days. None has a link here; `next_cursor` is there where there are more.',
    parameters: ['view_name', 'limit', 'cursor'],
    successes: { 200: { description: 'A page of exports.', schema: 'ExportList' } },
    failures: ['request-invalid', 'store-failed', 'internal'],
  },
  getExport: {
    summary: 'Look at an export',
    description:
      'A fresh link when it is ready. `latest` is the newest ready export that has not expired, of the newest hundred.',
    parameters: ['view_name', 'export_id_or_latest', 'wait', 'if-none-match'],
    successes: {
      200: {
        description: 'The export, whatever became of it.',
        headers: ['etag', 'content-location', 'retry-after'],
        schema: 'Export',
        example: readyExample,
      },
      304: {
        description: 'The export is as `If-None-Match` names it; with `wait` after waiting.',
        headers: ['etag', 'content-location', 'retry-after'],
      },
    },
    failures: ['request-invalid', 'export-not-found', 'store-failed', 'internal'],
  },
  deleteExport: {
    summary: 'Cancel an export, or delete its workbook',
    description:
      'A queued or running export is cancelled for all who joined it; of a ready one the workbook is deleted. Any other stays what it is. May be repeated.',
    parameters: ['view_name', 'export_id'],
    successes: { 200: { description: 'The export as it is now.', schema: 'Export' } },
    failures: ['export-not-found', 'store-failed', 'internal'],
  },
  getWorkbook: {
    summary: 'Follow to the workbook',
    parameters: ['view_name', 'export_id_or_latest', 'wait'],
    successes: {
      303: {
        description: 'To a fresh link; with `wait` to this very address while the export runs.',
        headers: ['location'],
      },
    },
    failures: [
      'request-invalid',
      'export-not-found',
      'export-not-ready',
      'export-failed',
      'export-gone',
      'store-failed',
      'internal',
    ],
  },
  receiveWebhook: {
    summary: 'Deliver a signed webhook',
    description: [
      "Begins the export that the deployment's settings name for this webhook, with values from the payload, and answers before it runs.",
      "Signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`), or as the settings declare the sender's own form.",
      'A redelivery gets the same export.',
    ].join(' '),
    parameters: ['webhook_name'],
    body: { schema: 'WebhookPayload', examples: webhookPayloadExamples, isRequired: true },
    successes: {
      202: {
        description: 'The export is on its way; of a redelivery, how far it is.',
        schema: 'WebhookAnswer',
        example: webhookAnswerExample,
      },
    },
    failures: [
      'request-invalid',
      'signature-invalid',
      'webhook-not-found',
      'body-too-large',
      'media-type-unsupported',
      'idempotency-mismatch',
      'webhook-secret-unusable',
      'store-failed',
      'internal',
    ],
  },
  getViews: {
    summary: 'What is known of every view',
    description: "Knosc's list is open: views that are not in it can be exported all the same.",
    successes: { 200: { description: 'The catalogue.', schema: 'ViewList' } },
    failures: ['internal'],
  },
  getOpenApi: {
    summary: 'This document',
    successes: { 200: { description: 'OpenAPI 3.1.' } },
    failures: ['internal'],
  },
  getHealth: {
    summary: 'Whether the proxy answers',
    successes: { 200: { description: 'It does.', schema: 'Health', example: { status: 'ok' } } },
    failures: ['internal'],
  },
} as const satisfies Record<RouteName, Operation>;
