import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { type FleetAws, startFleetAws } from '../support/fleet.ts';
import { type SessionProcessSettings, wordSchema } from '../support/session-process-words.ts';

let fleet: FleetAws;
let knosc: KnoscSandbox;

beforeAll(async () => {
  fleet = await startFleetAws();
  knosc = await startKnosc({ orders: 50 });
});

afterAll(async () => {
  await knosc.close();
  await fleet.close();
});

const logInPath = '/api/authenticate';
const accountOf = ({ username, password }: { username: string; password: string }) => ({
  base_url: knosc.url,
  username,
  password,
});
const callCount = async () => (await knosc.calls()).length;

describe('ten processes that share only S3 and Secrets Manager', () => {
  // Long enough for a parent that is slow to kill, short enough to wait for.
  const timing = { leaseMs: 6_000, limitMs: 2_000, leastLimitMs: 500 };
  let directory: string;
  let script: string;
  let children: ChildProcess[] = [];

  // In one file, as Lambda's, it starts in a sixth of the time.
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'knosc-fleet-'));
    script = join(directory, 'session-process.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('../support/session-process.ts', import.meta.url))],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    });
  });

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  afterAll(() => rm(directory, { recursive: true }));

  const nextWord = async (child: ChildProcess) => wordSchema.parse((await once(child, 'message'))[0]);

  async function start(settings: SessionProcessSettings): Promise<ChildProcess> {
    const child = fork(script, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.send(settings);
    expect(await nextWord(child)).toEqual({ word: 'ready' });
    return child;
  }

  /** Resolves once Knosc has the log-in that it will not answer. */
  const hasArrived = () =>
    vi.waitFor(
      async () => expect(await (await fetch(`${knosc.url}/sandbox/plays`)).json()).toMatchObject({ waiting: [] }),
      {
        timeout: 10_000,
        interval: 10,
      },
    );

  /** Asks all for a session, kills the first that logs in while it does, and answers what the others say in the end. */
  async function askAllAndKillTheHolder() {
    // It is never answered, so that it has not ended when its process is killed.
    await knosc.play({ play: 'silent', path: logInPath });
    let holder: ChildProcess | undefined;
    const ends = children.map(async (child) => {
      child.send('open');
      let word = await nextWord(child);
      if (word.word === 'logs in') {
        if (holder === undefined) {
          holder = child;
          await hasArrived();
          child.kill('SIGKILL');
          await once(child, 'exit');
          return undefined;
        }
        word = await nextWord(child);
      }
      return word;
    });
    const words = await Promise.all(ends);
    children = children.filter((child) => child !== holder);
    return words.filter((word) => word !== undefined);
  }

  test('make one log-in more for the one that is killed in the middle of it; with a wrong password two, and no third', async () => {
    const before = await callCount();
    const secret = await fleet.secretOf(accountOf(seededUsers.supplier));
    const { endpoint, region, credentials } = fleet.aws;
    const { bucket, sessionKeySecretId } = fleet;
    const settings = {
      access: { endpoint, region, credentials },
      bucket,
      secretId: secret.secretId,
      sessionKeySecretId,
      timing,
    };
    children = await Promise.all(Array.from({ length: 10 }, () => start(settings)));

    const words = await askAllAndKillTheHolder();
    expect(words).toHaveLength(9);
    expect(words.filter((word) => word.word !== 'has')).toEqual([]);
    expect(new Set(words.map((word) => word.word === 'has' && word.sessionId)).size).toBe(1);
    expect(words.filter((word) => word.word === 'has' && word.isNew)).toHaveLength(1);
    const logIns = async (since: number) =>
      (await knosc.calls()).slice(since).filter(({ path, play }) => path === logInPath && play === undefined);
    expect(await logIns(before)).toMatchObject([{ status: 200 }]);
    expect((await secret.state()).strikes).toBe(0);

    // Their memory still holds a good session, so that all of them have to meet the new version.
    for (const child of children) child.kill('SIGKILL');
    await secret.put({ ...accountOf(seededUsers.supplier), password: 'wrong' });
    children = await Promise.all(Array.from({ length: 4 }, () => start(settings)));
    const since = await callCount();
    const failures = await askAllAndKillTheHolder();
    expect(failures).toEqual(Array.from({ length: 3 }, () => ({ word: 'failed', code: 'credentials-unusable' })));
    expect(await logIns(since)).toMatchObject([{ status: 401 }]);
    expect((await secret.state()).strikes).toBe(2);
  }, 120_000);
});
