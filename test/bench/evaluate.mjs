// The process that evaluation.ts measures: evaluates a synthetic fleet of as many hosts as its argument says. JavaScript,
// as the command line's own entry is: Node loads its TypeScript support for an entry before the compile cache is there.
await import('../../src/cli/node-modules.mjs');
await import('../../src/cli/startup.mjs');
const { evaluateSynthetic } = await import('./synthetic.ts');
evaluateSynthetic(Number(process.argv[2]));
