import * as z from 'zod';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});

/** A CloudFormation template, of which only resources and outputs are looked at. */
export const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});
export type Template = z.infer<typeof templateSchema>;

export interface Resource {
  readonly logicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export function resourcesOf({ Resources }: Template, type: string): readonly Resource[] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([logicalId, { Properties }]) => ({ logicalId, properties: Properties }));
}
