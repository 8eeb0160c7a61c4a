import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { OrdersStack } from '../../docs/examples/orders.ts';
import { ExportProxy } from '../../lib/export-proxy.ts';
import { httpRoutes } from '../../lib/http-interface.ts';
import { decide } from '../../sandbox/aws/iam/decide.ts';
import { permissionsOf } from '../../sandbox/aws/iam/permission.ts';
import { createApp, grantsOf, propertiesOf, statementsOf, synthesizeStack } from '../support/synthesize.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the documented example', () => {
  let template: Template;
  beforeAll(() => {
    template = Template.fromStack(new OrdersStack(createApp(), 'Orders'));
  });

  test('is the one that is compiled here', async () => {
    const [, shown] = /```ts\n([^`]+)```/.exec(await readFile(`${root}docs/construct.md`, 'utf8')) ?? [];
    expect(shown).toBe(await readFile(`${root}docs/examples/orders.ts`, 'utf8'));
  });

  test('makes a proxy with a webhook, a schedule and its own bus', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { Name: 'open-orders' });
    template.hasResourceProperties('AWS::Events::EventBus', {});
    expect(grantsOf(template, 'KnoscExportRole')).toContainEqual('events:PutEvents on Orders');
    expect(grantsOf(template, 'KnoscApiRole').filter((grant) => grant.startsWith('secretsmanager'))).toEqual([
      'secretsmanager:GetSecretValue on OrderChangedSigning',
    ]);
  });

  test('lets its service do what it grants', () => {
    const api = 'arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:KnoscHttpHttpApi/$default';
    expect(grantsOf(template, 'ServiceDefaultPolicy')).toEqual(
      [
        'POST/exports/purchase_order_list',
        'GET/exports/purchase_order_list',
        'GET/exports/purchase_order_list/*',
        'GET/exports/item_master',
        'GET/exports/item_master/*',
        'HEAD/exports/item_master',
        'HEAD/exports/item_master/*',
      ]
        .map((call) => `execute-api:Invoke on ${api}/${call}`)
        .toSorted(),
    );
  });
});

const calls = httpRoutes.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));

/** The calls, with another view's beside them, that a grant lets its user make. */
function callsLetIn(grant: (proxy: ExportProxy, user: User) => void): readonly string[] {
  const template = synthesizeStack((stack) => grant(new ExportProxy(stack, 'Proxy'), new User(stack, 'Caller')));
  const arn = (text: string) => text.replaceAll(/\{"Ref":"[^"]+"\}/g, 'x');
  const statements = statementsOf(template, 'Caller').map(({ Effect, Action, Resource }) => ({
    Effect,
    Action,
    Resource: [Resource].flat().map((each) => {
      const { 'Fn::Join': joined } = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }).parse(each);
      return joined[1].map((part) => (typeof part === 'string' ? part : arn(JSON.stringify(part)))).join('');
    }),
  }));
  const caller = 'arn:aws:iam::000000000000:user/Caller';
  const policy = permissionsOf('identity', caller, { Version: '2012-10-17', Statement: statements });
  const context = { 'aws:resourceaccount': '000000000000' };
  const paths = calls.flatMap((call) =>
    ['purchase_order_list', 'item_master'].map((view) => call.replace('{view_name}', view)),
  );
  return [...new Set(paths)].filter((call) => {
    const resource = `arn:x:execute-api:x:x:x/$default/${call.replace(' /', '/').replace('{export_id}', 'latest')}`;
    return decide(policy, { identity: caller, caller, action: 'execute-api:Invoke', resource, context }).isAllowed;
  });
}

describe('a grant', () => {
  const looking = (view: string) => [
    `GET /exports/${view}`,
    `GET /exports/${view}/{export_id}`,
    `GET /exports/${view}/{export_id}/workbook`,
  ];
  const heads = (view: string) => looking(view).map((call) => call.replace('GET', 'HEAD'));

  test.each<[what: string, grant: (proxy: ExportProxy, user: User) => void, allowed: readonly string[]]>([
    [
      'to export a view lets create and look, and nothing of another view',
      (proxy, user) => proxy.grantExport(user, ['item_master']),
      ['POST /exports/item_master', ...looking('item_master')],
    ],
    [
      "to export every view lets do so by Knosc's own path, too",
      (proxy, user) => proxy.grantExport(user),
      [
        'POST /exports/item_master',
        'POST /exports/purchase_order_list',
        'POST /api/export-data',
        ...looking('item_master'),
        ...looking('purchase_order_list'),
      ],
    ],
    [
      'to read a view lets look and create nothing',
      (proxy, user) => proxy.grantRead(user, ['item_master']),
      [...looking('item_master'), ...heads('item_master')],
    ],
    [
      'to read every view lets look at all of them',
      (proxy, user) => proxy.grantRead(user),
      ['item_master', 'purchase_order_list'].flatMap((view) => [...looking(view), ...heads(view)]),
    ],
  ])('%s', (_what, grant, allowed) => {
    expect(callsLetIn(grant).toSorted()).toEqual(allowed.toSorted());
  });

  test('to invoke is for the export function alone', () => {
    const template = synthesizeStack((stack) => {
      new ExportProxy(stack, 'Proxy').grantInvoke(new User(stack, 'Caller'));
    });
    expect(grantsOf(template, 'Caller')).toEqual(['lambda:InvokeFunction on ProxyExportFunction']);
  });

  test.each([
    [['*'], /the list of views cannot be used: 0: must be the name of a view.*given is "\*"/],
    [['item_master/../x'], /must be the name of a view/],
    [[], /must name a view; leave it out for every view/],
  ])('of the views %j is refused', (views, message) => {
    expect(() =>
      synthesizeStack((stack) => new ExportProxy(stack, 'Proxy').grantExport(new User(stack, 'Caller'), views)),
    ).toThrow(message);
  });
});

test('an HTTP API that is given gets the routes, with IAM on all but the open ones, and stays what it is', () => {
  const template = synthesizeStack((stack) => {
    new ExportProxy(stack, 'Proxy', {
      httpApi: HttpApi.fromHttpApiAttributes(stack, 'Given', { httpApiId: 'abc123' }),
    });
  });
  template.resourceCountIs('AWS::ApiGatewayV2::Api', 0);
  template.resourceCountIs('AWS::ApiGatewayV2::Stage', 0);
  const routes = [...propertiesOf(template, 'AWS::ApiGatewayV2::Route').values()];
  expect(routes.map(({ RouteKey }) => RouteKey).toSorted()).toEqual(calls.toSorted());
  for (const { ApiId, RouteKey, AuthorizationType } of routes) {
    expect(ApiId).toBe('abc123');
    expect(AuthorizationType).toBe(/ \/health$|^POST \/webhooks\//.test(String(RouteKey)) ? 'NONE' : 'AWS_IAM');
  }
});

test("an HTTP API that is given cannot have its throttle set here, since its stage is its owner's", () => {
  expect(() =>
    synthesizeStack((stack) => {
      new ExportProxy(stack, 'Proxy', {
        httpApi: HttpApi.fromHttpApiAttributes(stack, 'Given', { httpApiId: 'abc123' }),
        webhookThrottle: { rate_per_second: 5, burst: 5 },
      });
    }),
  ).toThrow(
    'webhookThrottle is for an API of its own; throttle POST /webhooks/{webhook_name} on the stage of the given httpApi, and leave webhookThrottle out; given is {"rate_per_second":5,"burst":5}',
  );
});

test('a key that is given keeps the policy that it has', () => {
  const alone = synthesizeStack((stack) => new Key(stack, 'Theirs'));
  const used = synthesizeStack((stack) => {
    const encryptionKey = new Key(stack, 'Theirs');
    const proxy = new ExportProxy(stack, 'Proxy', { encryptionKey });
    proxy.addWebhook('po', { secret: 'knosc/po', export: { view_name: 'item_master' } });
    proxy.addSchedule('daily', { expression: 'rate(1 day)', export: { view_name: 'item_master' } });
  });
  const [[id, given] = [], ...others] = propertiesOf(alone, 'AWS::KMS::Key');
  expect(others).toEqual([]);
  expect(propertiesOf(used, 'AWS::KMS::Key').get(String(id))).toEqual(given);
  for (const { KmsKeyId } of propertiesOf(used, 'AWS::SecretsManager::Secret').values()) {
    expect(KmsKeyId).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
  }
});

test('a bus of another account gets the events by its ARN, since a name is one of our own account', () => {
  const bus = 'arn:aws:events:eu-central-1:444455556666:event-bus/erp';
  const template = synthesizeStack((stack) => {
    new ExportProxy(stack, 'Proxy', { eventBus: EventBus.fromEventBusArn(stack, 'Given', bus) });
  });
  const named = [...propertiesOf(template, 'AWS::Lambda::Function').values()].flatMap(({ Environment }) => {
    const { Variables } = z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(Environment);
    return Variables['EVENT_BUS_NAME'] ?? [];
  });
  expect(named).toEqual([bus]);
  expect(grantsOf(template, 'ProxyExportRole')).toContainEqual(`events:PutEvents on ${bus}`);
});

test('two proxies fit into one stack', () => {
  const template = synthesizeStack((stack) => {
    for (const id of ['Purchasing', 'Sales']) new ExportProxy(stack, id);
  });
  template.resourceCountIs('AWS::Lambda::Function', 4);
  const alarmNames = [...propertiesOf(template, 'AWS::CloudWatch::Alarm').values()].map(({ AlarmName }) => AlarmName);
  expect(new Set(alarmNames).size).toBe(alarmNames.length);
});

describe('the metrics of a proxy', () => {
  /** Every namespace of ours that the template names, under what in it begins with `prefix`. */
  const namespacesOf = (template: Template, prefix: string) => {
    const parts = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::Lambda::Function'].flatMap((type) =>
      [...propertiesOf(template, type)].filter(([id]) => id.startsWith(prefix)),
    );
    const text = JSON.stringify(parts).replaceAll('\\', '');
    return new Set(
      [...text.matchAll(/"(?:Namespace|METRICS_NAMESPACE)":"(?!AWS\/)([^"]+)"|\{"([^"{]+)",/g)].map(
        (match) => match[1] ?? match[2],
      ),
    );
  };

  test('are in a namespace of its own: what its functions write is what its alarms and dashboard look at', () => {
    const template = synthesizeStack((stack) => {
      for (const id of ['Purchasing', 'Sales']) new ExportProxy(stack, id);
    });
    for (const id of ['Purchasing', 'Sales']) {
      const namespaces = namespacesOf(template, id);
      // Where one looks for the alarms one finds the metrics.
      expect([...namespaces]).toEqual([expect.stringMatching(new RegExp(`^Theirs-${id}-[0-9A-F]{8}$`))]);
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `${[...namespaces].join()}-defects` });
    }
  });

  test('are in the namespace that is given, the ones that it hands out, too', () => {
    const template = synthesizeStack((stack) => {
      const proxy = new ExportProxy(stack, 'Proxy', { metricsNamespace: 'Acme/Knosc' });
      for (const [id, metric] of Object.entries({ Link: proxy.metricTimeToLink(), Exports: proxy.metricExports() })) {
        metric.createAlarm(stack, `Proxy${id}`, { threshold: 1, evaluationPeriods: 1 });
      }
    });
    expect(namespacesOf(template, 'Proxy')).toEqual(new Set(['Acme/Knosc']));
    for (const { Environment } of propertiesOf(template, 'AWS::Lambda::Function').values()) {
      expect(Environment).toMatchObject({ Variables: { METRICS_NAMESPACE: 'Acme/Knosc' } });
    }
  });

  test.each(['', 'AWS/Lambda', 'a:b', 'a'.repeat(256)])('are in no namespace that CloudWatch refuses: %j', (given) => {
    expect(() => synthesizeStack((stack) => void new ExportProxy(stack, 'Proxy', { metricsNamespace: given }))).toThrow(
      /metricsNamespace cannot be used: must be a namespace of CloudWatch.*given is/,
    );
  });
});

describe('the app', () => {
  const synthesizeApp = async (settings: string) => {
    const directory = await mkdtemp(join(tmpdir(), 'knosc-app-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'settings.json');
    await writeFile(file, settings);
    const context = JSON.stringify({ settings: file, 'aws:cdk:bundling-stacks': [] });
    // CDK's own rules take most of the time, and are the stack's test's.
    const env = {
      ...process.env,
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: context,
      CDK_OUTDIR: join(directory, 'out'),
    };
    const run = promisify(execFile)(process.execPath, ['bin/app.ts'], { cwd: root, env });
    const ended = await run.then(
      ({ stderr }) => ({ code: 0, stderr }),
      (error: unknown) => z.object({ code: z.number(), stderr: z.string() }).parse(error),
    );
    return { ...ended, template: () => readFile(join(directory, 'out', 'KnoscExportProxy.template.json'), 'utf8') };
  };

  test('reads the settings file that the context names', async () => {
    const { code, stderr, template } = await synthesizeApp(
      '{ "workbook_days": 3, "origin_hosts": ["erp.example.org"] }',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await template()).toMatch('erp.example.org');
  });

  test('ends with every fault of the settings, and without the stack of a program', async () => {
    const { code, stderr } = await synthesizeApp('{ "workbook_days": 0, "wokbook_days": 3 }');
    expect(code).toBe(1);
    expect(stderr).toMatch(/settings\.json has 2 faults:\n/);
    expect(stderr).toMatch(/workbook_days: .*given is 0/);
    expect(stderr).toMatch(/wokbook_days/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
