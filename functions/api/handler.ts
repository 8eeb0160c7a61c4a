import middy from '@middy/core';
import httpRouterHandler from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ExportFailure } from '../ledger/failure.ts';
import { lazy } from '../ledger/lazy.ts';
import type { Observer } from '../ledger/observer.ts';
import { type Answer, failureAnswer, jsonAnswer } from './answer.ts';
import type { CreateExport } from './create-export.ts';
import type { DeleteExport } from './delete-export.ts';
import type { GetExport } from './get-export.ts';
import { type HttpRequest, parseEvent } from './http-request.ts';
import type { ListExports } from './list-exports.ts';
import { noteAnswers } from './note-answers.ts';
import { openApiDocument } from './openapi.ts';
import { problemStatuses } from './problem.ts';
import { allowedMethods, type RouteName, routes } from './routes.ts';
import { viewsDocument } from './views.ts';
import type { ReceiveWebhook } from './webhooks/receive-webhook.ts';

interface ApiHandlerDependencies {
  readonly createExport: CreateExport;
  readonly listExports: ListExports;
  readonly getExport: GetExport;
  readonly deleteExport: DeleteExport;
  readonly receiveWebhook: ReceiveWebhook;
  readonly webhookNames: ReadonlySet<string>;
  readonly observer: Observer;
  readonly now: () => number;
}

/** The api function: HTTP API events (payload format 2.0) in, answers out; every failure is a problem document (RFC 9457). */
export type ApiHandler = ReturnType<typeof createApiHandler>;

export function createApiHandler(dependencies: ApiHandlerDependencies) {
  const { createExport, listExports, getExport, deleteExport, receiveWebhook, webhookNames, observer, now } =
    dependencies;
  // Few callers ever ask for it, and a cold start should not pay for it.
  const openApi = lazy(openApiDocument);
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(noteAnswers({ tell: observer.tell, now, webhookNames }))
    .onError((request) => {
      const { requestId } = request.event.requestContext;
      if (!(request.error instanceof ExportFailure)) observer.reportDefect(requestId, request.error);
      else if (isRefusedWebhook(request.event.requestContext.http.path, request.error)) {
        observer.measure('WebhookRefusals', 1, {});
      }
      request.response = failureAnswer(
        request.error,
        requestId,
        allowedMethods(request.event.requestContext.http.path),
      );
    })
    .handler(
      httpRouterHandler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
        routes: [
          ...answered('createExport', createExport),
          ...answered('createExportAsKnosc', createExport),
          ...answered('listExports', listExports),
          ...answered('getExport', getExport.export),
          ...answered('deleteExport', deleteExport),
          ...answered('getWorkbook', getExport.workbook),
          ...answered('receiveWebhook', receiveWebhook),
          ...answered('getViews', () => Promise.resolve(jsonAnswer(200, viewsDocument))),
          ...answered('getOpenApi', () => Promise.resolve(jsonAnswer(200, openApi()))),
          ...answered('getHealth', () => Promise.resolve(jsonAnswer(200, { status: 'ok' }))),
        ],
        notFoundResponse: ({ method, path }) => {
          const allowed = allowedMethods(path);
          if (allowed === undefined) throw new ExportFailure('route-not-found', `There is nothing at ${path}.`);
          throw new ExportFailure('method-not-allowed', `${path} does not take ${method}; it takes ${allowed}.`);
        },
      }),
    );
}

/** Refused for what the sender sent; what the proxy itself lacks is not its sender's fault. */
function isRefusedWebhook(path: string, { code }: ExportFailure): boolean {
  return path.startsWith('/webhooks/') && problemStatuses[code] < 500;
}

/** A route for each of its methods. HEAD is GET without the body, its headers the same (RFC 9110, 9.3.2). */
function answered(name: RouteName, answer: (request: HttpRequest) => Promise<Answer>) {
  const { methods, path } = routes[name];
  return methods.map((method) => ({
    method,
    path,
    handler: async (event: APIGatewayProxyEventV2) => {
      const full = await answer(parseEvent(event));
      return method === 'HEAD' ? { ...full, body: '' } : full;
    },
  }));
}
