import { afterAll, beforeAll, describe, test } from 'vitest';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { sameAnswers } from '../../support/same-answers.ts';

let knosc: KnoscSandbox;
let proxy: LocalExportProxy;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 50 });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password } });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
});

describe('on this machine, as deployed,', () => {
  test.each(sameAnswers)('$name', async ({ check }) => {
    await check(async (method, path, options = {}) => {
      const answer = await fetch(`${proxy.url}${path}`, { method, redirect: 'manual', ...options });
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
    });
  });
});
