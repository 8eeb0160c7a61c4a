import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startAws } from '../../sandbox/aws/start.ts';
import { startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { createResources } from '../../sandbox/resources.ts';
import { standardHeaders } from '../support/webhook-sender.ts';

const program = fileURLToPath(new URL('../../bin/local.ts', import.meta.url));
let folder: string;

const itemMaster = { view_name: 'item_master', filters: { 'Item Number': '{today}' } };
const settings = {
  event_bus: 'integrations',
  webhooks: { changed: { secret: 'webhooks/changed', export: { view_name: 'unit_master' } } },
  schedules: {
    often: { expression: 'rate(1 minute)', export: itemMaster },
    nightly: { expression: 'cron(0 6 ? * MON-FRI *)', time_zone: 'Asia/Kathmandu', export: itemMaster },
    off: { expression: 'rate(1 day)', enabled: false, export: itemMaster },
    past: { expression: 'cron(0 0 1 1 ? 2020)', export: itemMaster },
  },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knosc-local-settings-'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'bad.json'), JSON.stringify({ workbook_days: 0, schedule: {} }));
});

afterAll(() => rm(folder, { recursive: true }));

function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [program, '--port', '0', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** What it has said once it has said this. */
function wordsUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  let words = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      words += String(chunk);
      if (pattern.test(words)) resolve(words);
    });
    child.once('exit', () => reject(new Error(`it ended without saying so: ${words}`)));
  });
}

describe('npm start with settings', () => {
  test.each([
    [
      'every fault',
      'bad.json',
      ['bad.json has 2 faults:', '  workbook_days: must be at least 1', '  schedule: is not a key'],
    ],
    ['a file that is not there', 'none.json', ['The settings "none.json": there is no such file']],
  ])('tells %s and exits with 2', async (_name, file, lines) => {
    const child = start(['--settings', file]);
    const stderr = child.stderr ? text(child.stderr) : '';
    expect(await once(child, 'exit')).toEqual([2, null]);
    for (const line of lines) expect(await stderr).toContain(line);
  });

  test('from settings.json where none is named, says when its schedules fire, and fires them until Ctrl-C', async () => {
    const child = start([]);
    const words = await wordsUntil(child, /has fired/);
    expect(words).toMatch(/ {2}Schedule {2}often {2}rate\(1 minute\) UTC {2}next \d{4}-\d\d-\d\dT\d\d:\d\d\+00:00\n/);
    expect(words).toMatch(
      /Schedule {2}nightly {2}cron\(0 6 \? \* MON-FRI \*\) Asia\/Kathmandu {2}next \S+T06:00\+05:45\n/,
    );
    expect(words).toContain('Schedule  off  rate(1 day) UTC  not enabled\n');
    expect(words).toContain('Schedule  past  cron(0 0 1 1 ? 2020) UTC  never fires again\n');
    expect(words).toMatch(/Schedule often has fired for \S+\+00:00: exporting item_master\n/);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('says how its webhooks are signed, takes a delivery, and tells the event that comes of it', async () => {
    const child = start([]);
    const told = wordsUntil(child, /Event {5}Export Ready {2}unit_master/);
    const words = await wordsUntil(child, /Serving on/);
    const [, url = '', secret = ''] =
      / {2}Webhook {3}changed {2}POST (\S+\/webhooks\/changed) {2}signed with (whsec_\S+)\n/.exec(words) ?? [];
    const delivered = await fetch(url, { method: 'POST', headers: standardHeaders('{}', { secret }), body: '{}' });
    expect(delivered.status).toBe(202);
    expect(await told).toContain('unit_master');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('on another AWS says that its own EventBridge fires them, and fires none', async () => {
    const knosc = await startKnosc({ orders: 10 });
    const aws = await startAws();
    onTestFinished(async () => {
      await aws.close();
      await knosc.close();
    });
    const { username, password } = seededUsers.full;
    const resources = await createResources(aws, { base_url: knosc.url, username, password }, 900);
    const child = start(['--aws', 'environment'], {
      ...resources,
      AWS_REGION: aws.region,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
    });
    const words = await wordsUntil(child, /Serving on/);
    expect(words).toContain('Schedules  often, nightly, off, past: fired by the EventBridge Scheduler of that AWS');
    expect(words).not.toContain('has fired');
    const [, url] = /Serving on (\S+) until/.exec(words) ?? [];
    // By hand it fires them there too.
    expect((await fetch(`${url}/sandbox/schedules/off/run`, { method: 'POST' })).status).toBe(202);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
