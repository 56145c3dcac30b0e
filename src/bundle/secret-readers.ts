// Which units read which secrets: found by the paths that stand in their text, and in the files that they read.
import { readFileSync } from 'node:fs';
import { DEFINITION, didYouMean, nearest, SteadError, type LabelledPlace } from '../options/index.ts';
import { contentsIn, pathsIn, SECRETS_FOLDER } from './secret-path.ts';
import { customaryChange } from './sets/systemd-known.ts';
import type { FileSource, SecretSource, UnitSource } from './source.ts';
import { unitFilesIn, unitFolders } from './unit-files.ts';

/** Before the names of units that users' own managers run; no name of a unit has a slash. */
const OF_USERS = 'user/';

/** A host's units and secrets, each secret with all units that are to hear of a change. */
export interface ReadSecrets {
  readonly secrets: readonly SecretSource[];
  /** With those that only `restart` and `reload` name. */
  readonly units: readonly UnitSource[];
  /** Drop-ins of units that start early. */
  readonly files: readonly FileSource[];
}

/** Finds who reads what. */
export function secretReaders(
  secrets: readonly SecretSource[],
  units: readonly UnitSource[],
  files: readonly FileSource[],
): ReadSecrets {
  if (secrets.length === 0) return { secrets, units, files: [] };
  const byPath = new Map(files.map((file) => [file.path, file]));
  const filesOf = {
    system: unitFilesIn(byPath.keys(), 'system'),
    user: unitFilesIn(byPath.keys(), 'user'),
  };
  const known = secrets.map((secret) => ({
    ...secret,
    restart: new Set(secret.restart),
    reload: new Set(secret.reload),
  }));
  for (const unit of units) {
    const { fragment, dropIns } = filesOf[unit.scope](unit.name);
    const shown = unit.scope === 'system' ? unit.name : `${OF_USERS}${unit.name}`;
    const own = [fragment ?? '', ...dropIns].map((path) => ({ path, reload: false }));
    for (const { path, reload } of [...own, ...unit.reads]) {
      const text = textOf(byPath.get(path));
      for (const secret of known) {
        if (path !== secret.link && path !== secret.source && !mentions(text, secret)) continue;
        secret[reload ? 'reload' : 'restart'].add(shown);
      }
    }
  }
  const named = known.map((secret) => ({
    ...secret,
    restart: [...secret.restart],
    reload: [...secret.reload].filter((name) => !secret.restart.has(name)),
  }));
  return { secrets: named, units: [...units, ...unitsBesides(named, units)], files: orderings(named) };
}

/** Everything that speaks of secrets which the host does not declare, or speaks of one where it means nothing. */
export function secretProblems(
  host: string,
  secrets: readonly SecretSource[],
  files: readonly FileSource[],
): SteadError[] {
  const declared = secrets.map(({ name }) => name);
  const templates = new Set(secrets.filter(({ kind }) => kind === 'template').map(({ source }) => source));
  const unknown = (file: FileSource, name: string): SteadError[] => {
    if (declared.includes(name)) return [];
    const near = nearest(name, declared);
    return [
      new SteadError({
        code: 'secrets.undeclared',
        host,
        option: file.option,
        message: `${shownPath(file, templates)} speaks of the secret ${name}, which this host does not declare`,
        places: (file.origin ?? []).map((place) => throughPath(place, name)),
        hint: didYouMean(near) ?? `Declare it: secrets({ files: { '${name}': {} } }).`,
      }),
    ];
  };
  return files.flatMap((file) => {
    const text = 'content' in file && typeof file.content === 'string' ? file.content : '';
    if (!text.includes(SECRETS_FOLDER) && !text.includes('%%stead:secret:')) return [];
    const contents = contentsIn(text);
    if (contents.length > 0 && !templates.has(file.path)) {
      return [
        new SteadError({
          code: 'secrets.content',
          host,
          option: file.option,
          message: `${file.path} is to hold the content of the secret ${contents[0]}, but it is a plain file`,
          places: file.origin ?? [],
          hint: 'Make it a template of the option set secrets, with this path: nothing else can have secrets in it.',
        }),
      ];
    }
    return [...new Set([...pathsIn(text), ...contents])].flatMap((name) => unknown(file, name));
  });
}

/** The place of a text that follows from whatever says the path of the secret. */
function throughPath(place: LabelledPlace, name: string): LabelledPlace {
  const defined = place[DEFINITION];
  if (defined === undefined) return place;
  return { ...place, [DEFINITION]: { ...defined, value: `${SECRETS_FOLDER}/${name}` } };
}

function shownPath({ path }: FileSource, templates: ReadonlySet<string>): string {
  return templates.has(path)
    ? `the template ${path.slice('/etc/stead/secrets/'.length, -'.template'.length)}`
    : path;
}

function mentions(text: string, { name, link }: Pick<SecretSource, 'name' | 'link'>): boolean {
  return pathsIn(text).includes(name) || (link !== null && holdsPath(text, link));
}

/** As a path of its own, not as the beginning of a longer one. */
function holdsPath(text: string, path: string): boolean {
  return text
    .split(path)
    .slice(1)
    .some((rest) => !/^[A-Za-z0-9/_-]|^\.[A-Za-z0-9]/.test(rest));
}

function textOf(file: FileSource | undefined): string {
  if (file === undefined || !('content' in file)) return '';
  const { content } = file;
  if (typeof content === 'string') return content;
  try {
    return Buffer.from(content instanceof Uint8Array ? content : readFileSync(content.file)).toString();
  } catch {
    // What cannot be read is told of when it is hashed.
    return '';
  }
}

/** A unit that nothing else is said of: only its secrets change it. */
function unitsBesides(secrets: readonly SecretSource[], units: readonly UnitSource[]): UnitSource[] {
  const known = new Set(units.filter(({ scope }) => scope === 'system').map(({ name }) => name));
  const named = new Set(secrets.flatMap(({ restart, reload }) => [...restart, ...reload]));
  return [...named]
    .filter((name) => !known.has(name) && !name.startsWith(OF_USERS))
    .map((name) => ({
      name,
      scope: 'system',
      start: false,
      onChange: customaryChange(name),
      masked: false,
      mayFail: false,
      stopWhenRemoved: true,
      wantedBy: [],
      reads: [],
    }));
}

function orderings(secrets: readonly SecretSource[]): FileSource[] {
  const early = secrets.filter(({ neededFor }) => neededFor === 'boot');
  const units = new Set(early.flatMap(({ restart, reload }) => [...restart, ...reload]));
  return [...units]
    .filter((unit) => !unit.startsWith(OF_USERS))
    .map((unit) => ({
      path: `${unitFolders.system}/${unit}.d/stead-secrets.conf`,
      kind: 'link',
      mode: '0644',
      owner: 'root',
      group: 'root',
      content: '[Unit]\nWants=stead-boot.service\nAfter=stead-boot.service\n',
    }));
}
