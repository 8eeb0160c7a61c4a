import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeOptions } from '../lib/proxy-function.ts';
import { bundle, functionEntry, type FunctionName } from './bundles.ts';
import { median } from './median.ts';

/** From the start of a process to its function's first answer. */
export interface ColdStart {
  readonly functionName: FunctionName;
  /** Undefined for the bundle as it is deployed. */
  readonly leftOut: string | undefined;
  readonly bundleBytes: number;
  /** Undefined where the function does not even start without the package. */
  readonly medianMs: number | undefined;
  readonly runs: number;
}

interface Candidate extends Pick<ColdStart, 'functionName' | 'leftOut' | 'bundleBytes'> {
  readonly directory: string;
  readonly times: number[];
}

// What has less than this share of a bundle cannot change its start much.
const leastShare = 0.03;

/** What a first answer costs without asking anyone: a health check, and a payload that is no export request. */
const firstEvents: Record<FunctionName, object> = {
  api: {
    version: '2.0',
    routeKey: 'GET /health',
    rawPath: '/health',
    rawQueryString: '',
    headers: {},
    requestContext: { requestId: 'r', timeEpoch: 0, http: { method: 'GET', path: '/health' } },
    isBase64Encoded: false,
  },
  export: {},
};

const environment = {
  BUCKET_NAME: 'bench',
  QUEUE_URL: 'http://127.0.0.1:9/queue',
  SECRET_ID: 'bench',
  SESSION_KEY_SECRET_ID: 'bench',
  LINK_ROLE_ARN: 'arn:aws:iam::000000000000:role/bench',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  NODE_OPTIONS: nodeOptions,
};

/** Starts each bundle, and the same with each of its large packages left out, in turn. */
export async function measureColdStarts(rounds: number, say: (words: string) => void): Promise<readonly ColdStart[]> {
  const directory = await mkdtemp(join(tmpdir(), 'knosc-bench-'));
  try {
    const candidates = [...(await candidatesOf('api', directory)), ...(await candidatesOf('export', directory))];
    for (let round = 0; round < rounds; round += 1) {
      for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) {
        const time = await firstAnswerMs(candidate);
        if (time !== undefined) candidate.times.push(time);
      }
      say(`cold starts, round ${round + 1}`);
    }
    return candidates.map(({ functionName, leftOut, bundleBytes, times }) => ({
      functionName,
      leftOut,
      bundleBytes,
      medianMs: times.length > 0 ? median(times) : undefined,
      runs: times.length,
    }));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function candidatesOf(functionName: FunctionName, directory: string): Promise<readonly Candidate[]> {
  const whole = await bundle(functionEntry(functionName), join(directory, functionName));
  const large = [...whole.packages]
    .filter(([, bytes]) => bytes > whole.bytes * leastShare)
    .toSorted(([, a], [, b]) => b - a);
  const candidates: Candidate[] = [
    { functionName, leftOut: undefined, bundleBytes: whole.bytes, directory: whole.directory, times: [] },
  ];
  for (const [leftOut] of large) {
    const target = join(directory, `${functionName}-${leftOut.replaceAll('/', '-')}`);
    await mkdir(target);
    const { bytes } = await bundle(functionEntry(functionName), target, [leftOut]);
    candidates.push({ functionName, leftOut, bundleBytes: bytes, directory: target, times: [] });
  }
  return candidates;
}

/** An answer is whatever the handler comes to, a refusal too. */
async function firstAnswerMs({ functionName, directory }: Candidate): Promise<number | undefined> {
  const script = `
    const { createRequire } = await import('node:module');
    const { handler } = createRequire(process.cwd() + '/')('./index.js');
    const context = { getRemainingTimeInMillis: () => 25_000, awsRequestId: 'r' };
    await handler(${JSON.stringify(firstEvents[functionName])}, context).catch(() => undefined);
    process.stderr.write('answered', () => process.exit());`;
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: directory,
    env: environment,
    // What the functions log goes to stdout.
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let answeredMs: number | undefined;
  child.stderr.once('data', () => {
    answeredMs = performance.now() - startedMs;
  });
  await once(child, 'close');
  return answeredMs;
}
