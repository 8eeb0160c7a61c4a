import * as z from 'zod';

/** What the HTTP interface answers, as far as a caller reads it; what else is there is kept. */
export const problemSchema = z.looseObject({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  export_id: z.string().optional(),
  request_id: z.string().optional(),
  retry_after_s: z.number().optional(),
  errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
  origin: z.looseObject({ Code: z.string().optional(), Message: z.string().optional() }).optional(),
});
export type ProblemDocument = z.infer<typeof problemSchema>;

const named = { export_id: z.string(), view_name: z.string() };

export const liveSchema = z.looseObject({
  ...named,
  status: z.enum(['queued', 'running']),
  bytes_so_far: z.number().optional(),
});
export const readySchema = z.looseObject({
  ...named,
  status: z.literal('ready'),
  attempts: z.number(),
  expires_at: z.string(),
  workbook: z.looseObject({ file_name: z.string(), bytes: z.number(), sha256: z.string() }),
  link: z.looseObject({ url: z.string(), expires_at: z.string() }),
  timings_ms: z.looseObject({
    queue: z.number(),
    login: z.number(),
    origin_first_byte: z.number(),
    transfer: z.number(),
  }),
});
export const failedSchema = z.looseObject({ ...named, status: z.literal('failed'), problem: problemSchema });
const goneSchema = z.looseObject({ ...named, status: z.enum(['cancelled', 'deleted', 'expired']) });

/** An export by itself: running, or ended in one of the ways there are. */
export const exportSchema = z.union([liveSchema, readySchema, failedSchema, goneSchema]);
export type ExportDocument = z.infer<typeof exportSchema>;
export type LiveExport = z.infer<typeof liveSchema>;
/** A ready export, as the HTTP interface answers it. */
export type ReadyExport = z.infer<typeof readySchema>;
export type EndedExport = Exclude<ExportDocument, LiveExport>;

/** An export without a link, as lists and a cancellation tell of it. */
export const listedSchema = z.looseObject({
  ...named,
  status: z.string(),
  created_at: z.string(),
  bytes_so_far: z.number().optional(),
  workbook: z.looseObject({ file_name: z.string(), bytes: z.number() }).optional(),
  problem: z.looseObject({ code: z.string() }).optional(),
  trigger: z.looseObject({ name: z.string().optional(), fire_time: z.string().optional() }).optional(),
});
export type ListedExport = z.infer<typeof listedSchema>;
export const listSchema = z.looseObject({ exports: z.array(listedSchema), next_cursor: z.string().optional() });

export const viewsSchema = z.looseObject({
  views: z.array(z.looseObject({ view_name: z.string(), group: z.string(), privilege: z.string() })),
});
export type ViewsDocument = z.infer<typeof viewsSchema>;

/** What the sandbox answers who fires a schedule: what its export can be found by. */
export const firedSchema = z.looseObject({ schedule: z.string(), fire_time: z.string(), view_name: z.string() });
export type FiredDocument = z.infer<typeof firedSchema>;
