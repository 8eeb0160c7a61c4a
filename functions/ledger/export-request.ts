import { createHash } from 'node:crypto';
import * as z from 'zod';

/** View names are open (Knosc's list ends with "and others"), so only their form is checked. */
export const viewNameSchema = z
  .string()
  .regex(/^[a-z0-9_]{1,100}$/, 'must be the name of a view: 1 to 100 of a-z, 0-9 and _, such as purchase_order_list');

function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `z.custom`, not `z.record`: the very object is passed on, untouched, whatever its keys are called. */
const filtersSchema = z
  .custom<Readonly<Record<string, unknown>>>(isJsonObject, 'must be an object of column: value')
  .refine((filters) => isNestedAtMost(filters, 8), 'must not be nested deeper than 8 levels');

function isNestedAtMost(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isNestedAtMost(inner, levels - 1));
}

const sortSchema = z.strictObject({
  key: z.string().min(1),
  type: z.enum(['Ascending', 'Descending']),
});

const indexSchema = z.strictObject({
  limit: z.int().min(1).optional(),
  offset: z.int().min(0).optional(),
});

/** Knosc's body of `POST /api/export-data` (its page "Export Data"); `view_name` comes from the path on our own route. */
export const exportRequestSchema = z.strictObject({
  view_name: viewNameSchema,
  filters: filtersSchema.optional(),
  sort: sortSchema.optional(),
  index: indexSchema.optional(),
});
export type ExportRequest = z.infer<typeof exportRequestSchema>;

// Separators, control characters and halves of surrogate pairs have no place in a file's name on any system.
const unsafeInFileName = /[\p{Cc}\p{Cs}/\\]/u;

// As long as a workbook is kept by default; one that has expired is never joined, however old it may be.
const longestMaxAgeSeconds = 604_800;

/** How the workbook is handed over, and whether one that is there already will do. The descriptions are told to callers. */
export const deliverySchema = z.strictObject({
  file_name: z
    .string()
    .min(1)
    .max(200)
    .refine((name) => !unsafeInFileName.test(name), 'must not contain control characters, / or \\')
    .describe('What the download is called; .xlsx is added where it lacks it. No control characters, / or \\.')
    .optional(),
  link_lifetime_s: z
    .int()
    .min(60)
    .max(3600)
    .describe('How long the link works, in seconds; 900 if left out.')
    .optional(),
  max_age_s: z
    .int()
    .min(0)
    .max(longestMaxAgeSeconds)
    .describe(
      'An export of the same request will do whose run began no longer ago, or has not begun. It keeps its own file name.',
    )
    .optional(),
});
export type Delivery = z.infer<typeof deliverySchema>;

/** SHA-256 (hex) over request and, where given, delivery, with sorted keys: equal exactly when two calls ask for the same. */
export function requestHash(request: ExportRequest, delivery?: Delivery): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted({ request, delivery })))
    .digest('hex');
}

// Lists and objects are tagged, so that an object never hashes like a list of its entries.
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sorted)];
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return ['object', ...entries.map(([key, inner]) => [key, sorted(inner)])];
}
