import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { startAws } from '../../sandbox/aws/start.ts';
import { createRandom } from '../../sandbox/knosc/data/random.ts';
import { startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';

const program = fileURLToPath(new URL('../support/kill/proxy-process.ts', import.meta.url));
const exportsInAll = 100;
const callersAtOnce = 20;
const mostKills = 8;
// A dead run is taken over in 3 s instead of a minute.
const leaseSeconds = 3;
/** Answers of an export that has ended: ready, or the problem of a failed one. */
const readySchema = z.looseObject({ export_id: z.string(), status: z.literal('ready') });
const failedSchema = z.looseObject({ export_id: z.string(), status: z.int(), code: z.string() });
const endedSchema = z.union([readySchema, failedSchema]);
const recordSchema = z.looseObject({
  export_id: z.string(),
  status: z.string(),
  attempts: z.int(),
  workbook: z.object({ key: z.string(), sha256: z.string() }).optional(),
  problem: z.object({ code: z.string() }).optional(),
});

test('a hundred exports all end properly, though the local process is killed again and again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'export-kills-'));
  const knosc = await startKnosc({ orders: 500 });
  const { username, password } = seededUsers.full;
  const random = createRandom(20_261_124);
  let up = Promise.withResolvers<string>();
  const allEnded = new AbortController();
  let kills = 0;
  let answersUntilKill = 0;
  let kill: () => void = () => undefined;

  async function live(): Promise<void> {
    while (!allEnded.signal.aborted) {
      const args = [program, folder, knosc.url, username, password, String(leaseSeconds)];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const dead = once(child, 'exit');
      const [firstLine] = await once(createInterface(child.stdout), 'line');
      answersUntilKill = kills < mostKills ? random.whole(1, 12) : Number.POSITIVE_INFINITY;
      kill = () => child.kill('SIGKILL');
      up.resolve(String(firstLine));
      await dead;
      up = Promise.withResolvers();
      kills += 1;
    }
  }

  /** A caller that gives up when its connection breaks, and repeats with its key until its export has ended. */
  async function call(key: string): Promise<z.infer<typeof endedSchema>> {
    for (;;) {
      const url = await up.promise;
      try {
        const headers = { 'idempotency-key': key };
        const created = await fetch(`${url}/exports/purchase_order_list`, { method: 'POST', headers });
        const answer = endedSchema.safeParse(await created.json());
        answersUntilKill -= 1;
        if (answersUntilKill === 0) kill();
        if (answer.success) return answer.data;
      } catch {
        // Killed: the next turn waits until it is up again.
      }
    }
  }

  const life = live();
  const keys = Array.from({ length: exportsInAll }, (_, n) => `key-${n}`);
  const ended: z.infer<typeof endedSchema>[] = [];
  const callers = Array.from({ length: callersAtOnce }, async () => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop()) ended.push(await call(key));
  });
  await Promise.all(callers);
  allEnded.abort();
  kill();
  await life;
  await knosc.close();

  expect(kills).toBe(mostKills + 1);
  expect(new Set(ended.map(({ export_id }) => export_id)).size).toBe(exportsInAll);

  const aws = await startAws({ folder });
  const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  const bytesOf = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'knosc-exports', Key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'knosc-exports', Prefix: 'exports/' }));
  const records = await Promise.all(
    Contents.map(async ({ Key = '' }) => recordSchema.parse(JSON.parse(Buffer.from(await bytesOf(Key)).toString()))),
  );
  const failed = records.filter(({ status }) => status === 'failed');
  const attempts = records.map((record) => record.attempts).join('');
  console.log(`${kills} kills; attempts ${attempts}; failed: ${failed.length}`);
  // A create that died between its message and its record is made good by the export function, under the same id.
  expect(new Set(records.map(({ export_id }) => export_id))).toEqual(new Set(ended.map(({ export_id }) => export_id)));
  // The only failure that kills may cause: three runs of one export that died.
  const abandoned = { status: 'failed', attempts: 3, problem: { code: 'export-abandoned' } };
  for (const record of failed) expect(record).toMatchObject(abandoned);
  for (const { status, workbook } of records) {
    expect(['ready', 'failed']).toContain(status);
    if (!workbook) continue;
    expect(
      createHash('sha256')
        .update(await bytesOf(workbook.key))
        .digest('hex'),
    ).toBe(workbook.sha256);
  }
  await aws.close();
  await rm(folder, { recursive: true });
});
