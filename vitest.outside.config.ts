import { defineConfig } from 'vitest/config';

/** `npm run test:outside`: our workbooks in the hands of programs that are not ours (openpyxl, LibreOffice). */
export default defineConfig({
  test: { environment: 'node', include: ['test/outside/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 },
});
