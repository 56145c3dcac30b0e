// The option set `packages`: Debian packages that must be on a host.
import { z } from 'zod';
import { options, uniqueList } from '../../options/index.ts';
import { packageName } from '../../options/values/index.ts';

export const packages = options(
  'packages',
  z.object({
    install: uniqueList(packageName()).describe(
      'Names in the package set: Debian packages, unless an overlay says otherwise.',
    ),
  }),
);
