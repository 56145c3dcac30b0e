// What a host is to run, as far as it takes to ask whether it runs it already; and all of it, where it does not.
import type { Bundle } from '../bundle/plan.ts';
import type { BuiltHost } from './build.ts';
import type { SignedHost } from './sign.ts';

/** A bundle by what hosts are asked about it. */
export interface Asked {
  readonly host: string;
  readonly hash: string;
  /** The commit that it was built from. */
  readonly commit: string | null;
  /** Where the host's store is to be, from the first generation on. */
  readonly storeDir?: string;
  /** Whether it asks for steps that only a person can take. */
  readonly isManual: boolean;
}

/** What a host is to run. */
export interface Wanted extends Asked {
  /** Where the host declares signers. */
  readonly signature?: string;
  /** Remembers that the host has it. */
  keep(): void;
  /** @throws as building does, where it was not built in this run; `switch.changed` where that gives another bundle */
  whole(): Promise<BuiltHost>;
}

export function askedOf({ manifest: { host, hash, provenance, settings, manual } }: Bundle): Asked {
  const { storeDir } = settings;
  return {
    host,
    hash,
    commit: provenance.commit,
    isManual: manual.length > 0,
    ...(storeDir === undefined ? {} : { storeDir }),
  };
}

/** Of a host that was built in this run. */
export function wantedOf(built: SignedHost): Wanted {
  const { bundle, history, signature } = built;
  return {
    ...askedOf(bundle),
    ...(signature === undefined ? {} : { signature }),
    keep: () => history.keep(bundle.manifest),
    whole: () => Promise.resolve(built),
  };
}

/** A bundle's name in a host's store. */
export function storedAs({ host, hash }: Pick<Asked, 'host' | 'hash'>): string {
  return `${hash}-${host}`;
}
