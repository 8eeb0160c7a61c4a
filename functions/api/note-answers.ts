import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ExportFailure } from '../ledger/failure.ts';
import type { Observer } from '../ledger/observer.ts';
import { allowedMethods } from './routes.ts';

type Middleware = MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;

interface NoteAnswersDependencies {
  readonly tell: Observer['tell'];
  readonly now: () => number;
  /** Those that are declared: which of them was refused is told, and no other name. */
  readonly webhookNames: ReadonlySet<string>;
}

/** A line for each answer: which route, how it ended and how long it took. Paths and headers are the caller's words and stay out. */
export function noteAnswers({ tell, now, webhookNames }: NoteAnswersDependencies): Middleware {
  const began = new WeakMap<object, number>();

  const note: NonNullable<Middleware['after']> = ({ event, response, error }) => {
    const { requestId, http } = event.requestContext;
    const webhookName = event.pathParameters?.['webhook_name'] ?? '';
    tell('answered', {
      request_id: requestId,
      ...(webhookNames.has(webhookName) && { trigger: 'webhook', trigger_name: webhookName }),
      // A path that is no route is whatever somebody typed.
      route: allowedMethods(http.path) === undefined ? 'none' : event.routeKey,
      status: response?.statusCode,
      code: codeOf(error),
      duration_ms: now() - (began.get(event) ?? now()),
    });
  };
  return {
    before: ({ event }) => void began.set(event, now()),
    after: note,
    onError: note,
  };
}

function codeOf(error: Error | null | undefined): string | undefined {
  if (error instanceof ExportFailure) return error.code;
  return error ? 'internal' : undefined;
}
