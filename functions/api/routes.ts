import type { Method } from '@middy/http-router';

interface Route {
  readonly methods: readonly [Method, ...Method[]];
  readonly path: string;
  /** Open routes need no AWS identity. */
  readonly isOpen: boolean;
}

/** Every route of the HTTP interface (DESIGN.md). The gateway, in the sandbox as in AWS, has exactly these and `$default`. */
export const routes = {
  createExport: { methods: ['POST'], path: '/exports/{view_name}', isOpen: false },
  createExportAsKnosc: { methods: ['POST'], path: '/api/export-data', isOpen: false },
  listExports: { methods: ['GET', 'HEAD'], path: '/exports/{view_name}', isOpen: false },
  getExport: { methods: ['GET', 'HEAD'], path: '/exports/{view_name}/{export_id}', isOpen: false },
  deleteExport: { methods: ['DELETE'], path: '/exports/{view_name}/{export_id}', isOpen: false },
  getWorkbook: { methods: ['GET', 'HEAD'], path: '/exports/{view_name}/{export_id}/workbook', isOpen: false },
  getViews: { methods: ['GET', 'HEAD'], path: '/views', isOpen: false },
  getOpenApi: { methods: ['GET', 'HEAD'], path: '/openapi.json', isOpen: false },
  getHealth: { methods: ['GET', 'HEAD'], path: '/health', isOpen: true },
  receiveWebhook: { methods: ['POST'], path: '/webhooks/{webhook_name}', isOpen: true },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

export function isRouteName(text: string): text is RouteName {
  return Object.hasOwn(routes, text);
}

/** The methods that a path takes, in the form of `Allow` (RFC 9110, 10.2.1); `undefined` for a path that is no route. */
export function allowedMethods(path: string): string | undefined {
  const methods = Object.values(routes).flatMap((route) => (patternOf(route.path).test(path) ? route.methods : []));
  return methods.length > 0 ? methods.join(', ') : undefined;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`);
}
