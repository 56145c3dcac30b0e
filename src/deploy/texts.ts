// Contents of files as text, for people to compare: those of a bundle, and those on a host.
import { open } from 'node:fs/promises';
import type { Bundle } from '../bundle/index.ts';
import type { Session } from '../targets/index.ts';

/** Larger files are told of by their size alone. */
const MOST_BYTES = 1024 * 1024;

/** Contents of those files of a bundle that are text, and not too large to be read by a person. */
export async function textsOfBundle(
  bundle: Bundle,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(paths);
  const found = bundle.entries.filter(({ file }) => wanted.has(file.path) && file.size <= MOST_BYTES);
  const texts = await Promise.all(
    found.map(async ({ file, content }) => [file.path, decoded(await bytesOf(content))] as const),
  );
  return known(texts);
}

async function bytesOf(content: Uint8Array | { readonly file: string }): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content;
  await using file = await open(content.file, 'r');
  return file.readFile();
}

/** One line for each path that is asked for: its bytes in base 64, or nothing where it is too large. */
const READER = `while IFS= read -r path; do
if [ -f "$1$path" ] && [ "$(wc -c <"$1$path")" -le "$2" ]; then printf =; base64 -w0 <"$1$path"; fi
echo
done`;

/** Contents of those files below a folder of a host that are text, and not too large to be read by a person. */
export async function textsOn(
  session: Session,
  root: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  const stdin = paths.map((path) => `${path}\n`).join('');
  const { stdout } = await session.run(['sh', '-c', READER, 'sh', root, String(MOST_BYTES)], { stdin });
  const lines = stdout.split('\n');
  return known(
    paths.map((path, index) => {
      const line = lines[index] ?? '';
      return [path, line === '' ? undefined : decoded(Buffer.from(line.slice(1), 'base64'))] as const;
    }),
  );
}

/** Text, or nothing for bytes that are none. */
function decoded(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function known(texts: readonly (readonly [string, string | undefined])[]): Map<string, string> {
  return new Map(texts.flatMap(([path, text]) => (text === undefined ? [] : [[path, text] as const])));
}
