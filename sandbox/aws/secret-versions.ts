import { AwsError } from './aws-error.ts';

interface SecretVersion {
  readonly id: string;
  readonly text: string;
  readonly createdAtMs: number;
  readonly stages: Set<string>;
}

/** The versions of one secret. A staging label is on one version at a time; who loses AWSCURRENT becomes AWSPREVIOUS. */
export interface SecretVersions {
  /** Repeating an id with the same text changes nothing; with another text it throws `ResourceExistsException`. */
  add(id: string, text: string, stages: readonly string[]): SecretVersion;
  /** By id, by label, or by both where they agree; AWSCURRENT without either. Throws `ResourceNotFoundException`. */
  find(id: string | undefined, stage: string | undefined): SecretVersion;
  moveStage(stage: string, from: string | undefined, to: string | undefined): void;
  all(): readonly SecretVersion[];
}

export function createSecretVersions(now: () => number): SecretVersions {
  const versions = new Map<string, SecretVersion>();
  const holderOf = (stage: string) => [...versions.values()].find(({ stages }) => stages.has(stage));

  function attach(stage: string, version: SecretVersion): void {
    const holder = holderOf(stage);
    if (holder === version) return;
    holder?.stages.delete(stage);
    version.stages.add(stage);
    if (stage === 'AWSCURRENT' && holder) attach('AWSPREVIOUS', holder);
  }

  return {
    all: () => [...versions.values()],
    add: (id, text, stages) => {
      const existing = versions.get(id);
      if (existing && existing.text !== text) {
        const message = `A resource with the ID you requested already exists: version ${id} has another value.`;
        throw new AwsError('ResourceExistsException', message);
      }
      if (existing) return existing;
      const version = { id, text, createdAtMs: now(), stages: new Set<string>() };
      versions.set(id, version);
      for (const stage of stages) attach(stage, version);
      return version;
    },
    find: (id, stage = id === undefined ? 'AWSCURRENT' : undefined) => {
      const found = id === undefined ? holderOf(stage ?? '') : versions.get(id);
      if (found && (stage === undefined || found.stages.has(stage))) return found;
      const what = [id, stage].filter((part) => part !== undefined).join(' and ');
      const message = `Secrets Manager can't find the specified secret value for ${what}`;
      throw new AwsError('ResourceNotFoundException', message);
    },
    moveStage: (stage, from, to) => {
      const holder = holderOf(stage);
      const target = to === undefined ? undefined : versions.get(to);
      if (to !== undefined && !target) {
        throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the version ${to}`);
      }
      // The caller must know where the label is, so that two who move it at once cannot both believe they did.
      if (holder && holder !== target && holder.id !== from) {
        const message = `The staging label ${stage} is currently attached to version ${holder.id}. Name it in RemoveFromVersionId.`;
        throw new AwsError('InvalidParameterException', message);
      }
      if (target) attach(stage, target);
      else if (stage === 'AWSCURRENT') throw new AwsError('InvalidParameterException', 'AWSCURRENT can only be moved.');
      else holder?.stages.delete(stage);
    },
  };
}
