import { parseCookie } from 'undici/lib/web/cookies/index.js';
import * as z from 'zod';
import { parseJson } from '../parse-json.ts';

/** A log-in at the origin, as the fleet keeps it. Moments are in milliseconds by S3's clock. */
export const sessionSchema = z.object({
  /** Ours, new with every log-in and renewal: by it a refused session is told from the one that took its place. */
  id: z.string(),
  secretVersion: z.string(),
  originAddress: z.string(),
  /** What an export carries. */
  cookieHeader: z.string(),
  csrfToken: z.string(),
  /** What `token-refresh` takes; absent where Knosc gave no refresh pair, as after a second factor. */
  renewal: z.object({ cookieHeader: z.string(), csrfToken: z.string() }).optional(),
  /** From here on it is to be renewed: a minute before its end, or a fifth of its life where that is less. */
  renewFromMs: z.number(),
  endsAtMs: z.number(),
});
export type Session = z.infer<typeof sessionSchema>;

/** Far enough from its end that nobody need think of renewing it. */
export function isFresh(session: Session, nowMs: number): boolean {
  return nowMs < session.renewFromMs;
}

/** Still good for an export that is sent now: the last quarter of the margin is kept for the request to arrive. */
export function isLiving(session: Session, nowMs: number): boolean {
  return nowMs < session.endsAtMs - (session.endsAtMs - session.renewFromMs) / 4;
}

interface SessionSource {
  readonly id: string;
  readonly secretVersion: string;
  readonly originAddress: string;
  readonly setCookies: readonly string[];
  /** When the request was sent that these cookies answer. */
  readonly sentAtMs: number;
  /** The refresh pair to keep where the answer brings none. */
  readonly renewal?: Session['renewal'];
}

const longestMarginMs = 60_000;

/** The session that an answer's cookies make; `undefined` where it sets no access pair. */
export function sessionOf(source: SessionSource): Session | undefined {
  const { id, secretVersion, originAddress, sentAtMs } = source;
  const cookies = cookiesOf(source.setCookies);
  const access = pairOf(cookies, 'access');
  if (!access) return undefined;
  const { token, csrfToken } = access;
  const refresh = pairOf(cookies, 'refresh');
  const renewal = refresh
    ? { cookieHeader: cookieHeaderOf('refresh', refresh), csrfToken: refresh.csrfToken }
    : source.renewal;
  const endsAtMs = endOf(token, sentAtMs);
  return {
    id,
    secretVersion,
    originAddress,
    cookieHeader: cookieHeaderOf('access', access),
    csrfToken,
    ...(renewal && { renewal }),
    renewFromMs: endsAtMs - Math.min(longestMarginMs, (endsAtMs - sentAtMs) / 5),
    endsAtMs,
  };
}

type PairKind = 'access' | 'refresh';

interface Pair {
  readonly token: string;
  readonly csrfToken: string;
}

function cookiesOf(setCookies: readonly string[]): ReadonlyMap<string, string> {
  const cookies = setCookies.map((header) => parseCookie(header)).filter((cookie) => cookie !== null);
  return new Map(cookies.map(({ name, value }) => [name, value]));
}

function pairOf(cookies: ReadonlyMap<string, string>, kind: PairKind): Pair | undefined {
  const token = cookies.get(`${kind}_token_cookie`);
  const csrfToken = cookies.get(`csrf_${kind}_token`);
  return token && csrfToken ? { token, csrfToken } : undefined;
}

function cookieHeaderOf(kind: PairKind, { token, csrfToken }: Pair): string {
  return `${kind}_token_cookie=${token}; csrf_${kind}_token=${csrfToken}`;
}

// Knosc gives no number; Flask-JWT-Extended's default is 15 minutes, so a third of it is safe where a token does not say.
const assumedLifetimeMs = 5 * 60_000;

const jwtPayloadSchema = z.object({ exp: z.number(), iat: z.number().optional() });

/** The token's own word. With `iat` its lifetime counts from our request, so that Knosc's clock need not agree with ours. */
function endOf(jwt: string, sentAtMs: number): number {
  const payload = parseJson(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  const parsed = jwtPayloadSchema.safeParse(payload);
  if (!parsed.success) return sentAtMs + assumedLifetimeMs;
  const { exp, iat } = parsed.data;
  const endsAtMs = iat === undefined ? exp * 1000 : sentAtMs + (exp - iat) * 1000;
  // A token that was just given is not over, whatever clocks say.
  return endsAtMs > sentAtMs ? endsAtMs : sentAtMs + assumedLifetimeMs;
}
