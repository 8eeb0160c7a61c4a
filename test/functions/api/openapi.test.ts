import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../../functions/api/openapi.ts';
import { exportIdExample, viewNameExample, webhookNameExample } from '../../../functions/api/openapi-examples.ts';
import { problemStatuses } from '../../../functions/api/problem.ts';
import { routes } from '../../../functions/api/routes.ts';
import { webhooksSchema } from '../../../functions/api/webhooks/webhook.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { standardHeaders, standardSecret } from '../../support/webhook-sender.ts';

const mediaSchema = z.object({
  schema: z.object({ $ref: z.string() }),
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const contentSchema = z.record(z.string(), mediaSchema);
const operationSchema = z.object({
  operationId: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(z.object({ $ref: z.string() })).default([]),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(
    z.string(),
    z.object({
      description: z.string(),
      headers: z.record(z.string(), z.unknown()).default({}),
      content: contentSchema.optional(),
    }),
  ),
});
const parameterSchema = z.object({
  in: z.enum(['path', 'query', 'header']),
  name: z.string(),
  example: z.union([z.string(), z.number()]),
  schema: z.record(z.string(), z.unknown()),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ parameters: z.record(z.string(), parameterSchema) }),
});
type OperationObject = z.infer<typeof operationSchema>;

let knosc: KnoscSandbox;
let proxy: LocalExportProxy;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 50 });
  const { username, password } = seededUsers.full;
  const webhooks = webhooksSchema.parse({
    [webhookNameExample]: {
      secret: 'webhook',
      export: { view_name: viewNameExample },
      filters_from_payload: { 'PO List Number': '/data/number' },
    },
  });
  proxy = await startExportProxy({
    port: 0,
    account: { base_url: knosc.url, username, password },
    webhooks,
    webhookSecrets: { webhook: standardSecret },
  });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
});

/** The document as a client would have it. */
const plain: unknown = JSON.parse(JSON.stringify(openApiDocument()));
const { paths, components } = documentSchema.parse(plain);

const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);
const named = operations.map((one) => [`${one.method} ${one.path}`, one] as const);

/** Objects may hold nothing but what is described, so that the test notices what an answer has beside it. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, closed(one)]));
  return 'properties' in inner && 'type' in inner ? { additionalProperties: false, ...inner } : inner;
}

const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
ajv.addSchema(z.record(z.string(), z.unknown()).parse(closed(plain)), 'openapi');

/** What is wrong with a value by a schema of the document. */
function faultsBy(ref: string, value: unknown) {
  const validate = ajv.compile({ $ref: `openapi${ref}` });
  return validate(value) ? [] : validate.errors;
}

const parametersOf = ({ parameters }: OperationObject) =>
  parameters.map(({ $ref }) => {
    const parameter = components.parameters[$ref.split('/').at(-1) ?? ''];
    if (!parameter) throw new Error(`${$ref} is not there`);
    return parameter;
  });

