// The manifest of a bundle as a schema; FORMAT.md says the same in prose.
import { z } from 'zod';

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ id: 'sha256' });
const digest = z
  .string()
  .regex(/^[0-9a-df-np-sv-z]{32}$/)
  .meta({ id: 'digest' });
const mode = z
  .string()
  .regex(/^[0-7]{4}$/)
  .meta({ id: 'mode' });
const reader = z
  .string()
  .regex(/^(user\/)?[^\s/\p{Cc}]+$/u)
  .meta({ id: 'reader' });
const account = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}\$?$/)
  .meta({ id: 'account' });
const path = z
  .string()
  .regex(/^(\/[^/\p{Cc}]+)+$/u)
  .meta({ id: 'path' });
const directory = z
  .string()
  .regex(/^\/\P{Cc}*$/u)
  .meta({ id: 'directory' });
const line = z
  .string()
  .regex(/^\P{Cc}+$/u)
  .meta({ id: 'line' });
const name = z
  .string()
  .regex(/^[^\s/\p{Cc}]+$/u)
  .meta({ id: 'name' });

const owned = {
  mode: mode.describe('Permissions, four octal digits'),
  owner: account.describe('Name or number of the owner'),
  group: account.describe('Name or number of the group'),
};

const content = {
  ...owned,
  size: z.int().min(0).describe('Bytes'),
  sha256: sha256.describe('Of the content'),
  object: digest.describe('Id of the file object in the store'),
};

const place = { path: path.describe('Absolute path on the host') };

const file = z
  .discriminatedUnion('kind', [
    z.strictObject({
      ...place,
      kind: z.literal('link').describe('A link through `current`, replaced at the commit point'),
      ...content,
    }),
    z.strictObject({ ...place, kind: z.literal('copy').describe('A file of its own'), ...content }),
    z.strictObject({ ...place, kind: z.literal('directory').describe('A directory'), ...owned }),
    z.strictObject({
      ...place,
      kind: z.literal('symlink').describe('A symbolic link'),
      target: line.describe('What the link says, kept as it is'),
    }),
  ])
  .describe('One path of the host');

const unit = z
  .strictObject({
    name: name.describe('Name with its suffix: `dnsmasq.service`'),
    scope: z.enum(['system', 'user']).describe('Whose manager runs it: the host, or each user'),
    hash: sha256.describe('Over the unit file, its drop-ins and the files it reads'),
    definition: sha256
      .nullable()
      .describe('Over what only a new start takes in; null where there is nothing of it'),
    reload: sha256.nullable().describe('Over what a reload takes in; null where there is nothing of it'),
    start: z.boolean().describe('Whether a switch starts it when it is new'),
    onChange: z
      .enum(['stop-start', 'restart', 'reload', 'none'])
      .describe('What a change of `definition` asks for while it runs'),
    own: z.boolean().describe('Whether the unit file is in the bundle, rather than in a package'),
    masked: z.boolean().describe('Whether it is a link to /dev/null'),
    mayFail: z.boolean().describe('Whether a switch succeeds when it does not come up'),
    stopWhenRemoved: z.boolean().describe('Whether it is stopped when it is gone or masked'),
    wantedBy: z.array(name).describe('What wants or requires it through a link of the bundle, sorted'),
    reads: z
      .array(
        z.strictObject({
          path: path.describe('A path of `files`'),
          reload: z.boolean().describe('Whether a reload takes it in'),
        }),
      )
      .describe('Its own files and those that it reads, sorted by path: it is told when one is put right'),
  })
  .describe('One systemd unit');

const user = z
  .strictObject({
    name: account.describe('Login name'),
    uid: z.int().min(0).nullable().describe('Number, or null for one that the host chooses'),
    group: account.describe('Primary group'),
    groups: z.array(account).describe('Further groups, sorted'),
    home: directory.describe('Home directory'),
    shell: path.describe('Login shell'),
    system: z.boolean().describe('Whether it is a system account'),
    linger: z.boolean().describe('Whether its services run without a session'),
    enforced: z
      .array(z.enum(['group', 'home', 'shell']))
      .describe('What is set on a user that stead did not make, too; sorted'),
    passwordFile: path.nullable().describe('Where the hash of its password is on the host, if it is set'),
  })
  .describe('One user');

const group = z
  .strictObject({
    name: account.describe('Name'),
    gid: z.int().min(0).nullable().describe('Number, or null for one that the host chooses'),
    system: z.boolean().describe('Whether it is a system group'),
  })
  .describe('One group');

const debianPackage = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$/)
      .describe('Name'),
    version: z
      .string()
      .regex(/^[0-9][0-9A-Za-z.+:~-]*\*?$/)
      .nullable()
      .describe('A version, or the beginning of one before a `*`; null for any'),
    hold: z.boolean().describe('Whether upgrades leave it as it is'),
  })
  .describe('One Debian package');

