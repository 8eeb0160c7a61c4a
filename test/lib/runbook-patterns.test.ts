import { readFile } from 'node:fs/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createExportFunction } from '../../functions/export/export-function.ts';
import { newExportId } from '../../functions/ledger/export-id.ts';
import { startObservedProxy } from '../support/observed-proxy.ts';
import { answerWith } from '../support/scripted-origin.ts';
import { propertiesOf, synthesize } from '../support/synthesize.ts';

const runbook = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const searches = [
  ...runbook.matchAll(/filter-log-events --log-group-name "\$(\w+)".*? --filter-pattern '([^']*)'/g),
].map(([, log = '', pattern = '']) => ({ log, pattern }));

const comparisons: Readonly<Record<string, (found: unknown, wanted: string | number) => boolean>> = {
  '=': (found, wanted) => found === wanted,
  // A field that is not there is not another than the wanted one.
  '!=': (found, wanted) => found !== undefined && found !== wanted,
  '>=': (found, wanted) => typeof found === 'number' && typeof wanted === 'number' && found >= wanted,
};

/** Whether CloudWatch finds the line (User Guide, "Filter pattern syntax"), of the syntax what the runbook uses: numbers are no texts. */
function finds(pattern: string, line: string): boolean {
  const [, conditions] = /^\{ (.+) \}$/.exec(pattern) ?? [];
  if (conditions === undefined) {
    const words = [...pattern.matchAll(/\?"([^"]+)"/g)].map(([, word = '']) => word);
    return words.some((word) => line.includes(word));
  }
  const fields = fieldsOf(line);
  if (!fields) return false;
  return conditions.split(' && ').every((condition) => {
    const [, field = '', comparison = '', wanted = ''] = /^\$\.(\w+) (\S+) ("[^"]*"|\d+)$/.exec(condition) ?? [];
    const compare = comparisons[comparison];
    if (!compare) throw new Error(`this test does not know the condition ${condition}`);
    return compare(fields[field], z.union([z.string(), z.number()]).parse(JSON.parse(wanted)));
  });
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** What the functions write where everything fails that the runbook looks for. */
async function linesOfTrouble(): Promise<readonly string[]> {
  const system = await startObservedProxy({ isBusAway: () => true });
  // The log-in succeeds; what comes is no workbook, and nobody can be told of it.
  system.origin.answerExport(answerWith(200, '<html>', { 'content-type': 'text/html' }));
  await (await system.create()).text();
  await (await fetch(`${system.proxy.url}/webhooks/nobody`, { method: 'POST', body: '{}' })).text();
  const { endpoint, region, credentials, accountId } = system.proxy.aws;
  const sqs = new SQSClient({ endpoint, region, credentials });
  await sqs.send(new SendMessageCommand({ QueueUrl: `${endpoint}/${accountId}/exports`, MessageBody: '{}' }));
  const expected = ['export ended', 'event not sent', 'defect'];
  await vi.waitFor(() => expect(expected.filter((message) => system.told(message).length === 0)).toEqual([]), 10_000);
  return [...system.lines, ...(await linesWithoutS3())];
}

/** Of an export function whose S3 nobody can reach. */
async function linesWithoutS3(): Promise<readonly string[]> {
  const lines: string[] = [];
  const nowhere = 'http://127.0.0.1:9';
  const environment = {
    BUCKET_NAME: 'b',
    QUEUE_URL: `${nowhere}/q`,
    LINK_ROLE_ARN: 'l',
    SECRET_ID: 's',
    SESSION_KEY_SECRET_ID: 'k',
  };
  const aws = {
    endpoint: nowhere,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    forcePathStyle: true,
    maxAttempts: 1,
  };
  const nowMs = Date.now();
  const message = {
    export_id: newExportId(nowMs),
    request: { view_name: 'item_master' },
    delivery: {},
    trigger: { kind: 'api' },
    created_at: new Date(nowMs).toISOString(),
  };
  const handler = createExportFunction(environment, { aws, writeLine: (line) => lines.push(line) });
  await handler(
    { Records: [{ messageId: 'm', receiptHandle: 'r', body: JSON.stringify(message) }] },
    { getRemainingTimeInMillis: () => 60_000 },
  );
  return lines;
}

/** A call that the gateway answered with 503, as its access log's format has it. */
function accessLine(): string {
  const [stage] = propertiesOf(synthesize(), 'AWS::ApiGatewayV2::Stage').values();
  const { AccessLogSettings } = z.object({ AccessLogSettings: z.object({ Format: z.string() }) }).parse(stage);
  const values: Readonly<Record<string, string>> = { status: '503', responseLatency: '12' };
  return AccessLogSettings.Format.replaceAll(/\$context\.([\w.]+)/g, (_all, name: string) => values[name] ?? '-');
}

/** Lambda's own words, of which no line is ours. */
const lambdaLines = [
  '2026-11-27T06:00:00.000Z 7a3b Task timed out after 900.00 seconds',
  'RequestId: 7a3b Error: Runtime exited with error: signal: killed',
];

test("each of the runbook's filter patterns finds what is written", async () => {
  const ours = await linesOfTrouble();
  // `log` is a loop's, over both functions' logs.
  const written: Readonly<Record<string, readonly string[]>> = {
    API_LOG: ours,
    EXPORT_LOG: ours,
    log: [...ours, ...lambdaLines],
    ACCESS_LOG: [accessLine()],
  };
  expect(searches.length).toBeGreaterThan(9);
  const inVain = searches.filter(({ log, pattern }) => !(written[log] ?? []).some((line) => finds(pattern, line)));
  expect(inVain).toEqual([]);
});
