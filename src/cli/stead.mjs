#!/usr/bin/env -S node --max-semi-space-size=8 --min-semi-space-size=8
// The `stead` command. Plain JavaScript in words that an old Node knows, so that one can say what it lacks.
// The flags above have evaluation's short-lived values collected every 8 MB: seldom enough that few are still in use, and
// often enough to take a third less memory for large fleets. Node's own modules stay compiled under both; see startup.mjs.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    'error: stead needs Node 24.12 or newer, and this is ' +
      process.version +
      '.\n   = Run `npm ci` in the clone of stead and start it as `npx stead`: that brings the right Node.\n',
  );
  process.exitCode = 2;
} else {
  import('./node-modules.mjs')
    .then(() => import('./startup.mjs'))
    .then(() => import('./main.ts'))
    .then(({ main }) => main(process))
    .then((code) => {
      process.exitCode = code;
    });
}
