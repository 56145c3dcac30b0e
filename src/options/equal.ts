// Whether two values are the same data. `import` of node:util would load all that its lazy exports stand for, streams
// and workers among them, which is a tenth of the start-up time; `require` takes what is used.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const { isDeepStrictEqual } = require('node:util') as typeof import('node:util');
