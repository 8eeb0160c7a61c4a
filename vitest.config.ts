import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const project = (name: string, options: { isolate?: boolean } = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

// Nothing of ours keeps state at module level, so files may share what they import: it halves what a run costs.
const shared = { isolate: false };

/** One project for each folder that `test` mirrors; `npx vitest run --project contract` runs one. */
export default defineConfig({
  test: {
    environment: 'node',
    testTimeout: 60_000,
    // A synthesis with its bundles takes seconds, and many where the machine has other work.
    hookTimeout: 180_000,
    // One more than there are cores, since many files wait; Vitest's own choice is one less.
    maxWorkers: availableParallelism() + 1,
    projects: [
      project('functions', shared),
      project('sandbox', shared),
      project('contract', shared),
      project('lib', shared),
      project('bench', shared),
      project('bin'),
    ],
  },
});
