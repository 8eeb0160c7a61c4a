import { createHash } from 'node:crypto';
import * as z from 'zod';

/** What a sender may say beside the body: text, numbers as text, or bytes in base64. */
export const messageAttributesSchema = z.record(
  z.string().regex(/^[\w.-]{1,256}$/),
  z.strictObject({
    DataType: z.string().regex(/^(String|Number|Binary)(\..+)?$/),
    StringValue: z.string().min(1).optional(),
    BinaryValue: z.base64().optional(),
  }),
);

export type MessageAttributes = z.infer<typeof messageAttributesSchema>;

/** The MD5 of message attributes as the Amazon SQS Developer Guide defines it: names sorted, each part after its length. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).toSorted();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (part: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  };
  for (const name of names) {
    const { DataType = '', StringValue = '', BinaryValue } = attributes[name] ?? {};
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    const isBinary = DataType.startsWith('Binary');
    hash.update(Buffer.of(isBinary ? 2 : 1));
    add(isBinary ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue));
  }
  return hash.digest('hex');
}
