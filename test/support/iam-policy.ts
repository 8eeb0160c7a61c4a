import * as z from 'zod';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat());

/** An identity-based policy as IAM reads it, of the parts that the README's policies use; any other part is refused. */
export const policySchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(z.strictObject({ Effect: z.enum(['Allow', 'Deny']), Action: oneOrMore, Resource: oneOrMore })),
});
export type Policy = z.output<typeof policySchema>;

/** Denied unless a statement allows it and none denies it (IAM User Guide, "Policy evaluation logic"). */
export function isAllowed({ Statement }: Policy, action: string, resource: string): boolean {
  const effects = Statement.filter(
    (statement) =>
      statement.Action.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      statement.Resource.some((pattern) => matches(pattern, resource)),
  ).map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

/** `*` stands for any text, slashes too, and `?` for any one character. */
function matches(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}
