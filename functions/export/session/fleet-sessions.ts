import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ConditionalDocuments } from '../../ledger/documents.ts';
import type { CallOrigin } from '../origin.ts';
import type { OriginPolicy } from '../origin-address.ts';
import { createKnoscSecret } from './credentials.ts';
import { createLeases, type SessionTiming, sessionTiming } from './lease.ts';
import { createLogIn, type LogIn, type LogInOutcome } from './log-in.ts';
import { createOriginStates } from './origin-state.ts';
import { createRenew } from './renewal.ts';
import { createOpenFleetSession } from './rotation.ts';
import { createReadSeal } from './seal.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createOpenSharedSession } from './shared-session.ts';

interface FleetSessionsDependencies {
  readonly documents: ConditionalDocuments;
  readonly secretsManager: SecretsManagerClient;
  /** The secret that holds the Knosc credentials. */
  readonly secretId: string;
  /** The secret that holds the session key. */
  readonly sessionKeySecretId: string;
  readonly originPolicy: OriginPolicy;
  readonly callOrigin: CallOrigin;
  readonly now: () => number;
  readonly storeNow: () => number;
  readonly timing?: Partial<SessionTiming>;
  /** Told of every log-in that was tried. */
  readonly noteLogIn: (kind: LogInOutcome['kind']) => void;
}

/** Puts the fleet's sessions together: secret, seal, state in S3, log-in and renewal. */
export function createFleetSessions(dependencies: FleetSessionsDependencies): Sessions {
  const { documents, secretsManager, secretId, sessionKeySecretId, originPolicy, callOrigin, now, storeNow } =
    dependencies;
  const logIn = createLogIn({ callOrigin, now: storeNow, newId: randomUUID });
  const notedLogIn: LogIn = async (...given) => {
    const outcome = await logIn(...given);
    dependencies.noteLogIn(outcome.kind);
    return outcome;
  };
  const secret = createKnoscSecret({ secretsManager, secretId, originPolicy, now });
  const states = createOriginStates(documents, randomUUID);
  const origin = { callOrigin, now: storeNow, newId: randomUUID };
  const timing = { ...sessionTiming, ...dependencies.timing };
  const openShared = createOpenSharedSession({
    states,
    leases: createLeases({ states, timing, now, storeNow, sleep, random: Math.random, newId: randomUUID }),
    readSeal: createReadSeal({ secretsManager, secretId: sessionKeySecretId }),
    logIn: notedLogIn,
    renew: createRenew(origin),
    now,
    storeNow,
  });
  const openFleetSession = createOpenFleetSession({ secret, states, openShared });
  return createSessions({ secret, openFleetSession, storeNow });
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}
