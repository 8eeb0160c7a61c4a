import { createApiFunction } from './api-function.ts';

/** Lambda's entry. */
export const handler = createApiFunction(process.env);
