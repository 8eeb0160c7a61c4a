import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type CallOrigin, createCallOrigin } from '../../functions/export/origin.ts';
import { createFleetSessions } from '../../functions/export/session/fleet-sessions.ts';
import {
  createOriginStates,
  type OriginState,
  type OriginStates,
} from '../../functions/export/session/origin-state.ts';
import type { Sessions } from '../../functions/export/session/sessions.ts';
import type { SessionTiming } from '../../functions/export/session/lease.ts';
import { createDocuments, type Documents } from '../../functions/ledger/documents.ts';
import { originKey } from '../../functions/ledger/keys.ts';
import { createStoreClock } from '../../functions/ledger/store-clock.ts';
import { type AwsSandbox, startAws } from '../../sandbox/aws/start.ts';
import type { OriginAccount } from '../../sandbox/resources.ts';

/** What a fleet of export functions shares: an AWS with a bucket and a session key. */
export interface FleetAws {
  readonly aws: AwsSandbox;
  readonly bucket: string;
  readonly sessionKeySecretId: string;
  /** A secret of its own for these credentials, and so a state of its own. */
  secretOf(account: OriginAccount): Promise<FleetSecret>;
  changeSessionKey(): Promise<void>;
  close(): Promise<void>;
}

/** One Knosc secret, and the instances of a fleet that use it. */
export interface FleetSecret {
  readonly secretId: string;
  /** The id of the version that is current now. */
  version(): string;
  /** A function instance: memory of its own, everything else shared. */
  instance(own?: InstanceOptions): Sessions;
  /** What the fleet knows of a version; of the current one where none is named. */
  state(version?: string): Promise<OriginState>;
  /** Changes the fleet's state as another instance would have left it. */
  leave(change: (state: OriginState) => OriginState): Promise<void>;
  /** What an operator does to make the fleet try again. */
  deleteState(): Promise<void>;
  put(account: OriginAccount): Promise<void>;
  /** Adds a version labelled AWSPENDING, as the first step of a rotation does; its id. */
  putPending(account: OriginAccount): Promise<string>;
  /** Makes it current, as the last step of a rotation does. */
  promote(version: string): Promise<void>;
}

interface InstanceOptions {
  readonly timing?: Partial<SessionTiming>;
  readonly now?: () => number;
  readonly callOrigin?: CallOrigin;
}

/** Looks often, since the sandbox answers at once. */
const timingOfTests: Partial<SessionTiming> = { pollMs: [20, 60] };

export async function startFleetAws(): Promise<FleetAws> {
  const aws = await startAws();
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const bucket = 'fleet';
  const sessionKeySecretId = 'session-key';
  const s3 = new S3Client(access);
  const secretsManager = new SecretsManagerClient(access);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await secretsManager.send(new CreateSecretCommand({ Name: sessionKeySecretId, SecretString: randomUUID() }));
  // The clients remember nothing, and a hundred of them would take longer to make than to use.
  const documents: Documents = createDocuments(s3, bucket);
  const storeNow = createStoreClock(s3, Date.now);
  const states: OriginStates = createOriginStates(documents, randomUUID);
  let lastName = 0;

  return {
    aws,
    bucket,
    sessionKeySecretId,
    close: () => aws.close(),
    changeSessionKey: async () => {
      await secretsManager.send(
        new PutSecretValueCommand({ SecretId: sessionKeySecretId, SecretString: randomUUID() }),
      );
    },
    secretOf: async (account) => {
      const secretId = `knosc-${(lastName += 1)}`;
      const created = await secretsManager.send(
        new CreateSecretCommand({ Name: secretId, SecretString: JSON.stringify(account) }),
      );
      let version = created.VersionId ?? '';
      const put = async (given: OriginAccount, stage: string) => {
        const { VersionId = '' } = await secretsManager.send(
          new PutSecretValueCommand({
            SecretId: secretId,
            SecretString: JSON.stringify(given),
            VersionStages: [stage],
          }),
        );
        return VersionId;
      };
      return {
        secretId,
        version: () => version,
        instance: ({ timing, now = Date.now, callOrigin = createCallOrigin() } = {}) => {
          return createFleetSessions({
            documents,
            secretsManager,
            secretId,
            sessionKeySecretId,
            originPolicy: { namedHosts: [], allowsLoopback: true },
            callOrigin,
            now,
            storeNow: now === Date.now ? storeNow : now,
            noteLogIn: () => undefined,
            timing: { ...timingOfTests, ...timing },
          });
        },
        state: async (of = version) => (await states.read(of)).state,
        leave: async (change) => {
          const found = await states.read(version);
          await states.write(version, found, change(found.state));
        },
        deleteState: async () => {
          await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: originKey(version) }));
        },
        put: async (given) => {
          version = await put(given, 'AWSCURRENT');
        },
        putPending: (given) => put(given, 'AWSPENDING'),
        promote: async (pending) => {
          await secretsManager.send(
            new UpdateSecretVersionStageCommand({
              SecretId: secretId,
              VersionStage: 'AWSCURRENT',
              MoveToVersionId: pending,
              RemoveFromVersionId: version,
            }),
          );
          version = pending;
        },
      };
    },
  };
}
