import * as z from 'zod';

/** The processes beside the function: AWS, with what the stack would have made in it, and the origin. */
export const platformSchema = z.object({
  access: z.object({
    endpoint: z.string(),
    region: z.string(),
    credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  }),
  accountId: z.string(),
  environment: z.looseObject({ BUCKET_NAME: z.string(), QUEUE_URL: z.string() }),
  originAddress: z.string(),
});
export type Platform = z.infer<typeof platformSchema>;
