// The process that evaluation.ts measures: evaluates a synthetic fleet of as many hosts as its argument says; with a
// second one, `define`, it makes the hosts and leaves it at that. JavaScript, as the command line's own entry is: Node
// loads its TypeScript support for an entry before the compile cache is there.
await import('../../src/cli/node-modules.mjs');
await import('../../src/cli/startup.mjs');
const { evaluateSynthetic, makeHosts } = await import('./synthetic.ts');
const [, , count, what] = process.argv;
(what === 'define' ? makeHosts : evaluateSynthetic)(Number(count));
