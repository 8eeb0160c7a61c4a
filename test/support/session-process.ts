import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { deadlineIn } from '../../functions/export/deadline.ts';
import { createCallOrigin } from '../../functions/export/origin.ts';
import { createFleetSessions } from '../../functions/export/session/fleet-sessions.ts';
import { createDocuments } from '../../functions/ledger/documents.ts';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import { createStoreClock } from '../../functions/ledger/store-clock.ts';
import { settingsSchema, type Word } from './session-process-words.ts';

/** One instance of a fleet in a process of its own, for a parent that kills it. */
const say = (word: Word) => process.send?.(word);

process.once('message', (message: unknown) => {
  const { access, bucket, secretId, sessionKeySecretId, timing } = settingsSchema.parse(message);
  const s3 = new S3Client(access);
  const callOrigin = createCallOrigin();
  const sessions = createFleetSessions({
    documents: createDocuments(s3, bucket),
    secretsManager: new SecretsManagerClient(access),
    secretId,
    sessionKeySecretId,
    originPolicy: { namedHosts: [], allowsLoopback: true },
    callOrigin: (call) => {
      if (call.path === '/api/authenticate') say({ word: 'logs in' });
      return callOrigin(call);
    },
    now: Date.now,
    noteLogIn: () => undefined,
    storeNow: createStoreClock(s3, Date.now),
    timing: { ...timing, pollMs: [50, 150] },
  });

  async function open(): Promise<void> {
    try {
      const { session, isNew } = await sessions.open(deadlineIn(60_000, Date.now));
      say({ word: 'has', sessionId: session.id, isNew });
    } catch (error) {
      say({ word: 'failed', code: error instanceof ExportFailure ? error.code : String(error) });
    }
  }

  process.on('message', () => void open());
  say({ word: 'ready' });
});
