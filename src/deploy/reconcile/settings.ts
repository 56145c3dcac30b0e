// What a reconciling run is told by its settings file: whom to trust, how patient to be, whom to tell.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SteadError } from '../../options/error.ts';

const httpUrl = z.url({ protocol: /^https?$/ });

/** Somewhere that takes a POST. Where the address itself is a secret, it is in a file. */
const endpoint = z
  .strictObject({
    url: httpUrl.optional(),
    urlFile: z.string().optional(),
    tokenFile: z.string().optional(),
  })
  .refine(
    ({ url, urlFile }) => (url === undefined) !== (urlFile === undefined),
    'takes one of url and urlFile',
  );

const notify = z.strictObject({
  onChange: z.boolean().default(false),
  webhook: endpoint.optional(),
  ntfy: endpoint.optional(),
  mail: z.strictObject({ to: z.array(z.string()).min(1), from: z.string().optional() }).optional(),
});

const settings = z.strictObject({
  /** A file as ssh-keygen(1) describes under ALLOWED SIGNERS: commits that none of them has signed are not taken. */
  allowedSigners: z.string().optional(),
  /** How often, and how many seconds apart, hosts that could not be reached or were locked are tried again. */
  retries: z.int().min(0).default(2),
  retrySeconds: z.int().min(1).default(300),
  notify: notify.default({ onChange: false }),
});

export type ReconcileSettings = z.output<typeof settings>;
export type Endpoint = z.output<typeof endpoint>;
export type NotifySettings = ReconcileSettings['notify'];

/**
 * The settings in a file of JSON; the defaults without one.
 * @throws SteadError `reconcile.settings` where it cannot be read
 */
export function readSettings(file: string | undefined): ReconcileSettings {
  if (file === undefined) return settings.parse({});
  try {
    return settings.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new SteadError({
      code: 'reconcile.settings',
      message: `the settings in ${file} cannot be read: ${
        cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message
      }`,
      hint: 'The module `reconcile` writes this file; `stead options reconcile` lists what goes into it.',
      cause,
    });
  }
}
