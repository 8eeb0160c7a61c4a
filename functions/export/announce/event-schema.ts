import * as z from 'zod';
import { exportIdSchema } from '../../ledger/export-id.ts';
import { viewNameSchema } from '../../ledger/export-request.ts';
import { triggerSchema } from '../../ledger/trigger.ts';
import { mostSheets } from './event.ts';

const commonFields = {
  export_id: exportIdSchema.describe('Together with detail-type it tells whether this event was handled before.'),
  view_name: viewNameSchema,
  trigger: triggerSchema
    .pick({ kind: true, name: true })
    .describe('What asked for the export; name is that of a webhook or schedule in the settings.'),
  attempts: z.int().min(0).describe('How many runs it took; 0 where none was begun.'),
  created_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
};

export const readyDetailSchema = z
  .object({
    ...commonFields,
    started_at: z.iso.datetime().describe('When the run began that the workbook is of: no row in it is older.'),
    expires_at: z.iso.datetime().describe('Until when the workbook is kept.'),
    workbook: z.object({
      file_name: z.string(),
      bytes: z.int().min(0),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('Of the file.'),
      content_hash: z.string().describe('Equal for workbooks with the same parts, whatever their timestamps.'),
      coverage: z
        .enum(['whole', 'page', 'unknown'])
        .describe(
          'whole: all rows of the request; page: a limit was filled, or an offset given; unknown: no limit given.',
        ),
      rows: z.int().min(0).describe('Of all sheets, without their header rows.'),
      sheet_count: z.int().min(0),
      sheets: z
        .array(z.object({ name: z.string(), rows: z.int().min(0) }))
        .max(mostSheets)
        .describe(`The first ${mostSheets}, in order; their names cut at 100 characters.`),
    }),
  })
  .describe('The workbook is proven and kept. The link to it is asked for with GET /exports/{view_name}/{export_id}.');

export const failedDetailSchema = z
  .object({
    ...commonFields,
    problem: z.object({
      code: z.string().describe('One of the codes of docs/failures.md, which may grow.'),
      title: z.string(),
    }),
  })
  .describe('The export has no workbook, and never will.');

/** The `detail` of each event, by its `detail-type`. */
export const detailSchemas = { 'Export Ready': readyDetailSchema, 'Export Failed': failedDetailSchema } as const;

export type ReadyDetail = z.output<typeof readyDetailSchema>;
export type FailedDetail = z.output<typeof failedDetailSchema>;
