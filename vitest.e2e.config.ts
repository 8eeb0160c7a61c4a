import { defineConfig } from 'vitest/config';

/** `npm run e2e`: the synthesized stack, unmodified, deployed to an outside AWS emulator and called over HTTPS. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/e2e/**/*.test.ts'],
    // Each file has an emulator of its own, and waits for it most of the time.
    maxWorkers: 2,
    globalSetup: ['test/e2e/python.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