interface Call {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The calls that the examples make: each body as it is, and the first one once more with each header. */
function callsOf(operation: OperationObject): readonly Call[] {
  const { examples = {} } = operation.requestBody?.content['application/json'] ?? {};
  const bodies = Object.values(examples).map(({ value }) => value);
  const headers = parametersOf(operation).filter((parameter) => parameter.in === 'header');
  return [
    ...(bodies.length > 0 ? bodies : [undefined]).map((body) => ({ headers: {}, body })),
    ...headers.map(({ name, example }) => ({
      // Two routes show the same key, but a key is for one intent.
      headers: { [name]: name === 'Idempotency-Key' ? `"${crypto.randomUUID()}"` : String(example) },
      body: bodies[0],
    })),
  ];
}

function send(method: string, path: string, { headers, body }: Call): Promise<Response> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return fetch(`${proxy.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(text !== undefined && { 'content-type': 'application/json' }),
      ...(text !== undefined && path.startsWith('/webhooks/') && standardHeaders(text)),
      ...headers,
    },
    ...(text !== undefined && { body: text }),
  });
}

async function newExportId(): Promise<string> {
  const answer = await send('POST', `/exports/${viewNameExample}`, { headers: {}, body: { index: { limit: 1 } } });
  return z.object({ export_id: z.string() }).parse(await answer.json()).export_id;
}

/** The address with the examples of all its parameters, for an export that is there. */
async function addressOf(path: string, operation: OperationObject): Promise<string> {
  const query = new URLSearchParams();
  let address = path;
  for (const parameter of parametersOf(operation)) {
    const isId = parameter.example === exportIdExample;
    const value = isId ? await newExportId() : String(parameter.example);
    if (parameter.in === 'path') address = address.replace(`{${parameter.name}}`, value);
    if (parameter.in === 'query') query.set(parameter.name, value);
  }
  return query.size > 0 ? `${address}?${query.toString()}` : address;
}

/** Holds an answer against what the document says of it: status, headers, type and body. */
async function expectDescribed(answer: Response, { responses }: OperationObject): Promise<void> {
  const described = responses[String(answer.status)];
  if (!described) throw new Error(`status ${answer.status} is not described: ${await answer.text()}`);
  const telling = ['location', 'retry-after', 'preference-applied', 'vary', 'etag', 'content-location'];
  const sent = telling.filter((name) => answer.headers.has(name));
  expect(Object.keys(described.headers)).toEqual(expect.arrayContaining(sent));
  const text = await answer.text();
  if (!described.content) return;
  const type = answer.headers.get('content-type') ?? '';
  expect(Object.keys(described.content)).toContain(type);
  expect(faultsBy(described.content[type]?.schema.$ref ?? '', JSON.parse(text))).toEqual([]);
}

describe('the OpenAPI document', () => {
  test('is valid to an outside validator, and served', async () => {
    const validator = new Validator();
    expect(await validator.validate(z.record(z.string(), z.unknown()).parse(plain))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    const answer = await fetch(`${proxy.url}/openapi.json`);
    expect([answer.status, await answer.json()]).toEqual([200, plain]);
  });

  test('describes every method of every route, and no other; only open routes need no signature', () => {
    const own = Object.values(routes).flatMap(({ methods, path, isOpen }) =>
      methods.map((method) => `${method} ${path}${isOpen ? ' open' : ''}`),
    );
    const described = operations.map(
      ({ method, path, operation }) => `${method} ${path}${operation.security ? ' open' : ''}`,
    );
    expect(described.toSorted()).toEqual(own.toSorted());
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('names every failure that a described route can have, at its status', () => {
    const told = new Set(
      operations.flatMap(({ operation }) =>
        Object.entries(operation.responses).flatMap(([status, { description }]) =>
          [...description.matchAll(/`([a-z-]+)`: /g)].map(([, code]) => `${code} ${status}`),
        ),
      ),
    );
    // The first two belong to no path that is described; it is the gateway that throttles.
    const nowhere = ['route-not-found', 'method-not-allowed', 'too-many-requests'];
    const expected = Object.entries(problemStatuses).filter(([code]) => !nowhere.includes(code));
    expect([...told].toSorted()).toEqual(expected.map(([code, status]) => `${code} ${status}`).toSorted());
  });

  test('has answer examples that its own schemas allow', () => {
    const media = operations.flatMap(({ operation }) => [
      ...Object.values(operation.requestBody?.content ?? {}),
      ...Object.values(operation.responses).flatMap(({ content = {} }) => Object.values(content)),
    ]);
    const examples = media.flatMap(({ schema, example, examples: several = {} }) =>
      [example, ...Object.values(several).map(({ value }) => value)]
        .filter((value) => value !== undefined)
        .map((value) => ({ ref: schema.$ref, value })),
    );
    expect(examples.length).toBeGreaterThan(5);
    for (const { ref, value } of examples) expect(faultsBy(ref, value)).toEqual([]);
  });

  test('has parameter examples that their own schemas allow', () => {
    for (const { schema, example } of Object.values(components.parameters)) {
      expect(ajv.validate(schema, example)).toBe(true);
    }
  });
});

describe('the examples, sent to the proxy,', () => {
  test.each(named)('%s are answered as described', async (_name, { method, path, operation }) => {
    const statuses: number[] = [];
    for (const call of callsOf(operation)) {
      const answer = await send(method, await addressOf(path, operation), call);
      statuses.push(answer.status);
      await expectDescribed(answer, operation);
    }
    expect(Math.max(...statuses)).toBeLessThan(400);
  });

  test.each(named.filter(([, { operation }]) => operation.parameters.length > 0))(
    '%s are answered as described when something is wrong',
    async (_name, { method, path, operation }) => {
      const headers = { prefer: 'wait=20' };
      const wrong = path
        .replace('{view_name}', viewNameExample)
        .replace('{export_id}', exportIdExample)
        .replace('{webhook_name}', webhookNameExample);
      const answer = await send(method, `${wrong}?limit=0`, {
        headers,
        body: method === 'POST' ? { index: { limit: 0 } } : undefined,
      });
      expect([400, 404]).toContain(answer.status);
      await expectDescribed(answer, operation);
    },
  );
});

test('the request schemas refuse what the proxy refuses', async () => {
  const bodies = [
    { filters: [] },
    { filter: {} },
    { sort: { key: 'A' } },
    { sort: { key: 'A', type: 'Up' } },
    { index: { limit: 0 } },
    { index: { offset: 1.5 } },
    { delivery: { link_lifetime_s: 3601 } },
    { delivery: { max_age_s: -1 } },
    { delivery: { keep: true } },
    { delivery: { file_name: '' } },
  ];
  for (const body of bodies) {
    const answer = await send('POST', `/exports/${viewNameExample}`, { headers: {}, body });
    expect([answer.status, faultsBy('#/components/schemas/NewExport', body)]).toEqual([400, expect.any(Array)]);
    expect(faultsBy('#/components/schemas/NewExport', body)).not.toEqual([]);
  }
});
