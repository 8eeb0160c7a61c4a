import { defineConfig } from 'vitest/config';

/** `npm run test:long`: what takes minutes rather than seconds. */
export default defineConfig({
  test: { environment: 'node', include: ['test/long/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 120_000 },
});
