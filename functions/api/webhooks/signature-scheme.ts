import * as z from 'zod';

const headerNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'must be the name of a header, such as x-hub-signature-256')
  .toLowerCase();

const prefixSchema = z.string().regex(/^[!-+\--~]{0,20}$/, 'must be at most 20 characters, without commas and spaces');

const timestampSchema = z.strictObject({
  header: headerNameSchema.describe("Where the timestamp stands; the signature's own header if left out.").optional(),
  prefix: prefixSchema.describe('What stands before it, such as t=.').default(''),
});

/** What the refinement of places needs, so that it is made beside the faults of all else. */
const placesSchema = z.object({ header: headerNameSchema, prefix: prefixSchema, timestamp: timestampSchema });

const hmacSchema = z
  .strictObject({
    scheme: z.literal('hmac'),
    header: headerNameSchema.describe('The header with the signature, such as x-hub-signature-256.'),
    algorithm: z.enum(['sha256', 'sha512']).default('sha256'),
    encoding: z.enum(['hex', 'base64']).describe('Hex in lower case, base64 with its padding.').default('hex'),
    prefix: prefixSchema.describe('What stands before each signature, such as sha256= or v1=.').default(''),
    timestamp: timestampSchema
      .describe('The moment of sending, in seconds since 1970, if it is signed too; at most five minutes old.')
      .optional(),
    signed: z
      .string()
      .max(100)
      .describe(
        'What is signed, {timestamp} and {body} standing for themselves; {body}, or {timestamp}.{body} with a timestamp, if left out.',
      )
      .optional(),
  })
  .refine(({ header, prefix, timestamp }) => timestamp === undefined || isTold(header, prefix, timestamp), {
    path: ['timestamp'],
    message: 'must be told from the signatures in the same header: each needs a prefix of its own',
    when: ({ value }) => placesSchema.safeParse(value).success,
  })
  .superRefine(
    ({ timestamp, signed }, context) => {
      if (signed === undefined || isSignedForm(signed, timestamp !== undefined)) return;
      const message = timestamp
        ? 'must contain {timestamp} and {body}, each once, with something that is no digit between them'
        : 'must contain {body} once, and no {timestamp}, since no timestamp is declared';
      context.addIssue({ code: 'custom', path: ['signed'], message });
    },
    { when: ({ value }) => z.object({ signed: z.string() }).safeParse(value).success },
  );

/**
 * How a sender signs. `standard_webhooks` is the specification of that name. `hmac` covers the other forms of a keyed hash over
 * the body: the header is a list of elements separated by commas; those that begin with `prefix` are signatures.
 */
export const signatureSchema = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('standard_webhooks') }),
  hmacSchema,
]);
export type SignatureScheme = z.output<typeof signatureSchema>;
export type HmacScheme = z.output<typeof hmacSchema>;

function isTold(header: string, prefix: string, timestamp: z.output<typeof timestampSchema>): boolean {
  if (timestamp.header !== undefined && timestamp.header !== header) return true;
  return prefix !== '' && timestamp.prefix !== '' && !isStartOfOther(prefix, timestamp.prefix);
}

function isStartOfOther(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/**
 * Where timestamp and body could be cut apart in two ways, one signature would be good for two deliveries; so the timestamp,
 * which is digits, ends at something else.
 */
function isSignedForm(signed: string, hasTimestamp: boolean): boolean {
  return hasTimestamp
    ? /^[^{}]*(\{timestamp\}[^{}\d][^{}]*\{body\}|\{body\}[^{}]*[^{}\d]\{timestamp\})[^{}]*$/.test(signed)
    : /^[^{}]*\{body\}[^{}]*$/.test(signed);
}
