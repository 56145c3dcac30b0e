// What every start of the command line does before anything else is loaded.
import { enableCompileCache, registerHooks } from 'node:module';

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
