import { once } from 'node:events';
import { createServer } from 'node:http';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { rowsOf } from '../support/workbooks.ts';
import { commandsOf } from './commands-of.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { openShell, type Shell, type Spoken } from './shell.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { username, password } = seededUsers.full;
const [newPassword, mistakenPassword] = ['a new battery staple', 'what somebody else chose'];
/** What the README's commands need of this repository; they write files, so they run in a copy. */
const parts = 'bin docs functions lib sandbox cdk.json package.json package-lock.json tsconfig.json .npmrc'.split(' ');

let knosc: KnoscSandbox;
let emulator: Emulator;
let endpoint: Endpoint;
let folder: string;
let shell: Shell;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knosc-readme-'));
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  knosc = await startKnosc({ orders: 50 });
  endpoint = await startEndpoint();
  emulator = await startEmulator();
  // As options of the CDK: nobody is there to approve or to be asked, and there is no news without a network.
  const cdk = { CDK_REQUIRE_APPROVAL: 'never', CDK_NOTICES: 'false', CDK_VERSION_REPORTING: 'false' };
  const names = { NODE_OPTIONS: `--import=${join(root, 'test', 'e2e', 'localhost-names.mjs')}` };
  environment = { ...process.env, ...emulator.environment, ...cdk, ...names };
  shell = await openShell({ folder, environment });
});

afterAll(async () => {
  await shell.close();
  await emulator.close();
  await endpoint.close();
  await knosc.close();
  await rm(folder, { recursive: true });
});

const ask = async (question: string): Promise<string> => (await shell.run(question)).stdout.trim();
const workbookAt = async (name: string) => rowsOf(await readFile(join(folder, name)));
const create =
  'curl --silent --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -X POST "$API_URL/exports/customer_master"';
const listSecrets = 'aws secretsmanager list-secrets --output text';
const latest = (view: string) => `call "$API_URL/exports/${view}/latest?wait=20"`;

/** What is answered once it holds a piece, or after half a minute. */
async function untilShown(question: string, piece: string): Promise<string> {
  const deadlineMs = Date.now() + 30_000;
  let shown = '';
  while (Date.now() < deadlineMs && !shown.includes(piece)) shown = await ask(question);
  return shown;
}
const targets = 'aws events list-targets-by-rule --rule knosc-exports --output text';

interface Endpoint {
  readonly url: string;
  /** The key and the body of the first call. */
  readonly first: Promise<string>;
  close(): Promise<void>;
}

