#!/usr/bin/env node
// The `stead` command. Plain JavaScript in words that an old Node knows, so that one can say what it lacks.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    'error: stead needs Node 24.12 or newer, and this is ' +
      process.version +
      '.\n   = Run `npm ci` in the clone of stead and start it as `npx stead`: that brings the right Node.\n',
  );
  process.exitCode = 2;
} else {
  import('node:module')
    .then(({ enableCompileCache, registerHooks }) => {
      // Keeps compiled code, types stripped, between runs: half of the start-up time.
      enableCompileCache();
      // zod's index loads its messages in sixty languages, none of which is used here: another tenth.
      registerHooks({
        resolve: (specifier, context, next) =>
          specifier === '../locales/index.js' && /\/zod\//.test(context.parentURL ?? '')
            ? { url: 'data:text/javascript,', format: 'module', shortCircuit: true }
            : next(specifier, context),
      });
      return import('./main.ts');
    })
    .then(({ main }) => main(process))
    .then((code) => {
      process.exitCode = code;
    });
}
