import { defineConfig } from 'vitest/config';

/** `npm run e2e`: the synthesized stack, unmodified, deployed to an outside AWS emulator and called over HTTP. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
