import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../../sandbox/gateway.ts';
import { createThrottle, GatewayRefusal } from '../../sandbox/gateway-limits.ts';

let gateway: Gateway;
let events: APIGatewayProxyEventV2[];
let answer: unknown;

beforeAll(async () => {
  events = [];
  answer = { statusCode: 200 };
  gateway = await startGateway({
    port: 0,
    routes: [
      { method: 'POST', path: '/exports/{view_name}', isOpen: false },
      { method: 'GET', path: '/exports/{view_name}/{export_id}', isOpen: false },
      { method: 'GET', path: '/health', isOpen: true },
    ],
    identity: { accountId: '000000000000', userId: 'AIDA1', userArn: 'arn:aws:iam::000000000000:user/local' },
    invoke: (event) => {
      events.push(event);
      if (answer instanceof Promise) return answer;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    now: () => Date.UTC(2026, 10, 23, 10, 15, 0, 250),
    integrationTimeoutMs: 300,
  });
});

afterAll(() => gateway.close());

async function eventOf(path: string, init: RequestInit = {}): Promise<APIGatewayProxyEventV2> {
  answer = { statusCode: 200 };
  await fetch(`${gateway.url}${path}`, init);
  const event = events.at(-1);
  if (!event) throw new Error('nothing was invoked');
  return event;
}

describe('the event', () => {
  test('is a payload 2.0 event with route key, path parameters, identity, request id and time', async () => {
    const event = await eventOf('/exports/item_master?a=1&a=2&b=x%20y', {
      method: 'POST',
      headers: { 'X-Trace': 'T' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /exports/{view_name}',
      rawPath: '/exports/item_master',
      rawQueryString: 'a=1&a=2&b=x%20y',
      headers: { 'x-trace': 'T' },
      queryStringParameters: { a: '1,2', b: 'x y' },
      pathParameters: { view_name: 'item_master' },
      isBase64Encoded: false,
      requestContext: {
        accountId: '000000000000',
        authorizer: { iam: { userId: 'AIDA1', userArn: 'arn:aws:iam::000000000000:user/local' } },
        http: { method: 'POST', path: '/exports/item_master', protocol: 'HTTP/1.1' },
        requestId: expect.stringMatching(/^\S{10,}$/),
        stage: '$default',
        time: '23/Nov/2026:10:15:00 +0000',
        timeEpoch: 1_795_428_900_250,
      },
    });
  });

  test('of an open route has no identity, and what matches no route is $default with one', async () => {
    expect(await eventOf('/health')).toMatchObject({ routeKey: 'GET /health' });
    expect(events.at(-1)?.requestContext).not.toHaveProperty('authorizer');
    expect(await eventOf('/elsewhere')).toMatchObject({ routeKey: '$default' });
    expect(events.at(-1)?.requestContext).toHaveProperty('authorizer');
  });

  test('has a decoded path', async () => {
    expect(await eventOf('/exports/item%5Fmaster/1%2F2')).toMatchObject({
      rawPath: '/exports/item_master/1/2',
      routeKey: '$default',
    });
  });

  test('has a text body as text, and any other in base64', async () => {
    const json = await eventOf('/health', {
      method: 'POST',
      body: '{"ü":1}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(json).toMatchObject({ body: '{"ü":1}', isBase64Encoded: false });
    const binary = await eventOf('/health', {
      method: 'POST',
      body: new Uint8Array([0, 255, 128]),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(binary).toMatchObject({ body: Buffer.from([0, 255, 128]).toString('base64'), isBase64Encoded: true });
    expect(await eventOf('/health')).not.toHaveProperty('body');
  });

  test('joins repeated headers by commas and gives cookies apart', async () => {
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(
      'GET /health HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nCookie: a=1; b=2\r\nCookie: c=3\r\nConnection: close\r\n\r\n',
    );
    await text(socket);
    expect(events.at(-1)).toMatchObject({ headers: { 'x-a': '1,2' }, cookies: ['a=1', 'b=2', 'c=3'] });
    expect(events.at(-1)?.headers).not.toHaveProperty('cookie');
  });
});

describe('the answer', () => {
  test('has status, headers, cookies and body of what the function answered', async () => {
    answer = {
      statusCode: 418,
      headers: { 'x-a': 'b' },
      cookies: ['a=1', 'b=2'],
      body: Buffer.from([1, 2]).toString('base64'),
      isBase64Encoded: true,
    };
    const got = await fetch(`${gateway.url}/health`);
    expect(got.status).toBe(418);
    expect(got.headers.get('x-a')).toBe('b');
    expect(got.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(new Uint8Array([1, 2]));
  });

  test.each([
    ['throws', new Error('inner words')],
    ['answers no status', { body: 'x' }],
    ['answers nothing', undefined],
  ])("is the gateway's own 500 when the function %s", async (_name, given) => {
    answer = given;
    const got = await fetch(`${gateway.url}/health`);
    expect(got.status).toBe(500);
    expect(await got.json()).toEqual({ message: 'Internal Server Error' });
  });
});

describe("the gateway's limits", () => {
  const post = (bytes: number, type: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/health`, {
      method: 'POST',
      body: new Uint8Array(bytes).fill(32),
      headers: { 'content-type': type, ...headers },
    });

  test.each([
    ['6,000,000 bytes of JSON pass', 6_000_000, 'application/json', 200],
    ['6,400,000 bytes of JSON do not fit into an event', 6_400_000, 'application/json', 413],
    ['4,500,000 bytes pass in base64', 4_500_000, 'application/octet-stream', 200],
    ['5,000,000 bytes do not fit in base64', 5_000_000, 'application/octet-stream', 413],
    ['over 10 MB are too large', 10_500_000, 'application/json', 413],
  ])('%s', async (_name, bytes, type, status) => {
    answer = { statusCode: 200 };
    const before = events.length;
    const got = await post(bytes, type);
    expect(got.status).toBe(status);
    expect(events.length - before).toBe(status === 200 ? 1 : 0);
    expect(await got.text()).toBe(status === 200 ? '' : '{"message":"Request Entity Too Large"}');
  });

  test('over 10,240 bytes of headers are refused', async () => {
    answer = { statusCode: 200 };
    expect((await post(1, 'application/json', { 'x-long': 'x'.repeat(9_500) })).status).toBe(200);
    const got = await post(1, 'application/json', { 'x-long': 'x'.repeat(10_241) });
    expect([got.status, await got.json()]).toEqual([431, { message: 'Request Header Fields Too Large' }]);
  });

  test('a function that takes too long is Service Unavailable', async () => {
    const held = Promise.withResolvers<unknown>();
    answer = held.promise;
    const got = await fetch(`${gateway.url}/health`);
    expect([got.status, await got.json()]).toEqual([503, { message: 'Service Unavailable' }]);
    held.resolve({ statusCode: 200 });
  });
});

describe('a throttle', () => {
  test.each([
    ['lets no more pass at once than its burst', 3, 0, 0],
    ['fills at its rate', 3, 250, 2],
    ['fills no further than its burst', 3, 60_000, 3],
  ])('%s', (_name, burst, laterMs, expected) => {
    let nowMs = 0;
    const takeToken = createThrottle({ ratePerSecond: 10, burst }, () => nowMs);
    const passed = () =>
      Array.from({ length: 10 }).filter(() => {
        try {
          takeToken();
          return true;
        } catch (error) {
          if (error instanceof GatewayRefusal && error.status === 429) return false;
          throw error;
        }
      }).length;
    expect(passed()).toBe(burst);
    nowMs += laterMs;
    expect(passed()).toBe(expected);
  });
});

test("a taken port is refused with the system's error", async () => {
  const port = Number(new URL(gateway.url).port);
  const second = startGateway({
    port,
    routes: [],
    identity: { accountId: '', userId: '', userArn: '' },
    invoke: () => Promise.resolve(),
    now: Date.now,
  });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
