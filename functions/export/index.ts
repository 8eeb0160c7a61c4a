import { createExportFunction } from './export-function.ts';

/** Lambda's entry. */
export const handler = createExportFunction(process.env);
