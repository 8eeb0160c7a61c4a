import { defineConfig } from 'vitest/config';

const project = (name: string, include: string) => ({
  extends: true as const,
  test: { name, include: [include] },
});

/** One project for each folder that `test` mirrors; `npx vitest run --project contract` runs one. */
export default defineConfig({
  test: {
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      project('functions', 'test/functions/**/*.test.ts'),
      project('sandbox', 'test/sandbox/**/*.test.ts'),
      project('contract', 'test/contract/**/*.test.ts'),
      project('lib', 'test/lib/**/*.test.ts'),
      project('bin', 'test/bin/**/*.test.ts'),
    ],
  },
});
