import { readFileSync } from 'node:fs';
import * as z from 'zod';

const cdkJsonSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/** The feature flags of cdk.json, which only the CDK's command line reads by itself: a test's template has them too. */
export const cdkContext = cdkJsonSchema.parse(
  JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')),
).context;
