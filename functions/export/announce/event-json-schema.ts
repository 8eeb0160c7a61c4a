import * as z from 'zod';
import { eventSource } from './event.ts';
import { detailSchemas } from './event-schema.ts';

/** JSON Schema (2020-12) of our events as EventBridge hands them to a target. Fields may be added to it; none is taken away. */
export function eventJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Events of the Knosc Export Proxy',
    description: 'As EventBridge hands them to the target of a rule. Made by `npm run schemas`.',
    oneOf: [{ $ref: '#/$defs/ExportReady' }, { $ref: '#/$defs/ExportFailed' }],
    $defs: {
      ExportReady: withoutDialect(envelopeOf('Export Ready')),
      ExportFailed: withoutDialect(envelopeOf('Export Failed')),
    },
  };
}

function envelopeOf(detailType: keyof typeof detailSchemas) {
  return z.object({
    version: z.literal('0'),
    id: z.string().describe("EventBridge's own: a repeat of ours has another."),
    'detail-type': z.literal(detailType),
    source: z.literal(eventSource),
    account: z.string(),
    time: z.iso.datetime().describe('When the export ended.'),
    region: z.string(),
    resources: z.array(z.string()),
    detail: detailSchemas[detailType],
  });
}

/** As input, since an output's schema would forbid what may be added. */
function withoutDialect(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The format says it; the expression for it is three lines long.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return rest;
}
