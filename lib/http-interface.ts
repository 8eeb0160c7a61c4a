import { RemovalPolicy } from 'aws-cdk-lib';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

const readMethods = [HttpMethod.GET, HttpMethod.HEAD];

/** Every route of the api function; a test holds them against the function's own table. */
export const httpRoutes = [
  { methods: [HttpMethod.POST], path: '/exports/{view_name}', isOpen: false },
  { methods: [HttpMethod.POST], path: '/api/export-data', isOpen: false },
  { methods: readMethods, path: '/exports/{view_name}', isOpen: false },
  { methods: readMethods, path: '/exports/{view_name}/{export_id}', isOpen: false },
  { methods: [HttpMethod.DELETE], path: '/exports/{view_name}/{export_id}', isOpen: false },
  { methods: readMethods, path: '/exports/{view_name}/{export_id}/workbook', isOpen: false },
  { methods: readMethods, path: '/views', isOpen: false },
  { methods: readMethods, path: '/openapi.json', isOpen: false },
  { methods: readMethods, path: '/health', isOpen: true },
  { methods: [HttpMethod.POST], path: '/webhooks/{webhook_name}', isOpen: true },
] as const;

/** The HTTP API: IAM on every route but the open ones, and on whatever is no route, so that strangers learn nothing. */
export class HttpInterface extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, handler: IFunction) {
    super(scope, id);
    const iam = new HttpIamAuthorizer();
    const integration = new HttpLambdaIntegration('Api', handler, { scopePermissionToRoute: false });
    this.api = new HttpApi(this, 'HttpApi', {
      createDefaultStage: false,
      defaultIntegration: integration,
      defaultAuthorizer: iam,
    });
    for (const { methods, path, isOpen } of httpRoutes) {
      this.api.addRoutes({
        path,
        methods: [...methods],
        integration,
        authorizer: isOpen ? new HttpNoneAuthorizer() : iam,
      });
    }
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY }),
        ),
        // Who, what and how long; never a query or a header, since links and signatures travel there.
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            time: '$context.requestTime',
            routeKey: '$context.routeKey',
            status: '$context.status',
            latencyMs: '$context.responseLatency',
            caller: '$context.identity.caller',
            error: '$context.error.message',
          }),
        ),
      },
    });
  }
}
