import { firstPauseMs, longestWaitMs, pauseAfter } from '../../functions/api/wait.ts';
import { deployment } from './deployment.ts';

/** What one caller costs who wants to know how an export ends. */
export interface Watch {
  /** Looks at the record, a GetObject each. */
  readonly looks: number;
  /** HTTP calls: the create, and `GET` as often as needed. */
  readonly calls: number;
  /** How long api functions were held, in all. */
  readonly heldSeconds: number;
  /** Whether the create itself answered with the export: 201. */
  readonly isCreated: boolean;
}

/** What `Retry-After` asks of who got a 202. */
const retryAfterSeconds = 2;
/** What the README advises: `?wait=20`. */
const waitSeconds = 20;

/** The part of the time for which someone who goes on waiting holds an api function. */
export const heldShareOfWaiting = waitSeconds / (waitSeconds + retryAfterSeconds);

/** What a create does before it looks for the first time: claim, message, record, index. */
const createSeconds = 4 * deployment.awsCallSeconds;

/** The caller of an export that ends so long after the call, and who, after a 202, waits again and again until it has ended. */
export function watchUntil(endSeconds: number): Watch {
  const create = lookFrom(createSeconds, longestWaitMs / 1000, endSeconds);
  let { looks } = create;
  let calls = 1;
  let heldSeconds = create.answeredAtSeconds;
  let answeredAt = create.answeredAtSeconds;
  while (answeredAt < endSeconds) {
    const askedAt = answeredAt + retryAfterSeconds;
    const call = lookFrom(askedAt, askedAt + waitSeconds, endSeconds);
    looks += call.looks;
    calls += 1;
    heldSeconds += call.answeredAtSeconds - askedAt;
    answeredAt = call.answeredAtSeconds;
  }
  return { looks, calls, heldSeconds, isCreated: calls === 1 };
}

/** A caller who asks with `respond-async`, hears of the end by an event, and then gets the export once. */
export const hearsOfEnd: Watch = {
  looks: 1,
  calls: 2,
  heldSeconds: createSeconds + deployment.awsCallSeconds,
  isCreated: false,
};

/** As `waitForEnd` of the api function does it: look, pause, look, until the export has ended or the time is over. */
function lookFrom(startSeconds: number, untilSeconds: number, endSeconds: number) {
  let atSeconds = startSeconds;
  let pauseMs = firstPauseMs;
  for (let looks = 1; ; looks += 1) {
    // The look that sees the end begins after it.
    const seesEnd = atSeconds >= endSeconds;
    atSeconds += deployment.awsCallSeconds;
    if (seesEnd || atSeconds >= untilSeconds) return { looks, answeredAtSeconds: atSeconds };
    atSeconds += Math.min(pauseMs / 1000, untilSeconds - atSeconds);
    pauseMs = pauseAfter(pauseMs);
  }
}
