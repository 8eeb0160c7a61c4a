import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { settingsSchema } from '../../lib/settings/settings.ts';
import type { OriginAccount } from '../../sandbox/resources.ts';
import type { Emulator } from './emulator.ts';
import { pythonPrograms } from './python.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

const outputsSchema = z.object({
  KnoscExportProxy: z.object({
    ApiUrl: z.string(),
    SecretId: z.string(),
    BucketName: z.string(),
    ExportFunctionName: z.string(),
  }),
});

/** The deployed stack, with the secret filled in. */
export interface Deployment {
  readonly outputs: z.infer<typeof outputsSchema>['KnoscExportProxy'];
  /** Removes the stack, and what this machine held of it. */
  readonly destroy: () => Promise<void>;
}

/** The unmodified stack and its secret; the README's own commands are run by `readme-commands.test.ts`. */
export async function deploy(
  emulator: Emulator,
  account: OriginAccount,
  settings: z.input<typeof settingsSchema>,
  webhookSecrets: Readonly<Record<string, string>>,
): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'knosc-e2e-'));
  const env = { ...process.env, ...emulator.environment };
  // Inside Lambda an origin on loopback must be named, as this is the sandbox's Knosc and no address of Knosc's own.
  const settingsFile = join(directory, 'settings.json');
  await writeFile(settingsFile, JSON.stringify({ ...settings, origin_hosts: [new URL(account.base_url).host] }));
  const context = ['--context', `settings=${settingsFile}`];
  const cdk = (...args: string[]) =>
    run(
      join(root, 'node_modules', '.bin', 'cdk'),
      [...args, '--no-notices', '--output', join(directory, 'out'), ...context],
      { cwd: root, env, maxBuffer: 1e8 },
    );
  const outputsFile = join(directory, 'outputs.json');
  await cdk('bootstrap');
  await cdk('deploy', '--require-approval', 'never', '--outputs-file', outputsFile);
  const outputs = outputsSchema.parse(JSON.parse(await readFile(outputsFile, 'utf8'))).KnoscExportProxy;
  const putSecret = async (words: readonly string[], text: string) => {
    const file = join(directory, 'secret');
    await writeFile(file, text);
    const args = ['secretsmanager', ...words, '--secret-string', `file://${file}`];
    await run(join(pythonPrograms, 'aws'), args, { env });
  };
  await putSecret(['put-secret-value', '--secret-id', outputs.SecretId], JSON.stringify(account));
  for (const [name, text] of Object.entries(webhookSecrets)) await putSecret(['create-secret', '--name', name], text);
  return {
    outputs,
    destroy: async () => {
      await cdk('destroy', '--force');
      await rm(directory, { recursive: true });
    },
  };
}
