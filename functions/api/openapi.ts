import { type FailureCode, failureTitles } from '../ledger/failure.ts';
import { exportIdExample, problemExample, viewNameExample, webhookNameExample } from './openapi-examples.ts';
import { type HeaderName, type Operation, operations } from './openapi-operations.ts';
import { componentSchemas, type JsonSchema, parameterSchemas } from './openapi-schemas.ts';
import { encodeCursor } from './parameters.ts';
import { problemStatuses } from './problem.ts';
import { isRouteName, type RouteName, routes } from './routes.ts';

/** The HTTP interface as an OpenAPI 3.1 document. Nothing of it is made before it is asked for. */
export function openApiDocument() {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Knosc Export Proxy',
      version: '1.0.0',
      summary: 'Any Knosc table view as a checked Excel workbook.',
      description: [
        'Every failure is a problem document (RFC 9457); branch on its `code`.',
        'Not described are the answers of the gateway itself, `{"message": …}`: 403 for a missing or wrong AWS signature, 413, 429, 431, 500, 503.',
        'An answer may grow by what is not described here.',
      ].join(' '),
    },
    servers: [{ url: '/' }],
    security: [{ awsSigV4: [] }],
    paths: pathItems(),
    components: {
      securitySchemes: {
        awsSigV4: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          description: 'AWS Signature Version 4 for the service execute-api; IAM says who may call which path.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
      schemas: componentSchemas(),
      parameters: parameters(),
      headers: Object.fromEntries(
        Object.entries(headerDescriptions).map(([name, description]) => [
          name,
          { description, schema: { type: 'string' } },
        ]),
      ),
    },
  };
}

function pathItems() {
  const items: Record<string, Record<string, object>> = {};
  for (const name of Object.keys(routes).filter(isRouteName)) {
    const { methods, path, isOpen } = routes[name];
    const item = (items[path] ??= {});
    for (const method of methods) item[method.toLowerCase()] = operationObject(name, method, isOpen);
  }
  return items;
}

/** HEAD is GET without the body, so it is described without one. */
function operationObject(name: RouteName, method: string, isOpen: boolean) {
  const operation: Operation = operations[name];
  const isHead = method === 'HEAD';
  const { summary, description, body, successes, failures, parameters: names = [] } = operation;
  return {
    operationId: isHead ? `${name}Head` : name,
    summary: isHead ? `${summary}: the headers only` : summary,
    ...(description !== undefined && { description }),
    ...(isOpen && { security: [] }),
    ...(names.length > 0 && {
      parameters: names.map((parameter) => ({ $ref: `#/components/parameters/${parameter}` })),
    }),
    ...(body && {
      requestBody: {
        required: body.isRequired,
        content: { 'application/json': { schema: schemaRef(body.schema), examples: body.examples } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(successes).map(([status, { description: words, headers, schema, example }]) => [
          status,
          responseObject(words, headers, 'application/json', isHead ? undefined : mediaType(schema, example)),
        ]),
      ),
      ...failureResponses(failures, isHead),
    },
  };
}

function failureResponses(codes: readonly FailureCode[], isHead: boolean) {
  const byStatus = Object.groupBy(codes, (code) => problemStatuses[code]);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, ofStatus]) => {
      const words = ofStatus.map((code) => `\`${code}\`: ${failureTitles[code]}.`).join(' ');
      const example = ofStatus.some((code) => code === problemExample.code) ? problemExample : undefined;
      const content = isHead ? undefined : mediaType('ProblemAnswer', example);
      return [status, responseObject(words, ['retry-after'], 'application/problem+json', content)];
    }),
  );
}

function responseObject(
  description: string,
  headers: readonly HeaderName[] = [],
  type: string,
  content: object | undefined,
) {
  return {
    description,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    }),
    ...(content && { content: { [type]: content } }),
  };
}

function mediaType(schema: string | undefined, example: unknown): object | undefined {
  return schema === undefined ? undefined : { schema: schemaRef(schema), ...(example !== undefined && { example }) };
}

function schemaRef(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

const headerDescriptions = {
  location: 'Where the export or its workbook lies.',
  'retry-after': 'In how many seconds it is worth asking again.',
  'preference-applied': 'The preferences that were followed (RFC 7240).',
  vary: 'The request headers that the answer depends on.',
  etag: 'Weak: it changes with every change of the export, not with the link.',
  'content-location': 'Where this very export lies, also when `latest` was asked for.',
} as const satisfies Record<HeaderName, string>;

function parameters() {
  const { view_name, export_id, export_id_or_latest, webhook_name, wait, limit } = parameterSchemas();
  const text: JsonSchema = { type: 'string' };
  return {
    view_name: inPath('view_name', view_name, "The name of a view; Knosc's list of them is open.", viewNameExample),
    export_id: inPath('export_id', export_id, 'As the create answered it.', exportIdExample),
    export_id_or_latest: inPath(
      'export_id',
      export_id_or_latest,
      'As the create answered it, or `latest`.',
      exportIdExample,
    ),
    webhook_name: inPath('webhook_name', webhook_name, 'As the settings call it.', webhookNameExample),
    wait: {
      in: 'query',
      name: 'wait',
      description: 'For how many seconds to hold the call while the export runs.',
      schema: wait,
      example: 20,
    },
    limit: { in: 'query', name: 'limit', description: 'How many exports at most.', schema: limit, example: 20 },
    cursor: {
      in: 'query',
      name: 'cursor',
      description: 'The `next_cursor` of the page before.',
      schema: text,
      example: encodeCursor(exportIdExample),
    },
    'idempotency-key': {
      in: 'header',
      name: 'Idempotency-Key',
      description:
        "A key of the caller's own for one intent: 1 to 255 characters, with or without quotes (IETF draft).",
      schema: text,
      example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    },
    prefer: {
      in: 'header',
      name: 'Prefer',
      description:
        '`respond-async` answers 202 at once, `wait=N` bounds the wait in seconds; together they wait, then answer 202 (RFC 7240).',
      schema: text,
      example: 'respond-async, wait=10',
    },
    'if-none-match': {
      in: 'header',
      name: 'If-None-Match',
      description: 'Entity tags of answers that the caller has.',
      schema: text,
      example: `W/"${exportIdExample}-3-ready"`,
    },
  };
}

function inPath(name: string, schema: JsonSchema, description: string, example: string) {
  return { in: 'path', name, required: true, description, schema, example };
}
