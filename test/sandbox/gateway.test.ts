import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../../sandbox/gateway.ts';

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
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    now: () => Date.UTC(2026, 10, 23, 10, 15, 0, 250),
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
