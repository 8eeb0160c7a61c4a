import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  CfnStage,
  type IHttpApi,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import type { WebhookThrottle } from './webhooks.ts';

const readMethods = [HttpMethod.GET, HttpMethod.HEAD];
const webhooksPath = '/webhooks/{webhook_name}';

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
  { methods: [HttpMethod.POST], path: webhooksPath, isOpen: true },
] as const;

interface HttpInterfaceProps {
  readonly handler: IFunction;
  readonly webhookThrottle: WebhookThrottle;
  readonly logRetention: RetentionDays;
  /** An API that is there already gets the routes alone. */
  readonly given?: HttpApi | IHttpApi | undefined;
}

/** The HTTP API: IAM on every route but the open ones, and on whatever is no route, so that strangers learn nothing. */
export class HttpInterface extends Construct {
  readonly api: HttpApi | IHttpApi;
  /** Of an API of our own. */
  readonly accessLog: LogGroup | undefined;
  /** Of an API of our own, too. */
  readonly stage: HttpStage | undefined;
  /** Those that anyone may call. */
  readonly openRoutes: readonly IConstruct[];

  constructor(scope: Construct, id: string, props: HttpInterfaceProps) {
    super(scope, id);
    const integration = new HttpLambdaIntegration('Api', props.handler, { scopePermissionToRoute: false });
    const { given } = props;
    if (given) {
      this.api = given;
      this.openRoutes = openOf(({ method, path, authorizer }) => {
        const routeKey = HttpRouteKey.with(path, method);
        return new HttpRoute(this, `${method}${path}`, { httpApi: given, routeKey, integration, authorizer });
      });
      return;
    }

    const own = new HttpApi(this, 'HttpApi', {
      createDefaultStage: false,
      defaultIntegration: integration,
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    // The integration's own permission is for `*/*/*`. What calls for $default has one segment fewer (SAM, issue 1860), and would be
    // answered 500 without this one.
    props.handler.addPermission('DefaultRoute', {
      scope: this,
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: own.apiId,
        resourceName: '*/$default',
      }),
    });
    const { logRetention: retention } = props;
    this.accessLog = new LogGroup(this, 'AccessLog', { retention, removalPolicy: RemovalPolicy.DESTROY });
    const stage = this.addStage(own, this.accessLog, props.webhookThrottle);
    this.stage = stage;
    this.api = own;
    this.openRoutes = openOf(({ method, path, authorizer }) => {
      const [route] = own.addRoutes({ path, methods: [method], integration, authorizer });
      // A stage that limits a route cannot be made before it.
      if (path === webhooksPath && route) stage.node.addDependency(route);
      return route;
    });
  }

  private addStage(httpApi: HttpApi, accessLog: LogGroup, webhookThrottle: WebhookThrottle): HttpStage {
    const stage = new HttpStage(this, 'Stage', {
      httpApi,
      stageName: '$default',
      autoDeploy: true,
      // Under what an account has by default in any region (2,500 a second, 1,250 at once), so that one caller's loop leaves room for
      // the account's other APIs.
      throttle: { rateLimit: 1000, burstLimit: 1000 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        // Who, what and how long; never a query or a header, since links and signatures travel there.
        format: AccessLogFormat.custom(
          withoutQuotes(
            ['$context.status', '$context.responseLatency'],
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
        ),
      },
    });
    const { defaultChild } = stage.node;
    if (!(defaultChild instanceof CfnStage)) throw new Error('a stage is made of one CloudFormation resource');
    defaultChild.routeSettings = {
      [`POST ${webhooksPath}`]: {
        ThrottlingRateLimit: webhookThrottle.rate_per_second,
        ThrottlingBurstLimit: webhookThrottle.burst,
      },
    };
    return stage;
  }
}

/** Numbers, so that filter patterns can compare them: `{ $.status >= 500 }` finds no text. Both are there for every call. */
function withoutQuotes(numbers: readonly string[], format: string): string {
  return numbers.reduce((text, number) => text.replace(`"${number}"`, () => number), format);
}

interface RouteToAdd {
  readonly method: HttpMethod;
  readonly path: string;
  readonly authorizer: IHttpRouteAuthorizer;
}

/** Adds every route by `add`; answers those that anyone may call. */
function openOf(add: (route: RouteToAdd) => IConstruct | undefined): readonly IConstruct[] {
  return httpRoutes.flatMap(({ methods, path, isOpen }) =>
    methods.flatMap((method) => {
      const authorizer = isOpen ? new HttpNoneAuthorizer() : new HttpIamAuthorizer();
      const route = add({ method, path, authorizer });
      return isOpen && route ? [route] : [];
    }),
  );
}
