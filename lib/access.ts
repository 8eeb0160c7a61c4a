import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { HttpApi, IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as z from 'zod';
import { viewNameSchema } from '../functions/ledger/export-request.ts';
import { parseDeclaration } from './declaration.ts';

const viewsSchema = z.array(viewNameSchema).min(1, 'must name a view; leave it out for every view');

/** What a caller may be let in to: to create exports and to look at them, or to look alone. */
export type Access = 'export' | 'read';

/**
 * Lets `grantee` call exactly the paths of these views, or of every view. Paths are decoded before IAM sees them, so only what is allowed is
 * named; and `*` stands for slashes too, so a view is named up to its last one. Who may export every view may also do so by Knosc's
 * own path.
 */
export function grantAccess(
  api: HttpApi | IHttpApi,
  grantee: IGrantable,
  access: Access,
  views?: readonly string[],
): Grant {
  const names = views && parseDeclaration(viewsSchema, views, 'the list of views');
  const calls = names ? names.flatMap((name) => callsOf(access, name)) : callsOfAll(access);
  const resourceArns = calls.map((call) =>
    Stack.of(api).formatArn({
      service: 'execute-api',
      resource: api.apiId,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      resourceName: `$default/${call}`,
    }),
  );
  return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns });
}

function callsOf(access: Access, name: string): readonly string[] {
  const paths = [`exports/${name}`, `exports/${name}/*`];
  return access === 'export'
    ? [`POST/exports/${name}`, ...paths.map((path) => `GET/${path}`)]
    : paths.flatMap((path) => [`GET/${path}`, `HEAD/${path}`]);
}

function callsOfAll(access: Access): readonly string[] {
  return access === 'export'
    ? ['POST/exports/*', 'POST/api/export-data', 'GET/exports/*']
    : ['GET/exports/*', 'HEAD/exports/*'];
}
