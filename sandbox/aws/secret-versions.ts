import * as z from 'zod';
import { AwsError } from './aws-error.ts';
import { json, type Store } from './store.ts';

interface SecretVersion {
  readonly id: string;
  readonly text: string;
  readonly createdAtMs: number;
  readonly stages: readonly string[];
}

/** The versions of secrets. A staging label is on one version at a time; who loses AWSCURRENT becomes AWSPREVIOUS. */
export interface SecretVersions {
  /** Repeating an id with the same text changes nothing; with another text it throws `ResourceExistsException`. */
  add(secret: string, id: string, text: string, stages: readonly string[]): SecretVersion;
  /** By id, by label, or by both where they agree; AWSCURRENT without either. Throws `ResourceNotFoundException`. */
  find(secret: string, id: string | undefined, stage: string | undefined): SecretVersion;
  moveStage(secret: string, stage: string, from: string | undefined, to: string | undefined): void;
  all(secret: string): readonly SecretVersion[];
}

const versionRow = z.object({
  id: z.string(),
  text: z.string(),
  createdAtMs: z.number(),
  stages: json(z.array(z.string())),
});
const versionColumns = `id, text, createdAtMs, (SELECT json_group_array(stage) FROM secret_stages
  WHERE secret_stages.secret = secret_versions.secret AND version = id) AS stages`;

export function createSecretVersions(store: Store, now: () => number): SecretVersions {
  const all = store.all(`SELECT ${versionColumns} FROM secret_versions WHERE secret = ? ORDER BY rowid`, versionRow);
  const byId = store.get(`SELECT ${versionColumns} FROM secret_versions WHERE secret = ? AND id = ?`, versionRow);
  const insert = store.run('INSERT INTO secret_versions VALUES (?, ?, ?, ?)');
  const setStage = store.run(
    'INSERT INTO secret_stages VALUES (?, ?, ?) ON CONFLICT (secret, stage) DO UPDATE SET version = excluded.version',
  );
  const removeStage = store.run('DELETE FROM secret_stages WHERE secret = ? AND stage = ?');
  const holderOf = (secret: string, stage: string) => all(secret).find(({ stages }) => stages.includes(stage));

  function attach(secret: string, stage: string, id: string): void {
    const holder = holderOf(secret, stage);
    if (holder?.id === id) return;
    setStage(secret, stage, id);
    if (stage === 'AWSCURRENT' && holder) attach(secret, 'AWSPREVIOUS', holder.id);
  }

  function find(secret: string, id: string | undefined, stage = id === undefined ? 'AWSCURRENT' : undefined) {
    const found = id === undefined ? holderOf(secret, stage ?? '') : byId(secret, id);
    if (found && (stage === undefined || found.stages.includes(stage))) return found;
    const what = [id, stage].filter((part) => part !== undefined).join(' and ');
    const message = `Secrets Manager can't find the specified secret value for ${what}`;
    throw new AwsError('ResourceNotFoundException', message);
  }

  return {
    all,
    find,
    add: (secret, id, text, stages) =>
      store.transaction(() => {
        const existing = byId(secret, id);
        if (existing && existing.text !== text) {
          const message = `A resource with the ID you requested already exists: version ${id} has another value.`;
          throw new AwsError('ResourceExistsException', message);
        }
        if (existing) return existing;
        insert(secret, id, text, now());
        for (const stage of stages) attach(secret, stage, id);
        return find(secret, id);
      }),
    moveStage: (secret, stage, from, to) => {
      store.transaction(() => {
        const holder = holderOf(secret, stage);
        if (to !== undefined && !byId(secret, to)) {
          throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the version ${to}`);
        }
        // The caller must know where the label is, so that two who move it at once cannot both believe they did.
        if (holder && holder.id !== to && holder.id !== from) {
          const message = `The staging label ${stage} is currently attached to version ${holder.id}. Name it in RemoveFromVersionId.`;
          throw new AwsError('InvalidParameterException', message);
        }
        if (to !== undefined) attach(secret, stage, to);
        else if (stage === 'AWSCURRENT')
          throw new AwsError('InvalidParameterException', 'AWSCURRENT can only be moved.');
        else removeStage(secret, stage);
      });
    },
  };
}
