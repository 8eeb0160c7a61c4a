import { ExportFailure } from '../ledger/failure.ts';
import type { OriginCallOutcome } from '../ledger/metric-names.ts';
import type { CallOrigin, OriginResponse } from './origin.ts';
import { isBusy } from './origin-refusal.ts';

/** Tells of each call to the origin once, when nothing more of it is to come: a body that breaks makes it a broken call. */
export function countedOrigin(callOrigin: CallOrigin, count: (outcome: OriginCallOutcome) => void): CallOrigin {
  return async (call) => {
    let isCounted = false;
    const countOnce = (outcome: OriginCallOutcome) => {
      if (!isCounted) count(outcome);
      isCounted = true;
    };
    const response = await callOrigin(call).catch((error: unknown) => {
      countOnce(brokenOutcome(error));
      throw error;
    });
    if (response.status !== 200) {
      countOnce(outcomeOfStatus(response.status));
      return response;
    }
    return {
      ...response,
      body: countedBody(response, countOnce),
      discard: async () => {
        countOnce('ok');
        await response.discard();
      },
      abandon: () => {
        countOnce('ok');
        response.abandon();
      },
    };
  };
}

async function* countedBody(response: OriginResponse, countOnce: (outcome: OriginCallOutcome) => void) {
  try {
    yield* response.body;
  } catch (error) {
    countOnce(brokenOutcome(error));
    throw error;
  } finally {
    // Read to the end, or to where its reader had enough of it.
    countOnce('ok');
  }
}

function brokenOutcome(error: unknown): OriginCallOutcome {
  return error instanceof ExportFailure && error.code === 'origin-timeout' ? 'origin-timeout' : 'origin-failed';
}

function outcomeOfStatus(status: number): OriginCallOutcome {
  if (isBusy(status)) return 'origin-busy';
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  return status >= 300 ? '3xx' : 'ok';
}
