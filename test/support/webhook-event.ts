import type { APIGatewayProxyEventV2 } from 'aws-lambda';

interface Delivery {
  readonly name: string;
  readonly body: Buffer;
  readonly isBase64Encoded?: boolean;
  readonly headers?: Record<string, string>;
  readonly atMs?: number;
}

/** A delivery as API Gateway hands it to the api function, which it has without a gateway where a test needs its clock or its environment. */
export function webhookEvent(delivery: Delivery): APIGatewayProxyEventV2 {
  const { name, body, isBase64Encoded = false, headers = {}, atMs = 0 } = delivery;
  const [routeKey, path] = ['POST /webhooks/{webhook_name}', `/webhooks/${name}`];
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers,
    pathParameters: { webhook_name: name },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'a',
      domainName: 'd',
      domainPrefix: 'd',
      http: { method: 'POST', path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' },
      requestId: 'r',
      routeKey,
      stage: '$default',
      time: '',
      timeEpoch: atMs,
    },
    body: body.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
}
