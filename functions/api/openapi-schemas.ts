import * as z from 'zod';
import { exportIdSchema } from '../ledger/export-id.ts';
import { deliverySchema, exportRequestSchema, viewNameSchema } from '../ledger/export-request.ts';
import { failureTitles } from '../ledger/failure.ts';
import { problemSchema } from '../ledger/problem.ts';
import { recordSchema } from '../ledger/record.ts';
import { createBodySchema } from './create-export.ts';
import { listQuerySchema, waitQuerySchema } from './parameters.ts';
import { webhookAnswerSchema } from './webhooks/receive-webhook.ts';
import { triggerNameSchema } from './webhooks/webhook.ts';

/** A JSON Schema (draft 2020-12, as in OpenAPI 3.1). */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The schemas of all bodies, made from the ones that parse requests and records. */
export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(bodySchemas())) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    // Our answers may grow, so only request bodies are closed to what is not described.
    io: 'input',
    unrepresentable: 'any',
    override: forReaders,
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutNames(schema)]));
}

/** The schemas of parameters: what they mean (a number), not how they are written in an address. */
export function parameterSchemas() {
  const { limit, wait } = { ...listQuerySchema.shape, ...waitQuerySchema.shape };
  const exportIdOrLatest = z.union([exportIdSchema, z.literal('latest')]);
  return {
    view_name: parameterSchema(viewNameSchema),
    export_id: parameterSchema(exportIdSchema),
    export_id_or_latest: parameterSchema(exportIdOrLatest),
    webhook_name: parameterSchema(triggerNameSchema),
    wait: parameterSchema(wait),
    limit: parameterSchema(limit),
  };
}

function parameterSchema(schema: z.ZodType): JsonSchema {
  return withoutNames(z.toJSONSchema(schema, { io: 'output' }));
}

/** In OpenAPI the document says which JSON Schema it speaks, and a schema's place is its name. */
function withoutNames(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, $id: _name, ...rest } = schema;
  return rest;
}

const filtersSchema = exportRequestSchema.shape.filters.unwrap();

function bodySchemas() {
  const problem = problemSchema.extend({
    type: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(failureTitles)),
  });
  const shownExport = exportSchema(problem);
  return {
    Filters: filtersSchema,
    Delivery: deliverySchema,
    ExportRequest: exportRequestSchema,
    NewExport: createBodySchema.partial({ view_name: true }),
    NewExportAsKnosc: createBodySchema,
    Export: shownExport,
    ExportList: z.object({ exports: z.array(shownExport), next_cursor: z.string().optional() }),
    Problem: problem,
    ProblemAnswer: problem.extend({ export_id: z.string().optional(), request_id: z.string() }),
    WebhookPayload: z.unknown().describe('Any JSON in UTF-8, at most 1 MiB.'),
    WebhookAnswer: webhookAnswerSchema,
    ViewList: z.object({ views: z.array(viewSchema()) }),
    Health: z.object({ status: z.literal('ok') }),
  };
}

/** An export as callers see it: its record without what is the ledger's own. */
function exportSchema<P extends z.ZodObject>(problem: P) {
  const [queued, running, ready, failed, cancelled, deleted] = recordSchema.options;
  const ledgersOwn = { revision: true, writer: true, delivery: true } as const;
  const workbook = ready.shape.workbook.omit({ key: true });
  const link = z
    .object({ url: z.url(), expires_at: z.iso.datetime() })
    .describe('A bearer secret. Lists have none.')
    .optional();
  return z.discriminatedUnion('status', [
    queued.omit(ledgersOwn),
    running.omit({ ...ledgersOwn, lease: true }),
    ready.omit(ledgersOwn).extend({ workbook, link }),
    ready.omit(ledgersOwn).extend({ workbook, status: z.literal('expired') }),
    failed.omit(ledgersOwn).extend({ problem }),
    cancelled.omit(ledgersOwn),
    deleted.omit(ledgersOwn).extend({ workbook }),
  ]);
}

function viewSchema() {
  const columns = z.array(
    z.object({
      key: z.string(),
      format: z.enum(['string', 'string-link', 'number', 'date', 'datetime', 'boolean']),
      alias: z.string().optional(),
      documented: z.boolean().describe('False where the name is inferred from other pages of Knosc.'),
    }),
  );
  return z.object({
    view_name: z.string(),
    group: z.string(),
    privilege: z.string(),
    columns,
    hidden_columns: columns.describe('Good for filters and sort only.'),
  });
}

/** What zod writes for machines only is left out, and what it cannot know is put in. */
function forReaders({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (zodSchema === filtersSchema) {
    jsonSchema.type = 'object';
    jsonSchema.description =
      'Column: value or list of values, as in Knosc; passed on untouched. At most 8 levels deep.';
  }
}
