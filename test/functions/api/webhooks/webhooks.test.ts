import { createHmac } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { webhookAnswerSchema } from '../../../../functions/api/webhooks/receive-webhook.ts';
import { webhooksSchema } from '../../../../functions/api/webhooks/webhook.ts';
import { recordKey } from '../../../../functions/ledger/keys.ts';
import { recordSchema } from '../../../../functions/ledger/record.ts';
import { type LocalExportProxy, startExportProxy } from '../../../../sandbox/export-proxy.ts';
import { s3Of } from '../../../support/bucket.ts';
import { type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from '../../../support/scripted-origin.ts';
import { standardHeaders, standardSecret } from '../../../support/webhook-sender.ts';
import { smallWorkbook } from '../../../support/workbooks.ts';

const githubSecret = "It's a Secret to Everybody";
const stripeSecret = 'whsec_as_stripe_has_it';
const newSecret = `whsec_${Buffer.alloc(32, 'new').toString('base64')}`;

const webhooks = webhooksSchema.parse({
  plain: { secret: 'standard', export: { view_name: 'item_master' } },
  valued: {
    secret: 'standard',
    export: {
      view_name: 'purchase_order_list',
      filters: { Fixed: ['a'] },
      sort: { key: 'PO #', type: 'Descending' },
      index: { limit: 5 },
    },
    filters_from_payload: { 'PO #': '/data/number', Line: '/data/lines/1', 'Is~Open': '/data/a~1b~0c' },
    delivery: { file_name: 'changed' },
  },
  pollutable: {
    secret: 'standard',
    export: { view_name: 'item_master' },
    filters_from_payload: { A: '/__proto__/polluted', B: '/constructor/name', C: '/list/length', D: '/text/length' },
  },
  held: { secret: 'standard', export: { view_name: 'sales_order_list' }, debounce_s: 1 },
  rotated: { secret: 'rotated', export: { view_name: 'item_master' } },
  github: {
    secret: 'github',
    signature: { scheme: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' },
    export: { view_name: 'item_master' },
  },
  stripe: {
    secret: 'stripe',
    signature: { scheme: 'hmac', header: 'Stripe-Signature', prefix: 'v1=', timestamp: { prefix: 't=' } },
    export: { view_name: 'item_master' },
  },
  broken: { secret: 'broken', export: { view_name: 'item_master' } },
});
const webhookSecrets = {
  standard: standardSecret,
  rotated: JSON.stringify([newSecret, standardSecret]),
  github: githubSecret,
  stripe: stripeSecret,
  broken: '{"key":"value that nobody may see"}',
};

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;
let workbook: Uint8Array;
const logged: string[] = [];

beforeAll(async () => {
  workbook = await smallWorkbook();
  origin = await startScriptedOrigin();
  const account = { base_url: origin.url, username: 'u', password: 'p' };
  const writeLine = (line: string) => void logged.push(line);
  proxy = await startExportProxy({ port: 0, account, random: () => 0, webhooks, webhookSecrets, writeLine });
});

beforeEach(() => {
  origin.answerExport(sendWorkbook(workbook));
  origin.calls.length = 0;
});

afterAll(async () => {
  await proxy.close();
  await origin.close();
});

const send = (name: string, body: string | Buffer, headers: Record<string, string>) =>
  fetch(`${proxy.url}/webhooks/${name}`, { method: 'POST', headers, body: Buffer.from(body) });
const deliver = (name: string, body = '{}', signing: Parameters<typeof standardHeaders>[1] = {}) =>
  send(name, body, standardHeaders(body, signing));
const exportCalls = () => origin.calls.filter((call) => call.endsWith('/export-data'));

async function taken(answer: Response | Promise<Response>) {
  const { status, text } = await read(await answer);
  expect([status, text]).toEqual([202, expect.any(String)]);
  return webhookAnswerSchema.strict().parse(JSON.parse(text));
}

async function read(answer: Response) {
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

async function problemOf(answer: Response | Promise<Response>) {
  const { status, text } = await read(await answer);
  const problem = z
    .looseObject({ code: z.string(), detail: z.string(), errors: z.array(z.unknown()).optional() })
    .parse(JSON.parse(text));
  return { status, ...problem };
}

const ended = async ({ view_name, export_id }: z.infer<typeof webhookAnswerSchema>) => {
  const answer = await fetch(`${proxy.url}/exports/${view_name}/${export_id}?wait=20`);
  return z.looseObject({ status: z.string() }).parse(await answer.json());
};

async function recordOf({ view_name, export_id }: z.infer<typeof webhookAnswerSchema>) {
  const { Body } = await s3Of(proxy).send(
    new GetObjectCommand({ Bucket: proxy.bucket, Key: recordKey(view_name, export_id) }),
  );
  return recordSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
}

/** Makes the origin hold its answers until it is called. */
function holdExports(): () => void {
  const held = Promise.withResolvers<void>();
  origin.answerExport((request, response) => void held.promise.then(() => sendWorkbook(workbook)(request, response)));
  return held.resolve;
}

describe('a signed webhook', () => {
  test('is answered before its export has run, with nothing but where it is', async () => {
    const release = holdExports();
    const answer = await deliver('plain');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const begun = await taken(answer);
    expect(begun).toMatchObject({ view_name: 'item_master', status: 'queued' });
    release();
    expect(await ended(begun)).toMatchObject({ status: 'ready', trigger: { kind: 'webhook', name: 'plain' } });
  });

  test('exports what the settings name, with values of the payload', async () => {
    const data = { number: 'PO-7', lines: [1, 2.5], 'a/b~c': true };
    const begun = await taken(deliver('valued', JSON.stringify({ data })));
    expect(await ended(begun)).toMatchObject({ status: 'ready', workbook: { file_name: 'changed.xlsx' } });
    expect(origin.lastExport().body).toEqual({
      view_name: 'purchase_order_list',
      filters: { Fixed: ['a'], 'PO #': 'PO-7', Line: 2.5, 'Is~Open': true },
      sort: { key: 'PO #', type: 'Descending' },
      index: { limit: 5 },
    });
  });

  test('that is delivered again gets the same export, and the origin sees one call', async () => {
    const first = await taken(deliver('plain', '{"a":1}', { id: 'msg_again' }));
    await ended(first);
    const again = await taken(deliver('plain', '{"a":1}', { id: 'msg_again', atMs: Date.now() - 60_000 }));
    expect(again).toEqual({ ...first, status: 'ready' });
    const both = [deliver('plain', '{}', { id: 'msg_twice' }), deliver('plain', '{}', { id: 'msg_twice' })];
    const [one, other] = await Promise.all(both.map(taken));
    expect(one?.export_id).toBe(other?.export_id);
    if (one) await ended(one);
    expect(exportCalls()).toHaveLength(2);
  });

  test("shares no id with another webhook's", async () => {
    const ids = ['plain', 'rotated'].map(async (name) => (await taken(deliver(name, '{}', { id: 'm' }))).export_id);
    expect(new Set(await Promise.all(ids)).size).toBe(2);
  });

  test('of an id that had another body before is a mismatch, and says what to do', async () => {
    const body = (number: string) => JSON.stringify({ data: { number, lines: [1, 2], 'a/b~c': true } });
    const first = await taken(deliver('valued', body('PO-1'), { id: 'msg_other' }));
    expect(await problemOf(deliver('valued', body('PO-2'), { id: 'msg_other' }))).toMatchObject({
      status: 422,
      code: 'idempotency-mismatch',
      detail: expect.stringContaining(first.export_id),
    });
  });

  test('may be signed with the new or the old secret while it is rotated', async () => {
    await taken(deliver('rotated', '{}', { secret: newSecret }));
    await taken(deliver('rotated', '{}', { secret: standardSecret }));
    const other = { secret: `whsec_${Buffer.alloc(24, 'x').toString('base64')}` };
    expect(await problemOf(deliver('rotated', '{}', other))).toMatchObject({ status: 401, code: 'signature-invalid' });
  });
});

describe("GitHub's and Stripe's webhooks", () => {
  const hash = (body: string) => createHmac('sha256', githubSecret).update(body).digest('hex');
  const github = (body: string, headers = {}) =>
    send('github', body, {
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${hash(body)}`,
      ...headers,
    });
  const stripe = (payload: string, timestamp: number) =>
    send('stripe', payload, {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': new Stripe('sk_test_x').webhooks.generateTestHeaderString({
        payload,
        secret: stripeSecret,
        timestamp,
      }),
    });

  test('are known again by their bodies', async () => {
    const first = await taken(github('{"action":"opened"}'));
    expect((await taken(github('{"action":"opened"}'))).export_id).toBe(first.export_id);
    expect((await taken(github('{"action":"closed"}'))).export_id).not.toBe(first.export_id);
    const nowSeconds = Math.floor(Date.now() / 1000);
    const sent = await taken(stripe('{"id":"evt_1"}', nowSeconds));
    expect((await taken(stripe('{"id":"evt_1"}', nowSeconds - 200))).export_id).toBe(sent.export_id);
    expect(await problemOf(stripe('{"id":"evt_2"}', nowSeconds - 400))).toMatchObject({ code: 'signature-invalid' });
  });

  test('of a form say which content type to choose', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await problemOf(github('payload=%7B%7D', form))).toMatchObject({
      status: 415,
      code: 'media-type-unsupported',
      detail: expect.stringContaining('Choose application/json'),
    });
  });
});

describe('a webhook that is not right', () => {
  const right = standardHeaders('{}');

  test.each([
    ['of no name', () => deliver('nobody'), 404, 'webhook-not-found', 'the settings declare them'],
    ['of a name that objects have', () => deliver('constructor'), 404, 'webhook-not-found', 'No webhook'],
    [
      'without its headers',
      () => send('plain', '{}', { 'content-type': 'application/json', 'webhook-id': 'm' }),
      401,
      'signature-invalid',
      'Missing headers: webhook-timestamp, webhook-signature.',
    ],
    [
      'that is too old',
      () => deliver('plain', '{}', { atMs: Date.now() - 301_500 }),
      401,
      'signature-invalid',
      /is 30[123] seconds old; at most 300 are taken/,
    ],
    [
      'signed with another secret',
      () => deliver('plain', '{}', { secret: newSecret }),
      401,
      'signature-invalid',
      'No signature matches',
    ],
    ['of another body', () => send('plain', '{ }', right), 401, 'signature-invalid', 'No signature matches'],
    [
      'without a signature and without a body',
      () => send('plain', '', right),
      401,
      'signature-invalid',
      'No signature',
    ],
    ['with an empty body', () => deliver('plain', ''), 400, 'request-invalid', 'it is empty'],
    ['that is no JSON', () => deliver('plain', '{"a":'), 400, 'request-invalid', 'must be JSON in UTF-8'],
    [
      'in another charset',
      () => send('plain', '{}', { ...right, 'content-type': 'application/json; charset=iso-8859-1' }),
      415,
      'media-type-unsupported',
      'charset=iso-8859-1; send application/json in UTF-8',
    ],
    [
      'that says to be text',
      () => send('plain', '{}', { ...right, 'content-type': 'text/plain' }),
      415,
      'media-type-unsupported',
      'is text/plain',
    ],
    [
      'without a content type',
      () => send('plain', '{}', { ...right, 'content-type': '' }),
      415,
      'media-type-unsupported',
      'missing or malformed',
    ],
    ['of over 1 MiB', () => deliver('plain', `"${'x'.repeat(1_048_576)}"`), 413, 'body-too-large', '1048578 bytes'],
    ['of 5.9 MB', () => deliver('plain', `"${'x'.repeat(5_900_000)}"`), 413, 'body-too-large', 'at most 1048576'],
    [
      'whose secret cannot be used',
      () => deliver('broken'),
      503,
      'webhook-secret-unusable',
      'the log of the proxy says why',
    ],
  ] as const)('%s gets its clear answer', async (_name, deliverIt, status, code, words) => {
    const found = await problemOf(deliverIt());
    expect(found).toMatchObject({ status, code });
    expect(found.detail).toMatch(words);
    expect(exportCalls()).toEqual([]);
  });

  test('of 6 MB in base64 is refused by the gateway already', async () => {
    const answer = await read(await deliver('plain', `"${'x'.repeat(6_300_000)}"`));
    expect([answer.status, answer.text]).toEqual([413, '{"message":"Request Entity Too Large"}']);
  });

  test.each(['application/json; charset=UTF-8', 'application/cloudevents+json', 'Application/JSON;charset="utf-8"'])(
    'is not one that is sent as %s',
    async (type) => {
      const answer = await send('plain', '{}', { ...standardHeaders('{}'), 'content-type': type });
      expect(answer.status).toBe(202);
    },
  );

  test('says all faults of its payload at once, by the kind of what was found', async () => {
    const data = { number: { inner: 'value' }, lines: [1], 'a/b~c': null };
    const found = await problemOf(deliver('valued', JSON.stringify({ data })));
    const wanted = (column: string, kind: string) =>
      `must be text of at most 1000 characters, a number or a boolean for the filter ${column}; found ${kind}`;
    expect(found).toMatchObject({ status: 400, code: 'request-invalid' });
    expect(found.errors).toEqual([
      { path: '/data/number', message: wanted('PO #', 'an object') },
      { path: '/data/lines/1', message: wanted('Line', 'nothing') },
      { path: '/data/a~1b~0c', message: wanted('Is~Open', 'null') },
    ]);
    expect(found.detail).not.toContain('value');
  });

  test.each([
    ['"x".length of text', `"${'x'.repeat(1001)}"`, 'text of 1001 characters'],
    ['a list', '[1]', 'a list'],
    ['a number that is rounded', '12345678901234567890', 'a number too large to be exact; send it as text'],
    ['a number beyond all', '1e400', 'a number too large to be exact; send it as text'],
  ])('has as value %s', async (_name, number, kind) => {
    const body = `{"data":{"number":${number},"lines":[1,2],"a/b~c":false}}`;
    const found = await problemOf(deliver('valued', body));
    expect(found.errors).toEqual([{ path: '/data/number', message: expect.stringContaining(`found ${kind}`) }]);
  });

  test('finds nothing of what objects, lists and texts have by nature, and touches no prototype', async () => {
    const found = await problemOf(deliver('pollutable', '{"list":[1],"text":"x"}'));
    expect(found.errors).toEqual(
      ['/__proto__/polluted', '/constructor/name', '/list/length', '/text/length'].map((path) => ({
        path,
        message: expect.stringContaining('found nothing'),
      })),
    );
    const own = '{"__proto__":{"polluted":"own"},"constructor":{"name":"own","prototype":{"polluted":1}}}';
    expect((await problemOf(deliver('pollutable', own))).errors).toHaveLength(2);
    expect(Object.keys({})).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });

  test.each([
    ['objects', '{"a":', '1', '}'],
    ['lists', '[', '', ']'],
  ])('nested in 100,000 %s is read, and its pointers find nothing', async (_name, open, inside, close) => {
    const body = `${open.repeat(100_000)}${inside}${close.repeat(100_000)}`;
    expect(await problemOf(deliver('valued', body))).toMatchObject({ status: 400, code: 'request-invalid' });
    await taken(deliver('plain', body));
  });

  test('with a key twice counts by the last one', async () => {
    const body = '{"data":{"number":"first","number":"last","lines":[1,2],"a/b~c":false}}';
    await ended(await taken(deliver('valued', body)));
    expect(origin.lastExport().body).toMatchObject({ filters: { 'PO #': 'last' } });
  });
});

describe('webhooks that are held back', () => {
  test('join the first one while it is queued, and begin another when its run has begun', async () => {
    const release = holdExports();
    const first = await taken(deliver('held'));
    const joined = await Promise.all([deliver('held'), deliver('held', '{"a":1}')].map(taken));
    expect(joined.map(({ export_id }) => export_id)).toEqual([first.export_id, first.export_id]);
    const shown = await recordOf(first);
    expect(shown).toMatchObject({ status: 'queued', revision: expect.any(Number), not_before: expect.any(String) });
    expect(shown.revision).toBeGreaterThan(1);
    await expect.poll(exportCalls, { timeout: 10_000 }).toHaveLength(1);
    const record = await recordOf(first);
    if (record.status !== 'running') throw new Error(`the export is ${record.status}`);
    expect(Date.parse(record.started_at) - Date.parse(record.created_at)).toBeGreaterThanOrEqual(1_000);

    const later = await taken(deliver('held'));
    expect(later.export_id).not.toBe(first.export_id);
    release();
    expect([(await ended(first)).status, (await ended(later)).status]).toEqual(['ready', 'ready']);
    expect(exportCalls()).toHaveLength(2);
  });
});

describe('what is told', () => {
  test('to the metrics counts who was refused for what it sent, and nobody else', async () => {
    const refusals = () => logged.filter((line) => line.includes('"WebhookRefusals":1')).length;
    const before = refusals();
    await problemOf(send('broken', '{}', standardHeaders('{}')));
    await taken(deliver('held'));
    expect(refusals()).toBe(before);
    await problemOf(send('held', '{}', { 'content-type': 'application/json' }));
    await problemOf(deliver('unknown'));
    expect(refusals()).toBe(before + 2);
    const answered = logged.filter((line) => line.includes('"answered"')).slice(-2);
    expect(answered.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ code: 'signature-invalid', trigger: 'webhook', trigger_name: 'held' }),
      expect.not.objectContaining({ trigger_name: expect.anything() }),
    ]);
  });

  test('to the log names no secret, signature or payload, and why a secret cannot be used', async () => {
    const lines = logged.filter((line) => line.includes('webhook secret unusable'));
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ trigger_name: 'broken', reason: expect.stringContaining('begins like JSON') }),
    ]);
    const all = logged.join('\n');
    for (const secret of [standardSecret, newSecret, githubSecret, stripeSecret, 'nobody may see', 'v1,']) {
      expect(all).not.toContain(secret);
    }
  });

  test('to a sender names no secret', async () => {
    const answers = await Promise.all([
      deliver('broken'),
      deliver('plain'),
      deliver('plain', '{}', { secret: newSecret }),
    ]);
    for (const answer of answers) expect(await answer.text()).not.toMatch(/whsec_|standard|nobody may see|http/);
  });
});

test('the open route is throttled by the gateway, and its bucket fills again', async () => {
  const account = { base_url: origin.url, username: 'u', password: 'p' };
  const webhookThrottle = { ratePerSecond: 5, burst: 2 };
  const throttled = await startExportProxy({ port: 0, account, webhooks, webhookSecrets, webhookThrottle });
  const post = () => fetch(`${throttled.url}/webhooks/nobody`, { method: 'POST' });
  const statuses: number[] = [];
  for (let at = 0; at < 3; at += 1) statuses.push((await post()).status);
  const refused = await post();
  expect([...statuses, refused.status]).toEqual([404, 404, 429, 429]);
  expect(await refused.json()).toEqual({ message: 'Too Many Requests' });
  expect((await fetch(`${throttled.url}/health`)).status).toBe(200);
  await expect.poll(async () => (await post()).status, { interval: 100 }).toBe(404);
  await throttled.close();
});

test('the proxy on this machine tells where its webhooks are and what signs them', async () => {
  const account = { base_url: origin.url, username: 'u', password: 'p' };
  const { plain } = webhooks;
  if (!plain) throw new Error('no webhook');
  const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:by/arn-a1b2c3';
  const declared = { plain, other: { ...plain, secret: arn } };
  const own = await startExportProxy({ port: 0, account, webhooks: declared });
  expect(own.webhooks.map(({ name, url }) => [name, url])).toEqual([
    ['plain', `${own.url}/webhooks/plain`],
    ['other', `${own.url}/webhooks/other`],
  ]);
  for (const { url, secret } of own.webhooks) {
    expect(secret).toMatch(/^whsec_[\w+/]{32}$/);
    const answer = await fetch(url, { method: 'POST', body: '{}', headers: standardHeaders('{}', { secret }) });
    expect(answer.status).toBe(202);
  }
  await own.close();
});
