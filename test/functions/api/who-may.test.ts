import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../functions/api/routes.ts';
import { decide } from '../../../sandbox/aws/iam/decide.ts';
import { type Permission, permissionsOf } from '../../../sandbox/aws/iam/permission.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { type ScriptedOrigin, startScriptedOrigin } from '../../support/scripted-origin.ts';

const caller = 'arn:aws:iam::000000000000:role/Caller';
const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
const policies = [...readme.matchAll(/```json\n(\{\s+"Version": "2012-10-17"[^`]*)```/g)].map(([, text = '']) =>
  permissionsOf('identity', caller, JSON.parse(text)),
);
const [createAndLook, lookOnly, everythingOfOneView] = policies;

type Policy = readonly Permission[];

const exportId = '7YBQS42K035X48B15W695PK8BV';
const apiArn = 'arn:aws:execute-api:REGION:ACCOUNT:API_ID/$default';

/** Every route that asks for an identity, of a view; what IAM is asked is its path with all parameters filled in. */
function pathsOf(viewName: string): readonly string[] {
  return Object.values(routes)
    .filter(({ isOpen }) => !isOpen)
    .flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`))
    .map((route) => route.replace('{view_name}', viewName))
    .flatMap((route) => [route.replace('{export_id}', exportId), route.replace('{export_id}', 'latest')])
    .filter((route, at, all) => all.indexOf(route) === at);
}

function mayCall(policy: Policy | undefined, call: string): boolean {
  if (policy === undefined) throw new Error('the README has no such policy');
  return isAllowed(policy, `${apiArn}/${call.replace(' /', '/')}`);
}

function isAllowed(policy: Policy, resource: string): boolean {
  const context = { 'aws:resourceaccount': '000000000000' };
  return decide(policy, { identity: caller, caller, action: 'execute-api:Invoke', resource, context }).isAllowed;
}

/** A view's calls without `/exports/{view_name}`, in the order of the routes; those of no view with their whole path. */
function allowedCalls(policy: Policy | undefined, viewName: string): readonly string[] {
  return pathsOf(viewName)
    .filter((call) => mayCall(policy, call))
    .map((call) => call.replace(`/exports/${viewName}`, '').replace(exportId, 'ID').trim());
}

const look = ['GET', 'GET /ID', 'GET /latest', 'GET /ID/workbook', 'GET /latest/workbook'];

describe("the README's policies", () => {
  test('are three', () => {
    expect(policies).toHaveLength(3);
  });

  test.each([
    ['to create and look', createAndLook, ['POST', ...look]],
    ['to look only', lookOnly, [...look, ...look.map((call) => call.replace('GET', 'HEAD'))]],
    [
      'to do everything of one view',
      everythingOfOneView,
      ['POST', ...look, 'DELETE /ID', 'DELETE /latest', 'GET /views'],
    ],
  ])('%s allow exactly that', (_name, policy, calls) => {
    expect(allowedCalls(policy, 'purchase_order_list').toSorted()).toEqual(calls.toSorted());
  });

  test.each(['supplier_master', 'purchase_order', 'purchase_order_list_2', 'x_purchase_order_list', 'exports'])(
    'allow nothing of the view %s',
    (viewName) => {
      for (const policy of policies) {
        const calls = allowedCalls(policy, viewName).filter((call) => call !== 'GET /views');
        expect(calls).toEqual([]);
      }
    },
  );

  test("never allow Knosc's own path, which exports every view", () => {
    for (const policy of policies) expect(mayCall(policy, 'POST /api/export-data')).toBe(false);
  });
});

describe('the evaluation', () => {
  const policy = (Effect: 'Allow' | 'Deny', Resource: string, Action = 'execute-api:Invoke') => ({
    Effect,
    Action: [Action],
    Resource: [Resource],
  });
  const evaluate = (...Statement: ReturnType<typeof policy>[]) =>
    isAllowed(permissionsOf('identity', caller, { Version: '2012-10-17', Statement }), 'a/$default/GET/x/y');

  test.each([
    ['a/$default/GET/x/y', true],
    ['a/$default/GET/*', true],
    ['a/*', true],
    ['*', true],
    ['a/$default/G?T/x/y', true],
    ['a/$default/GET/x/?', true],
    ['a/$default/GET/x', false],
    ['a/$default/GET/x/y?', false],
    ['a/.default/GET/x/y', false],
    ['a/$default/get/x/y', false],
  ])('of %s is %s', (resource, expected) => {
    expect(evaluate(policy('Allow', resource))).toBe(expected);
  });

  test('lets a Deny win, and is a Deny where nothing is said', () => {
    expect(evaluate(policy('Allow', '*'), policy('Deny', 'a/*'))).toBe(false);
    expect(evaluate()).toBe(false);
    expect(evaluate(policy('Allow', '*', 'execute-api:*'))).toBe(true);
    expect(evaluate(policy('Allow', '*', 's3:GetObject'))).toBe(false);
  });
});

describe('a path that is written otherwise', () => {
  let origin: ScriptedOrigin;
  let proxy: LocalExportProxy;

  beforeAll(async () => {
    origin = await startScriptedOrigin();
    proxy = await startExportProxy({ port: 0, account: { base_url: origin.url, username: 'u', password: 'p' } });
  });

  afterAll(async () => {
    await proxy.close();
    await origin.close();
  });

  /** As it stands: `fetch` would resolve the dots. */
  function statusOf(method: string, path: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(proxy.url);
      const call = request({ hostname, port, method, path }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      call.once('error', reject).end();
    });
  }

  test.each([
    ['POST', '/exports/purchase_order_list/../supplier_master'],
    ['POST', '/exports/purchase_order_list%2F..%2Fsupplier_master'],
    ['POST', '/exports/supplier_master%2Fexports%2Fpurchase_order_list'],
    ['POST', '/exports/Purchase_Order_List'],
    ['POST', '/exports/purchase_order_list%00'],
    ['POST', '/exports/purchase_order_list%20'],
    ['GET', `/exports/purchase_order_list/..%2Fsupplier_master%2F${exportId}`],
    ['GET', `/exports/purchase_order_list/${exportId}%2F..%2F..%2Fsupplier_master`],
    ['DELETE', `/exports/supplier_master/exports%2Fpurchase_order_list%2F${exportId}`],
  ])('%s %s leads to no view', async (method, path) => {
    expect(await statusOf(method, path)).toBeGreaterThanOrEqual(400);
    expect(origin.calls).toEqual([]);
  });

  test('such as %70urchase_order_list is the view that IAM sees', async () => {
    expect(await statusOf('GET', '/exports/%70urchase_order_list')).toBe(200);
  });
});