/** An endpoint of somebody's own, for events. */
async function startEndpoint(): Promise<Endpoint> {
  const first = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    response.end();
    text(request).then((body) => {
      first.resolve(`${String(request.headers['x-api-key'])} ${body}`);
      return body;
    }, first.reject);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    first: first.promise,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Step {
  /** A piece of the block, by which the two are held together. */
  readonly block: string;
  /** What the person types when asked. */
  readonly typed?: string;
  /** What happens before, outside the commands. */
  readonly before?: () => Promise<void>;
  /** What can be seen of it afterwards. */
  readonly effect: (spoken: Spoken) => Promise<void>;
}

/** The commands of another document, each typed once, in their order, by someone with a terminal of their own. */
async function typeDocument(
  file: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<readonly Spoken[]> {
  const own = await openShell({ folder, environment });
  onTestFinished(() => own.close());
  own.set(variables);
  const spoken: Spoken[] = [];
  for (const block of commandsOf(await readFile(join(root, file), 'utf8'))) spoken.push(await own.run(block));
  expect(spoken.length).toBeGreaterThan(2);
  return spoken;
}

const steps: readonly Step[] = [
  {
    block: 'KNOSC_URL=',
    typed: `${password}\n`,
    effect: async () => {
      expect(await ask('echo "$KNOSC_PASSWORD"')).toBe(password);
      shell.set({ KNOSC_URL: knosc.url, KNOSC_USERNAME: username });
    },
  },
  {
    block: 'cat > settings.json',
    effect: async () =>
      expect(JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8'))).toHaveProperty('webhooks.po-changed'),
  },
  {
    block: 'npx cdk deploy',
    effect: async () => {
      const status =
        "aws cloudformation describe-stacks --stack-name KnoscExportProxy --query 'Stacks[0].StackStatus' --output text";
      expect(await ask(status)).toBe('CREATE_COMPLETE');
    },
  },
  {
    block: 'output()',
    effect: async () => {
      expect(JSON.parse(await ask('curl --silent "$API_URL/views"'))).toEqual({ message: 'Forbidden' });
      expect(JSON.parse(await ask(create))).toMatchObject({ code: 'credentials-unusable' });
    },
  },
  {
    block: 'put_secret()',
    effect: async () => expect(JSON.parse(await ask(create))).toMatchObject({ status: 'ready' }),
  },
  {
    block: 'call()',
    effect: async ({ stdout }) => {
      expect(JSON.parse(stdout)).toMatchObject({ status: 'ready', view_name: 'purchase_order_list' });
    },
  },
  {
    block: 'npx knosc-export',
    effect: async () => expect((await workbookAt('po.xlsx')).length).toBeGreaterThan(2),
  },
  {
    block: 'aws lambda invoke',
    effect: async () =>
      expect(JSON.parse(await readFile(join(folder, 'export.json'), 'utf8'))).toMatchObject({
        status: 'ready',
        trigger: { kind: 'invoke' },
      }),
  },
  {
    block: 'aws events put-rule',
    effect: async () => {
      expect(await ask(`${targets} --query "Targets[0].Arn"`)).toBe(await ask('echo "$EVENTS_ARN"'));
    },
  },
  {
    block: 'aws sns create-topic',
    effect: async () => expect(await ask(`${targets} --query "Targets[1].Arn"`)).toBe(await ask('echo "$TOPIC_ARN"')),
  },
  {
    block: 'aws events create-api-destination',
    typed: 'the key of the README\n',
    before: async () => shell.set({ ENDPOINT_URL: endpoint.url }),
    effect: async () => {
      expect(JSON.parse(await ask(create))).toMatchObject({ status: 'ready' });
      expect(await endpoint.first).toMatch(/^the key of the README \{.*"Export Ready"/);
    },
  },
  {
    block: 'aws secretsmanager create-secret',
    effect: async () => {
      const stored =
        'aws secretsmanager get-secret-value --secret-id webhooks/po-changed --query SecretString --output text';
      expect(await ask(stored)).toBe(await ask('echo "$WEBHOOK_SECRET"'));
    },
  },
  {
    block: "node --input-type=module <<'END'",
    effect: async ({ stdout }) => expect(stdout).toMatch(/^202 \{"export_id":/),
  },
  {
    block: 'aws sqs receive-message',
    effect: async ({ stdout }) => {
      expect(stdout).toMatch(/"detail-type":\s*"Export Ready"/);
      expect(stdout).toMatch(/"kind":\s*"webhook"/);
    },
  },
  {
    block: 'aws scheduler get-schedule',
    effect: async () => {
      const shown = await untilShown(latest('purchase_order_list'), '"schedule"');
      expect(JSON.parse(shown)).toMatchObject({ status: 'ready', trigger: { kind: 'schedule', name: 'nightly' } });
    },
  },
  {
    block: "'New password at Knosc: '",
    typed: `${newPassword}\n`,
    before: () => knosc.changePassword(username, newPassword),
    effect: async () => expect(JSON.parse(await ask(create))).toMatchObject({ status: 'ready' }),
  },
  {
    block: 'aws s3 rm "s3://$BUCKET/origin/$SECRET_VERSION.json"',
    // Somebody changed the account, the proxy was refused, and the account was mended.
    before: async () => {
      await knosc.changePassword(username, mistakenPassword);
      expect(JSON.parse(await ask(create))).toMatchObject({ code: 'credentials-unusable' });
      await knosc.changePassword(username, newPassword);
      expect(JSON.parse(await ask(create))).toMatchObject({ code: 'credentials-unusable' });
    },
    effect: async () => expect(JSON.parse(await ask(create))).toMatchObject({ status: 'ready' }),
  },
  {
    block: 'aws cloudwatch describe-alarms',
    effect: async ({ stdout }) => {
      expect(stdout).toContain('credentials-unusable');
      const name = await ask('output DashboardName');
      expect(stdout).toContain(`#dashboards/dashboard/${name}`);
      expect(await ask(`aws cloudwatch get-dashboard --dashboard-name ${name}`)).toContain('DashboardBody');
      expect(await ask('aws sns list-subscriptions')).toContain('ops@acme.example');
    },
  },
  {
    block: 'aws iam update-assume-role-policy',
    effect: async () => {
      const assume =
        'aws sts assume-role --role-arn "$LINK_ROLE_ARN" --role-session-name readme --query AssumedRoleUser.Arn --output text';
      expect(await ask(assume)).toContain('/readme');
    },
  },
  {
    block: 'npm start -- --aws environment',
    effect: async () => expect((await workbookAt('items.xlsx')).length).toBeGreaterThan(2),
  },
  {
    block: 'npx cdk destroy',
    effect: async () => {
      await expect(ask('aws cloudformation describe-stacks --stack-name KnoscExportProxy')).rejects.toThrow(
        'does not exist',
      );
      expect(await ask('aws s3 ls "s3://$BUCKET/workbooks/" --recursive')).toContain('.xlsx');
      expect(await ask("aws lambda list-functions --query 'Functions[].FunctionName' --output text")).toBe('');
      expect(await ask("aws sqs list-queues --query 'QueueUrls' --output text")).toMatch(/^(None)?$/);
      expect(await ask("aws scheduler list-schedules --query 'Schedules[].Name' --output text")).toBe('');
      expect(await ask('aws logs describe-log-groups --output text')).toBe('');
      const kept = (await ask(`${listSecrets} --query 'SecretList[].ARN'`)).split(/\s+/);
      expect(kept.toSorted()).toEqual((await ask('echo "$SECRET_ID $SESSION_KEY_SECRET_ID"')).split(' ').toSorted());
    },
  },
  {
    block: 'aws sns delete-topic',
    effect: async () => {
      expect(await ask("aws sns list-topics --query 'Topics[].TopicArn' --output text")).not.toContain(
        ':knosc-exports',
      );
      expect(
        await ask("aws events list-api-destinations --query 'ApiDestinations[].Name' --output text"),
      ).not.toContain('knosc-exports-endpoint');
      await expect(ask('aws iam get-role --role-name knosc-exports-endpoint')).rejects.toThrow('NoSuchEntity');
    },
  },
  {
    block: 'aws s3 rb',
    effect: async () => {
      expect(await ask('aws s3 ls')).toMatch(/^\S+ \S+ cdk-\S+$/);
      expect(await ask(`${listSecrets} --query 'SecretList[].ARN'`)).toMatch(/^(None)?$/);
    },
  },
];

test('every block of the README between "Deploy" and "What it costs" is a step here, in its order', async () => {
  const blocks = await readmeCommands();
  expect(blocks.map((block, index) => block.includes(steps[index]?.block ?? '-') || block)).toEqual(
    steps.map(() => true),
  );
});

const removal = steps.findIndex(({ block }) => block === 'npx cdk destroy');
const numbered = steps.map((step, index) => ({ ...step, index }));

test.each(numbered.slice(0, removal))('$block', async (step) => {
  expect.hasAssertions();
  await type(step);
});

test('docs/runbook.md: every command; a dead letter of a schedule becomes its export', async () => {
  const fireTime = '2026-11-25T05:00:00.000Z';
  await shell.run(`
    input=$(aws scheduler get-schedule --name nightly --group-name "$(output ScheduleGroupName)" --query Target.Input --output text)
    letter=$(node -p 'JSON.stringify({ MessageBody: process.argv[1], QueueUrl: process.argv[2] })' "\${input/<aws.scheduler.scheduled-time>/${fireTime}}" "$QUEUE_URL")
    aws sqs send-message --queue-url "$(output ScheduleDeadLettersUrl)" --message-body "$letter"
  `);
  const [, , record] = await typeDocument('docs/runbook.md');
  // The runbook ends the session and stops the exports for a moment; they go on.
  expect(JSON.parse(record?.stdout ?? '')).toMatchObject({ view_name: 'purchase_order_list' });
  expect(JSON.parse(await ask(create))).toMatchObject({ status: 'ready' });
  const listed = await untilShown('call "$API_URL/exports/purchase_order_list"', fireTime);
  expect(JSON.parse(listed)).toMatchObject({
    exports: expect.arrayContaining([
      expect.objectContaining({ trigger: { kind: 'schedule', name: 'nightly', fire_time: fireTime } }),
    ]),
  });
});

test('docs/events.md: every command; an event comes to SNS, SQS and an HTTPS endpoint', async () => {
  const own = await startEndpoint();
  onTestFinished(() => own.close());
  // On the README's rule, which is this document's too; its queue is the third target.
  await typeDocument('docs/events.md', {
    EVENT_BUS_NAME: 'default',
    ENDPOINT_URL: own.url,
    ENDPOINT_KEY: 'a key',
  });
  expect(JSON.parse(await ask(create))).toMatchObject({ status: 'ready' });
  expect(await own.first).toMatch(/^a key \{.*"Export Ready"/);
  const lettersOf = `${targets} --query "Targets[?ends_with(DeadLetterConfig.Arn || '', ':knosc-exports-dead')].Id"`;
  expect((await ask(lettersOf)).split(/\s+/).toSorted()).toEqual(['https', 'sns', 'sqs']);
  await ask('aws events remove-targets --rule knosc-exports --ids sns sqs https');
  await ask(
    'aws sqs delete-queue --queue-url "$(aws sqs get-queue-url --queue-name knosc-exports-dead --output text)"',
  );
});

test.each(numbered.slice(removal))('$block', async (step) => {
  expect.hasAssertions();
  await type(step);
});

async function type({ index, typed: answer, before, effect }: Step & { readonly index: number }): Promise<void> {
  const block = (await readmeCommands())[index] ?? 'false';
  await before?.();
  await effect(await shell.run(block, answer === undefined ? {} : { typed: answer }));
}

async function readmeCommands(): Promise<readonly string[]> {
  return commandsOf(await readFile(join(root, 'README.md'), 'utf8'), { from: '## Deploy', to: '## What it costs' });
}
