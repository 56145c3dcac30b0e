// What a bundle is made from: the outcome of a host's evaluation, as plain data.
import type { LabelledPlace } from '../options/error.ts';
import type { ManifestUnit } from './manifest.ts';
import type { UnitScope } from './unit-files.ts';

/** Bytes of a file: held here, or standing in a file on this machine (absolute path), which is streamed. */
export type Content = string | Uint8Array | { readonly file: string };

interface AtPath {
  /** Absolute path on the host. */
  readonly path: string;
  /** Where it was defined, for errors. */
  readonly origin?: readonly LabelledPlace[];
  /** The option that defines it, for errors: `files.etc.motd`. */
  readonly option?: string;
}

interface Owned {
  /** Four octal digits: `0644`. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/** One path of the host. A `link` changes with the commit point; a `copy` is a file of its own. */
export type FileSource = AtPath &
  (
    | (Owned & { readonly kind: 'link' | 'copy'; readonly content: Content })
    | (Owned & { readonly kind: 'directory' })
    | { readonly kind: 'symlink'; readonly target: string }
  );

/** One systemd unit. Which files make it what it is follows from their paths. */
export interface UnitSource {
  readonly name: string;
  readonly scope: UnitScope;
  /** Whether a switch starts it when it is new. */
  readonly start: boolean;
  /** What a change asks for while it runs. */
  readonly onChange: ManifestUnit['onChange'];
  readonly masked: boolean;
  readonly mayFail: boolean;
  readonly stopWhenRemoved: boolean;
  /** Units that want or require it through a link of this bundle; none: it is started whatever is active. */
  readonly wantedBy: readonly string[];
  /** Files of this bundle that it reads; `reload` says that a change of one reloads it. */
  readonly reads: readonly {
    readonly path: string;
    readonly reload: boolean;
    /** Where it was defined, for errors. */
    readonly origin?: () => readonly LabelledPlace[];
  }[];
}

export interface UserSource {
  readonly name: string;
  readonly uid: number | null;
  readonly group: string;
  readonly groups: readonly string[];
  readonly home: string;
  readonly shell: string;
  readonly system: boolean;
  /** Whether the user's services run without a session. */
  readonly linger: boolean;
  /** What the configuration itself says, and thus holds for a user that stead did not make, too. */
  readonly enforced: readonly ('group' | 'home' | 'shell')[];
  /** Where the host finds the hash of its password. */
  readonly passwordFile: string | null;
}

/** A Debian package that must be installed. */
export interface PackageSource {
  readonly name: string;
  /** A version, or the beginning of one before a `*`; null for any. */
  readonly version: string | null;
  /** Whether upgrades leave it as it is. */
  readonly hold: boolean;
}

/** The output of a recipe. */
export interface RecipeSource {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  /** Where it is on the host. */
  readonly path: string;
}

/** What the kernel is told, at its start and while it runs. */
export interface KernelSource {
  /** Words of its command line, in this order; those that are there already stay where they are. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly modules: readonly string[];
  /** Values by path below /proc/sys: `net/ipv4/ip_forward`. */
  readonly sysctl: Readonly<Record<string, string>>;
}

export interface GroupSource {
  readonly name: string;
  readonly gid: number | null;
  readonly system: boolean;
}

/** A file with secret content, made on the host from what the bundle carries: a ciphertext, or a template around others. */
export interface SecretSource {
  readonly name: string;
  readonly kind: 'secret' | 'template';
  /** The path of this bundle that carries it. */
  readonly source: string;
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
  /** A path of this bundle that is a link to it. */
  readonly link: string | null;
  /** `boot`: units that read it may start before others do. `users`: it is there before accounts are made. */
  readonly neededFor: 'boot' | 'users' | 'services';
  /** Units that a change of the content restarts, or reloads; `user/NAME` for those of users. */
  readonly restart: readonly string[];
  readonly reload: readonly string[];
}

/** A command that must succeed before the host is switched. */
export interface CheckSource {
  readonly name: string;
  readonly command: readonly string[];
}

/** A command that must succeed on the switched host, within so many tries. */
export interface HealthSource extends CheckSource {
  readonly tries: number;
  readonly everySeconds: number;
}

/** A step that only a person can take; the command succeeds once it is done. */
export interface ManualSource extends CheckSource {
  readonly instruction: string;
}

/** Files that a host fetches by itself, into one folder. */
export interface DownloadSource {
  readonly name: string;
  /** A file on the host with a bearer token. */
  readonly tokenFile: string | null;
  readonly files: readonly {
    readonly name: string;
    /** A URL, or the absolute path of a file that the host has. */
    readonly from: string;
    readonly sha256: string;
    readonly size: number;
  }[];
}

export interface BundleSource {
  readonly host: string;
  readonly files: readonly FileSource[];
  readonly units: readonly UnitSource[];
  readonly packages: readonly PackageSource[];
  readonly users: readonly UserSource[];
  readonly groups: readonly GroupSource[];
  readonly kernel: KernelSource;
  readonly secrets: readonly SecretSource[];
  readonly downloads: readonly DownloadSource[];
  readonly recipes: readonly RecipeSource[];
  readonly checks: readonly CheckSource[];
  readonly health: readonly HealthSource[];
  readonly manual: readonly ManualSource[];
  /** What the host's scripts go by, by name: `confirmSeconds`. */
  readonly settings: Readonly<Record<string, string>>;
}
