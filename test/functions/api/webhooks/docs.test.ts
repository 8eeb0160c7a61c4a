import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HmacScheme } from '../../../../functions/api/webhooks/signature-scheme.ts';
import { parseSettings, type Settings } from '../../../../lib/settings/settings.ts';
import { type LocalExportProxy, startExportProxy } from '../../../../sandbox/export-proxy.ts';
import { type ScriptedOrigin, startScriptedOrigin } from '../../../support/scripted-origin.ts';

const run = promisify(execFile);
const text = await readFile(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8');
const snippets = (language: string) =>
  text
    .split(`\`\`\`${language}\n`)
    .slice(1)
    .map((rest) => rest.split('\n```')[0] ?? '');
const settings = snippets('json').map((snippet) => parseSettings(snippet, 'docs/webhooks.md'));
const webhooks: Settings['webhooks'] = Object.assign({}, ...settings.map((one) => one.webhooks));

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;

beforeAll(async () => {
  origin = await startScriptedOrigin();
  proxy = await startExportProxy({
    port: 0,
    account: { base_url: origin.url, username: 'u', password: 'p' },
    webhooks,
  });
});

afterAll(async () => {
  await proxy.close();
  await origin.close();
});

describe('docs/webhooks.md', () => {
  test('declares three webhooks, of three forms', () => {
    expect(Object.keys(webhooks)).toEqual(['po-changed', 'github-push', 'stripe-paid']);
    expect(Object.values(webhooks).map(({ signature }) => signature)).toEqual([
      { scheme: 'standard_webhooks' },
      expect.objectContaining({ header: 'x-hub-signature-256', prefix: 'sha256=' } satisfies Partial<HmacScheme>),
      expect.objectContaining({
        header: 'stripe-signature',
        timestamp: { prefix: 't=' },
      } satisfies Partial<HmacScheme>),
    ]);
  });

  test('has a sender whose webhook is taken', async () => {
    const [webhook] = proxy.webhooks;
    const [sender = ''] = snippets('js');
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', sender], {
      env: { WEBHOOK_URL: webhook?.url, WEBHOOK_SECRET: webhook?.secret },
    });
    expect(stdout).toMatch(/^202 \{"export_id":"\w{26}","view_name":"purchase_order_list","status":"queued"\}/);
  });
});
