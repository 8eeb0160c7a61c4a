import { ExportFailure } from '../../ledger/failure.ts';
import type { CallOrigin } from '../origin.ts';
import { isBusy, parseRetryAfter } from '../origin-refusal.ts';
import { type Session, sessionOf } from './session.ts';

/** `refused`: only a log-in can help now. `unjudged`: Knosc could not be reached, or has no time. */
export type RenewalOutcome =
  | { readonly kind: 'accepted'; readonly session: Session }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unjudged'; readonly failure: ExportFailure };

/** Renews a session by its refresh pair (`token-refresh`), once. It has no password in it, so it can lock nothing. */
export type Renew = (session: Session, signal: AbortSignal) => Promise<RenewalOutcome>;

interface RenewalDependencies {
  readonly callOrigin: CallOrigin;
  readonly now: () => number;
  readonly newId: () => string;
}

export function createRenew({ callOrigin, now, newId }: RenewalDependencies): Renew {
  return async (session, signal) => {
    const { secretVersion, originAddress, renewal } = session;
    if (!renewal) return { kind: 'refused' };
    const sentAtMs = now();
    try {
      const response = await callOrigin({
        originAddress,
        path: '/api/token-refresh',
        headers: { cookie: renewal.cookieHeader, 'x-xsrf-token': renewal.csrfToken },
        json: undefined,
        signal,
      });
      await response.discard();
      const { status, setCookies } = response;
      if (isBusy(status)) {
        const retryAfter = parseRetryAfter(response.retryAfter, now());
        const facts = { origin: { status }, ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }) };
        const detail = `Knosc is too busy to renew the session (status ${status}). Try again later.`;
        return { kind: 'unjudged', failure: new ExportFailure('origin-busy', detail, facts) };
      }
      // Neither Knosc's status for a dead refresh token nor its answer's body is documented; new cookies are what counts.
      const given = { id: newId(), secretVersion, originAddress, setCookies, sentAtMs, renewal };
      const renewed = status === 200 ? sessionOf(given) : undefined;
      return renewed ? { kind: 'accepted', session: renewed } : { kind: 'refused' };
    } catch (error) {
      if (error instanceof ExportFailure) return { kind: 'unjudged', failure: error };
      throw error;
    }
  };
}
