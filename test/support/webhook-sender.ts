import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** A secret as a sender has it. */
export const standardSecret = `whsec_${Buffer.alloc(24, 'sender').toString('base64')}`;

interface Signing {
  readonly id?: string;
  readonly secret?: string;
  readonly atMs?: number;
}

/** The headers of a delivery, signed by the specification's own library. */
export function standardHeaders(body: string, signing: Signing = {}): Record<string, string> {
  const { id = `msg_${randomUUID()}`, secret = standardSecret, atMs = Date.now() } = signing;
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(atMs), body),
  };
}
