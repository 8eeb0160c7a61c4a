import type { IncomingMessage, ServerResponse } from 'node:http';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { newExportId } from '../../functions/ledger/export-id.ts';
import { recordKey } from '../../functions/ledger/keys.ts';
import { s3Of } from '../support/bucket.ts';
import { type ObservedProxy, startObservedProxy } from '../support/observed-proxy.ts';
import { acceptLogIn, acceptSecondFactor, answerWith, sendWorkbook } from '../support/scripted-origin.ts';
import { smallWorkbook } from '../support/workbooks.ts';

const workbook = await smallWorkbook();

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** Stands wherever a secret, a caller's word or a foreign one may: in no line may it be seen. */
const secret = 'hunter2';
/** So may none of these: links, cookies, tokens, signatures. */
const telltales = [secret, 'X-Amz-', 'http://', 'https://', 'cookie', 'csrf', 'Bearer', 'PO #', 'workbooks/'];

const saying = (status: number, code: string, headers = {}): Respond =>
  answerWith(status, JSON.stringify({ Code: code, Message: `${secret} said` }), { 'x-told': secret, ...headers });
const broken: Respond = (request) => request.socket.destroy();

interface Case {
  readonly logIn?: Respond;
  readonly export?: Respond;
  readonly act?: (system: ObservedProxy) => Promise<unknown>;
  readonly options?: Parameters<typeof startObservedProxy>[0];
}

/** Each way to fail, by the code that has to show in some line: so that every one is known to have been gone. */
const cases: Readonly<Record<string, Case>> = {
  'view-not-exportable': { export: saying(400, 'ExcelExportWithoutExtra') },
  'data-not-assembled': { export: saying(400, 'CouldNotConstructExportData') },
  'request-refused': { export: saying(418, secret) },
  'view-not-privileged': { export: saying(403, 'User.NotPrivileged') },
  'credentials-unusable': { logIn: saying(401, 'User.InvalidCredentials') },
  'second-factor-needed': { logIn: answerWith(200, '{"requires_2fa":true}') },
  'first-sign-in-needed': { logIn: answerWith(200, '{"first_signin":true}') },
  'origin-locked': { logIn: saying(423, 'User.Locked') },
  'origin-busy': { export: saying(429, secret, { 'retry-after': '1000' }) },
  'origin-failed': { export: broken },
  'origin-timeout': { export: () => undefined, options: { exportTimeoutSeconds: 12 } },
  'workbook-unsound': { export: answerWith(200, secret, { 'content-type': `text/${secret}` }) },
  'workbook-too-large': { options: { maximumWorkbookBytes: 10 } },
  'request-invalid': { act: ({ create }) => create({ filters: secret, [secret]: 1 }) },
  'route-not-found': {
    act: ({ proxy }) => fetch(`${proxy.url}/${secret}?${secret}=1`, { headers: { [secret]: secret } }),
  },
  'method-not-allowed': { act: ({ proxy }) => fetch(`${proxy.url}/views?${secret}`, { method: 'DELETE' }) },
  'idempotency-mismatch': {
    act: async ({ proxy }) => {
      const ask = (filters: object) =>
        fetch(`${proxy.url}/exports/item_master`, {
          method: 'POST',
          headers: { 'idempotency-key': secret, 'content-type': 'application/json' },
          body: JSON.stringify({ filters }),
        });
      await ask({ a: 1 });
      await ask({ [secret]: secret });
    },
  },
  'export-not-found': { act: ({ proxy }) => fetch(`${proxy.url}/exports/item_master/${newExportId(Date.now())}`) },
  internal: {
    act: async ({ proxy }) => {
      const id = newExportId(Date.now());
      const Key = recordKey('item_master', id);
      await s3Of(proxy).send(
        new PutObjectCommand({ Bucket: proxy.bucket, Key, Body: JSON.stringify({ status: secret, [secret]: secret }) }),
      );
      await fetch(`${proxy.url}/exports/item_master/${id}`);
    },
  },
  'log-in accepted': { logIn: acceptLogIn(900, secret) },
};

/** Runs the cases one after another on one system; answers the lines and events in which something shows. */
async function run(names: readonly string[], given: Pick<Case, 'logIn' | 'options'> = {}) {
  const system = await startObservedProxy({ password: secret, ...given.options });
  const { origin, create, proxy, lines, events } = system;
  origin.answerSecondFactor(acceptSecondFactor(900, secret));
  origin.answerLogIn(given.logIn ?? acceptLogIn(900, secret));
  for (const name of names) {
    const { export: answer = sendWorkbook(workbook), act } = cases[name] ?? {};
    origin.answerExport(answer);
    if (act) await act(system);
    else await create({ filters: { [secret]: secret }, delivery: { file_name: secret } });
  }
  await proxy.close();
  for (const name of names) {
    expect(lines.join('\n')).toContain(name === 'log-in accepted' ? '"outcome":"accepted"' : `"${name}"`);
  }
  // The caller's own file name is a fact of the workbook, and told.
  const told = events.map((event) => JSON.stringify(event).replace(`"file_name":"${secret}.xlsx"`, ''));
  return [...lines, ...told].filter((line) => telltales.some((telltale) => line.includes(telltale)));
}

const needsItsOwn = ([, { logIn, options }]: [string, Case]) => logIn !== undefined || options !== undefined;

test('no failure that the origin or a caller can cause puts a secret, link, cookie or filter into any line', async () => {
  expect(await run(Object.entries(cases).flatMap((entry) => (needsItsOwn(entry) ? [] : [entry[0]])))).toEqual([]);
});

test.each(Object.entries(cases).filter(needsItsOwn))('nor does %s', async (name, given) => {
  expect(await run([name], given)).toEqual([]);
});
