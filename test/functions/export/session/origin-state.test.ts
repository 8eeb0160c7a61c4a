import { beforeEach, describe, expect, test } from 'vitest';
import { createOriginStates, type OriginStates } from '../../../../functions/export/session/origin-state.ts';
import type { ConditionalDocuments, VersionedDocument } from '../../../../functions/ledger/documents.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';

let objects: Map<string, VersionedDocument>;
let states: OriginStates;
/** What becomes of the next write. */
let fate: 'good' | 'request lost' | 'answer lost' | 'sent twice';
let lastId: number;

beforeEach(() => {
  objects = new Map();
  fate = 'good';
  lastId = 0;
  states = createOriginStates(documents, () => `n${(lastId += 1)}`);
});

async function put(key: string, value: unknown, replaced: string | undefined): Promise<string | undefined> {
  if (fate === 'request lost') throw new ExportFailure('store-failed', 'no connection');
  if (objects.get(key)?.etag !== replaced) return undefined;
  const etag = `e${(lastId += 1)}`;
  objects.set(key, { etag, value });
  if (fate === 'answer lost') throw new ExportFailure('store-failed', 'no answer');
  return fate === 'sent twice' ? undefined : etag;
}

const documents: ConditionalDocuments = {
  read: (key) => Promise.resolve(objects.get(key)),
  create: (key, value) => put(key, value, undefined),
  replace: (key, etag, value) => put(key, value, etag),
};

describe("the fleet's state", () => {
  test('lies under the version of the secret, with its revision and the nonce of its writer', async () => {
    const fresh = await states.read('v 1');
    expect(fresh).toEqual({ etag: undefined, revision: 0, state: { strikes: 0 } });
    const first = await states.write('v 1', fresh, { strikes: 1 });
    await states.write('v 1', first, { strikes: 2 });
    expect(objects.get('origin/v%201.json')?.value).toEqual({ strikes: 2, revision: 2, writer: 'n3' });
  });

  test.each(['answer lost', 'sent twice'] as const)(
    'is ours where the write was done, though its %s',
    async (given) => {
      fate = given;
      const written = await states.write('v', await states.read('v'), { strikes: 1 });
      expect(written).toMatchObject({ isOurs: true, revision: 1, state: { strikes: 1 } });
      fate = 'good';
      expect(await states.write('v', written, { strikes: 2 })).toMatchObject({ isOurs: true });
    },
  );

  test('fails with store-failed where the write never arrived', async () => {
    const fresh = await states.read('v');
    fate = 'request lost';
    await expect(states.write('v', fresh, { strikes: 1 })).rejects.toMatchObject({ code: 'store-failed' });
  });

  test("is the other's where another was faster", async () => {
    const fresh = await states.read('v');
    await states.write('v', fresh, { strikes: 1 });
    expect(await states.write('v', fresh, { strikes: 2 })).toMatchObject({ isOurs: false, state: { strikes: 1 } });
  });

  test('is nothing where an operator deleted it', async () => {
    const written = await states.write('v', await states.read('v'), { strikes: 1 });
    objects.clear();
    expect(await states.write('v', written, { strikes: 2 })).toMatchObject({ isOurs: false, etag: undefined });
  });
});

test('a state that is not of the known form is a defect, never half understood', async () => {
  objects.set('origin/v.json', { etag: 'e', value: { strikes: 'none' } });
  await expect(states.read('v')).rejects.toThrow('Invalid');
});
