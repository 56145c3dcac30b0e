import { defineConfig } from 'vitest/config';

// Tests run as plain Node TypeScript: places in error messages are then those a user sees.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    experimental: { viteModuleRunner: false },
    globalSetup: ['test/setup/programs.ts'],
    reporters: ['default', './test/setup/reporter.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
