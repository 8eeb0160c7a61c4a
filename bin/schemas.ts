import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { eventJsonSchema } from '../functions/export/announce/event-json-schema.ts';
import { settingsJsonSchema } from '../lib/settings/settings-json-schema.ts';

/** `npm run schemas`: writes the JSON Schemas that are committed. A test fails where one is stale. */
const schemas = { 'settings.schema.json': settingsJsonSchema(), 'docs/events.schema.json': eventJsonSchema() };

for (const [file, schema] of Object.entries(schemas)) {
  await writeFile(fileURLToPath(new URL(`../${file}`, import.meta.url)), `${JSON.stringify(schema, undefined, 2)}\n`);
}
