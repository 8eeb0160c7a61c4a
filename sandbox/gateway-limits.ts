import type { IncomingMessage } from 'node:http';

/** What an HTTP API itself says no to, before or instead of the function (API Gateway Developer Guide, "Quotas"). */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** `Internal Server Error`: the function threw, or answered something that is not an answer. */
export const functionFailed = new GatewayRefusal(500, 'Internal Server Error');

const longestHeaderBytes = 10_240;
const longestBodyBytes = 10 * 1024 * 1024;
const longestEventBytes = 6 * 1024 * 1024;

/** Request line and header values together; names count too, which can only make us stricter. */
export function requireHeaders(request: IncomingMessage): void {
  const bytes = request.rawHeaders.reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    Buffer.byteLength(request.url ?? ''),
  );
  if (bytes > longestHeaderBytes) throw new GatewayRefusal(431, 'Request Header Fields Too Large');
}

/** The whole body; one over 10 MB is refused as soon as that is known. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes <= longestBodyBytes) chunks.push(chunk);
  }
  // A body that is too large is read to its end, unkept: a client that still sends would not see the refusal.
  if (bytes > longestBodyBytes) throw tooLarge();
  return Buffer.concat(chunks);
}

/** Lambda takes 6 MB of event, in which a body that is not text stands in base64, a third longer. */
export function requireEvent(event: unknown): void {
  if (Buffer.byteLength(JSON.stringify(event)) > longestEventBytes) throw tooLarge();
}

/** How many calls of a route pass: so many at once, and so many more a second. */
export interface Throttle {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** Throws `Too Many Requests` when the route's bucket of tokens is empty (API Gateway Developer Guide, "Throttle requests"). */
export function createThrottle({ ratePerSecond, burst }: Throttle, now: () => number): () => void {
  let tokens = burst;
  let filledAtMs = now();
  return () => {
    tokens = Math.min(burst, tokens + (Math.max(0, now() - filledAtMs) / 1000) * ratePerSecond);
    filledAtMs = now();
    if (tokens < 1) throw new GatewayRefusal(429, 'Too Many Requests');
    tokens -= 1;
  };
}

/** The function's answer, or `Service Unavailable` once it has taken too long. The function itself runs on. */
export async function withinTime<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new GatewayRefusal(503, 'Service Unavailable'));
  }, milliseconds);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(): GatewayRefusal {
  return new GatewayRefusal(413, 'Request Entity Too Large');
}
