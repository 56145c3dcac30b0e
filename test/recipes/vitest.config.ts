import { defineConfig } from 'vitest/config';

// `npm run test:recipes`: what takes ten to twenty minutes each, and an hour on a busy machine; not part of `npm test`.
export default defineConfig({
  test: {
    include: ['test/recipes/*.build.ts'],
    experimental: { viteModuleRunner: false },
    globalSetup: ['test/setup/programs.ts'],
    maxWorkers: 1,
    testTimeout: 14_400_000,
    hookTimeout: 600_000,
  },
});
