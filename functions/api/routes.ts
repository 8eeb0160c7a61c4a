import type { Method } from '@middy/http-router';

interface Route {
  readonly method: Method;
  readonly path: string;
  /** Open routes need no AWS identity. */
  readonly isOpen: boolean;
}

/** Every route of the HTTP interface (DESIGN.md). The gateway, in the sandbox as in AWS, has exactly these and `$default`. */
export const routes = {
  createExport: { method: 'POST', path: '/exports/{view_name}', isOpen: false },
  createExportAsKnosc: { method: 'POST', path: '/api/export-data', isOpen: false },
  getExport: { method: 'GET', path: '/exports/{view_name}/{export_id}', isOpen: false },
  getWorkbook: { method: 'GET', path: '/exports/{view_name}/{export_id}/workbook', isOpen: false },
  getHealth: { method: 'GET', path: '/health', isOpen: true },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
