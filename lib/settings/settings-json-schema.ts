import * as z from 'zod';
import { settingsSchema } from './settings.ts';

/** The settings as a JSON Schema (draft 2020-12), for editors: `settings.schema.json`, written by `npm run schemas`. */
export function settingsJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(settingsSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // The one thing that no JSON Schema stands for by itself: filters, an object of whatever Knosc takes.
      if (zodSchema instanceof z.ZodCustom) jsonSchema.type = 'object';
    },
  });
}
