import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAws } from '../../sandbox/aws/start.ts';

/** Where the contract suite runs: the sandbox, or any endpoint that `CONTRACT_ENDPOINT` names. */
export interface ContractEndpoint {
  readonly access: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly close: () => Promise<void>;
}

/**
 * The standard environment variables give region and credentials of an outside endpoint. What such a server is known not to
 * do is declared in `gaps.ts`, each with its reason; nothing is skipped in silence.
 */
export async function openEndpoint(): Promise<ContractEndpoint> {
  const outside = process.env['CONTRACT_ENDPOINT'];
  if (outside === undefined) {
    // On a folder, as with `npm start -- --data`; the sandbox's own tests run in memory.
    const folder = await mkdtemp(join(tmpdir(), 'contract-'));
    const { close, endpoint, region, credentials } = await startAws({ folder });
    const closeAndRemove = async () => {
      await close();
      await rm(folder, { recursive: true });
    };
    return { access: { endpoint, region, credentials }, close: closeAndRemove };
  }
  const { AWS_REGION: region = 'us-east-1', AWS_ACCESS_KEY_ID: accessKeyId = 'test' } = process.env;
  const secretAccessKey = process.env['AWS_SECRET_ACCESS_KEY'] ?? 'test';
  return {
    access: { endpoint: outside, region, credentials: { accessKeyId, secretAccessKey } },
    close: () => Promise.resolve(),
  };
}

/** A name that no earlier run has used. */
export function freshName(kind: string): string {
  return `${kind}-${randomUUID()}`;
}
