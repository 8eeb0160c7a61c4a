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
  getExport: { methods: ['GET', 'HEAD'], path: '/exports/{view_name}/{export_id}', isOpen: false },
  getWorkbook: { methods: ['GET', 'HEAD'], path: '/exports/{view_name}/{export_id}/workbook', isOpen: false },
  getViews: { methods: ['GET', 'HEAD'], path: '/views', isOpen: false },
  getHealth: { methods: ['GET', 'HEAD'], path: '/health', isOpen: true },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** The methods that a path takes, in the form of `Allow` (RFC 9110, 10.2.1); `undefined` for a path that is no route. */
export function allowedMethods(path: string): string | undefined {
  const route = Object.values(routes).find((candidate) => patternOf(candidate.path).test(path));
  return route?.methods.join(', ');
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`);
}
