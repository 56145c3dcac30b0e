// What must hold for the paths of a bundle, so that they make one tree on a host.
import { SteadError, type LabelledPlace } from '../options/error.ts';
import type { FileSource } from './source.ts';

/** A path of a host, as far as it takes to know that it may stand there. */
interface TreeFile extends Pick<FileSource, 'path' | 'kind' | 'origin' | 'option'> {
  readonly target?: string;
}

const reservedFolders = ['/var/lib/stead', '/run/stead', '/proc', '/sys', '/dev'];
const reservedFiles = ['/usr/local/bin/stead-host'];
const maximumNameBytes = 255;
const maximumPathBytes = 4095;

/** Everything that is wrong with the paths of one host's files, each as an error with the places it was defined at. */
export function checkTree(host: string, files: readonly TreeFile[]): SteadError[] {
  const errors: SteadError[] = [];
  const byPath = new Map<string, TreeFile>();
  for (const file of files) {
    const problem = pathProblem(file) ?? targetProblem(file);
    if (problem !== null) {
      const focus = 'isValue' in problem ? undefined : 'key';
      errors.push(
        treeError(
          host,
          'tree.path',
          `${JSON.stringify(file.path)} ${problem.message}`,
          problem.hint,
          [file],
          focus,
        ),
      );
      continue;
    }
    const other = byPath.get(file.path);
    if (other === undefined) byPath.set(file.path, file);
    else errors.push(duplicate(host, other, file));
  }
  for (const file of byPath.values()) {
    const blocking = ancestors(file.path)
      .map((path) => byPath.get(path))
      .find(isNoFolder);
    if (blocking !== undefined) errors.push(blocked(host, blocking, file));
  }
  return errors;
}

interface Problem {
  readonly message: string;
  readonly hint: string;
  /** It is a problem of what stands at the path. */
  readonly isValue?: true;
}

function pathProblem({ path, kind }: TreeFile): Problem | null {
  if (!path.startsWith('/')) return { message: 'is not an absolute path', hint: 'Begin it with "/".' };
  if (/\p{Cc}/u.test(path) || !path.isWellFormed()) {
    return {
      message: 'holds a control character or broken text',
      hint: 'Use printable characters in paths.',
    };
  }
  const names = path.slice(1).split('/');
  if (names.includes('')) {
    const own = /^\/etc\/\/etc\/([^/].*)$/.exec(path)?.[1];
    if (own !== undefined) {
      return { message: 'has an empty name in it', hint: `Names in \`etc\` are below /etc: write '${own}'.` };
    }
    return { message: 'has an empty name in it', hint: 'Write one "/" between names, and none at the end.' };
  }
  if (names.includes('.') || names.includes('..')) {
    return { message: 'has "." or ".." in it', hint: 'Write the path that is meant.' };
  }
  const long = names.find((name) => Buffer.byteLength(name) > maximumNameBytes);
  if (long !== undefined || Buffer.byteLength(path) > maximumPathBytes) {
    return {
      message: 'is too long',
      hint: `A name has at most ${maximumNameBytes} bytes, a path ${maximumPathBytes}.`,
    };
  }
  return reservedProblem(path, kind);
}

function reservedProblem(path: string, kind: FileSource['kind']): Problem | null {
  const folder = reservedFolders.find((reserved) => path === reserved || path.startsWith(`${reserved}/`));
  if (folder !== undefined || reservedFiles.includes(path)) {
    return {
      message: `is not a path that a configuration may own: ${folder ?? path} belongs to the kernel or to stead`,
      hint: 'Choose another path.',
    };
  }
  const inside = [...reservedFolders, ...reservedFiles].find((reserved) => reserved.startsWith(`${path}/`));
  if (kind === 'directory' || inside === undefined) return null;
  return { message: `must stay a folder: ${inside} is below it`, hint: 'Choose another path.' };
}

/** A relative target is kept as it is: it means the same on the host. */
function targetProblem(file: TreeFile): Problem | null {
  if (file.kind !== 'symlink') return null;
  const { target = '' } = file;
  if (
    target !== '' &&
    target.isWellFormed() &&
    !/\p{Cc}/u.test(target) &&
    Buffer.byteLength(target) <= maximumPathBytes
  ) {
    return null;
  }
  return {
    message: 'has a target that no link can have',
    hint: 'Give the target as a path of printable characters.',
    isValue: true,
  };
}

function ancestors(path: string): string[] {
  const result: string[] = [];
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1))
    result.push(path.slice(0, end));
  return result;
}

function isNoFolder(file: TreeFile | undefined): file is TreeFile {
  return file !== undefined && file.kind !== 'directory';
}

function duplicate(host: string, first: TreeFile, second: TreeFile): SteadError {
  return treeError(
    host,
    'tree.duplicate',
    `${first.path} is defined twice`,
    'Remove one of the definitions.',
    [first, second],
    'key',
  );
}

function blocked(host: string, blocking: TreeFile, below: TreeFile): SteadError {
  const what = blocking.kind === 'symlink' ? 'symbolic link' : 'file';
  return treeError(
    host,
    'tree.blocked',
    `${blocking.path} is a ${what}, and ${below.path} needs a folder there`,
    'Remove one of them, or move it.',
    [blocking, below],
    'key',
  );
}

function printable(path: string): string {
  return /\p{Cc}/u.test(path) ? JSON.stringify(path) : path;
}

function treeError(
  host: string,
  code: string,
  message: string,
  hint: string,
  files: readonly TreeFile[],
  focus: 'key' | undefined,
): SteadError {
  const places = files.flatMap((file): LabelledPlace[] =>
    (file.origin ?? []).map((origin) => ({
      ...origin,
      ...(focus === undefined || (origin.keys ?? []).length === 0 ? {} : { focus }),
      label: origin.label ?? `${printable(file.path)} is defined here`,
    })),
  );
  return new SteadError({ code, host, option: files[0]?.option, message, hint, places });
}