const parameter = z
  .string()
  .regex(/^[^\s"'`$\\\p{Cc}]+$/u)
  .meta({ id: 'parameter' });

const kernel = z
  .strictObject({
    add: z.array(parameter).describe('Words of its command line that are there, in this order'),
    remove: z.array(parameter).describe('Words of its command line that are not there, sorted'),
    modules: z.array(name).describe('Modules to load, sorted'),
    sysctl: z
      .record(z.string().regex(/^[^/\s\p{Cc}]+(\/[^/\s\p{Cc}]+)+$/u), line)
      .describe('Values by path below /proc/sys'),
  })
  .describe('What the kernel is told');

const secret = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/)
      .describe('Name'),
    kind: z
      .enum(['secret', 'template'])
      .describe('Decrypted from a ciphertext, or put together from a text and secrets'),
    path: path.describe('Where it is put on the host, in memory'),
    ...owned,
    source: path.describe('The path of this bundle that is its ciphertext or its text'),
    neededFor: z
      .enum(['boot', 'users', 'services'])
      .describe('What must find it there: early units, accounts that are made, or all the rest'),
    restart: z
      .array(reader)
      .describe('Units that a change of its content restarts, sorted; `user/NAME` for those of users'),
    reload: z.array(reader).describe('Units that a change of its content reloads, likewise'),
  })
  .describe('One file with secret content');

const download = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/)
      .describe('Name'),
    path: path.describe('The folder of its files on the host; its digest is over their names and contents'),
    tokenFile: path.nullable().describe('A file on the host with a bearer token, or null'),
    files: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[A-Za-z0-9_][A-Za-z0-9._+=@,-]{0,199}$/)
            .describe('Name in the folder'),
          from: line.describe('A URL, or the absolute path of a file that the host has'),
          sha256: sha256.describe('Of the content'),
          size: z.int().min(0).describe('Bytes'),
        }),
      )
      .describe('Files, sorted by name'),
  })
  .describe('Files that the host fetches by itself');
const recipe = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9+._-]*$/)
      .describe('Name of what is built'),
    version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9+.~_-]*$/)
      .describe('Its version'),
    hash: digest.describe('Over all that it is built from'),
    path: path.describe('Where the host has it: /var/lib/stead/store/<hash>-<name>-<version>'),
  })
  .describe('One output of a recipe');

const check = z
  .strictObject({
    name: line.describe('For messages'),
    command: z.array(line).min(1).describe('Program and arguments'),
  })
  .describe('One command that must succeed before a switch');

const health = z
  .strictObject({
    name: line.describe('For messages'),
    command: z.array(line).min(1).describe('Program and arguments'),
    tries: z.int().min(1).describe('How often it is tried before it has failed'),
    everySeconds: z.int().min(1).describe('Seconds from one try to the next'),
  })
  .describe('One command that must succeed on the switched host');

const manual = z
  .strictObject({
    name: line.describe('For messages'),
    instruction: line.describe('What a person is to do'),
    command: z.array(line).min(1).describe('Program and arguments; it succeeds once that is done'),
  })
  .describe('One step that only a person can take');

const fileName = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/)
  .meta({ id: 'fileName' });
const hashes = z.record(fileName, sha256);

/** The manifest, version 1. */
export const manifestSchema = z.strictObject({
  schema: z.literal(1).describe('Version of this format'),
  host: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    .describe('Name of the host that the bundle is for'),
  hash: digest.describe('The bundle hash: of identity.json, this manifest without `hash` and `provenance`'),
  files: z.array(file).describe('Paths, sorted by bytes'),
  units: z.array(unit).describe('Units, sorted by name, then by scope'),
  packages: z.array(debianPackage).describe('Debian packages, sorted by name'),
  users: z.array(user).describe('Users, sorted by name'),
  groups: z.array(group).describe('Groups, sorted by name'),
  kernel,
  secrets: z.array(secret).describe('Files with secret content, sorted by name; ciphertexts only'),
  downloads: z.array(download).describe('What the host fetches by itself, sorted by name'),
  recipes: z.array(recipe).describe('Outputs of recipes that are on the host, sorted by path'),
  checks: z.array(check).describe('Preflight commands, sorted by name'),
  health: z.array(health).describe('Health checks, sorted by name'),
  manual: z.array(manual).describe('Steps for people, sorted by name'),
  settings: z.record(fileName, line).describe('What the host scripts go by, by name'),
  tables: hashes.describe('sha256 of every table beside the manifest'),
  runtime: hashes.describe('sha256 of every file under runtime/'),
  provenance: z
    .strictObject({
      commit: z
        .string()
        .regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/)
        .nullable()
        .describe('Git commit, or null outside of a repository'),
      dirty: z.boolean().describe('Whether there were changes that were not committed'),
      stead: line.describe('Version of stead that built the bundle'),
    })
    .describe('Where the bundle comes from; not part of the hash'),
});
