import type { ExportFailure } from '../../ledger/failure.ts';
import type { Credentials, KnoscSecret } from './credentials.ts';
import type { OriginStates } from './origin-state.ts';
import type { Session } from './session.ts';
import type { OpenSharedSession, SessionAsk } from './shared-session.ts';

/** A living session; `isNew` where a log-in of this process has just made it. */
export interface OpenedSession {
  readonly session: Session;
  readonly isNew: boolean;
}

/**
 * The fleet's session under the version of the secret that works just now. In a rotation that is the one labelled AWSCURRENT
 * until Knosc has the new password, and the one labelled AWSPENDING from then until it becomes current. Fails as
 * `OpenSharedSession`, and with `credentials-unusable` where no version does.
 */
export type OpenFleetSession = (refused: Session | undefined, endsAtMs: () => number) => Promise<OpenedSession>;

interface RotationDependencies {
  readonly secret: KnoscSecret;
  readonly states: OriginStates;
  readonly openShared: OpenSharedSession;
}

/** Knosc locks at the third refused log-in in a row. */
const strikeLimit = 2;
/** Long enough that a busy function rarely asks, short enough that a rotated secret is met soon. */
export const secretFreshForMs = 60_000;
/** A log-in has just been thought of, so that the secret was most likely read for it. */
const freshForLogInMs = 1_000;

export function createOpenFleetSession({ secret, states, openShared }: RotationDependencies): OpenFleetSession {
  async function usedTotpStep(version: string | undefined): Promise<number> {
    return version === undefined ? -1 : ((await states.read(version)).state.totp_step ?? -1);
  }

  /**
   * How many strikes a pending version may have in the refused current one's place: together they must not come to a third
   * refused log-in. One pending version may have one; a further one gets its turn only if the first was never refused.
   */
  async function strikesForStandIn(current: string, pending: string): Promise<number> {
    for (;;) {
      const found = await states.read(current);
      const { strikes, stand_in: standIn } = found.state;
      if (strikes >= strikeLimit) return 0;
      if (standIn === pending) return 1;
      if (standIn !== undefined && (await states.read(standIn)).state.strikes > 0) return 0;
      const written = await states.write(current, found, { ...found.state, stand_in: pending });
      if (written.isOurs) return 1;
    }
  }

  async function openStandIn(
    current: Credentials,
    refusal: ExportFailure,
    ask: Pick<SessionAsk, 'refusedId' | 'endsAtMs'>,
  ): Promise<OpenedSession> {
    const pending = await secret.pending();
    if (!pending || pending.version === current.version) throw refusal;
    const answer = await openShared({
      ...ask,
      credentials: pending,
      strikeLimit: await strikesForStandIn(current.version, pending.version),
      isPending: true,
      isSuperseded: () => Promise.resolve(false),
      usedTotpStep: () => usedTotpStep(current.version),
    });
    if (answer === 'superseded' || 'refusal' in answer) throw refusal;
    return answer;
  }

  return async (refused, endsAtMs) => {
    const ask = { refusedId: refused?.id, endsAtMs };
    // Who was refused reads the secret anew: the reason may be that it was rotated.
    let credentials = await secret.current(refused ? 0 : secretFreshForMs);
    for (;;) {
      const { version } = credentials;
      const answer = await openShared({
        ...ask,
        credentials,
        strikeLimit,
        isPending: false,
        isSuperseded: async () => (await secret.current(freshForLogInMs)).version !== version,
        usedTotpStep: async () => usedTotpStep(await secret.previousVersion()),
      });
      if (answer !== 'superseded' && 'session' in answer) return answer;
      credentials = await secret.current(0);
      if (answer !== 'superseded' && credentials.version === version)
        return openStandIn(credentials, answer.refusal, ask);
    }
  };
}
