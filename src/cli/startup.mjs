// What every start of the command line does before anything else is loaded.
import { enableCompileCache, registerHooks } from 'node:module';
import 'node:util';
import { setFlagsFromString } from 'node:v8';

// V8 13 makes machine code of what has run some hundred times, in the background, which a process that ends a moment
// later pays for and seldom gains by: a fifth of the CPU time of evaluating 64 hosts. Another V8 may not know the flags.
// Node's own modules come compiled for the flags it starts with: what is used of them is loaded before (node-modules.mjs).
if (process.versions.v8.startsWith('13.')) {
  setFlagsFromString('--invocation-count-for-maglev=4000');
  setFlagsFromString('--invocation-count-for-turbofan=100000');
}

// Keeps compiled code, types stripped, between runs: half of the start-up time.
enableCompileCache();

const own = new URL('../', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? '';
    if (specifier.startsWith('.')) {
      // Files that name each other in full: Node would look each up on the disk, and its package with it.
      if (parent.startsWith(own) && specifier.endsWith('.ts')) {
        return { url: new URL(specifier, parent).href, format: 'module-typescript', shortCircuit: true };
      }
      if (parent.includes('/node_modules/zod/') && specifier.endsWith('.js')) {
        // Its index loads messages in sixty languages, none of which is used here.
        const unused = specifier === '../locales/index.js';
        const url = unused ? 'data:text/javascript,' : new URL(specifier, parent).href;
        return { url, format: 'module', shortCircuit: true };
      }
    }
    return next(specifier, context);
  },
});
