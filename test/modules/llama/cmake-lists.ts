// Reads the options of llama.cpp's build out of its CMakeLists.txt files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One option as CMake has it. */
export interface CmakeOption {
  readonly name: string;
  readonly type: 'bool' | 'text';
  readonly description: string;
  /** As it is written there: a value, or the name of a variable. */
  readonly initial: string;
}

/** The files with options that a build on Linux can have. */
const FILES = [
  'CMakeLists.txt',
  'ggml/CMakeLists.txt',
  'tools/mtmd/CMakeLists.txt',
  'tools/ui/CMakeLists.txt',
];

const OPTION = /^\s*option\s*\(\s*(\w+)\s+"([^"]*)"\s+([^)\s]+)\s*\)/gm;
const CACHED =
  /^\s*set\s*\(\s*(\w+)\s+(?:"([^"]*)"|(\S+))\s+CACHE\s+(BOOL|STRING|PATH)\s+"((?:[^"\\]|\\.)*)"\s*\)/gm;

/** The options of a tree of llama.cpp, by name. */
export function cmakeOptions(folder: string): readonly CmakeOption[] {
  const found = new Map<string, CmakeOption>();
  for (const file of FILES) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, name = '', description = '', initial = ''] of text.matchAll(OPTION)) {
      if (!found.has(name)) found.set(name, { name, type: 'bool', description, initial });
    }
    for (const [, name = '', quoted, plain, kind, description = ''] of text.matchAll(CACHED)) {
      const type = kind === 'BOOL' ? 'bool' : 'text';
      if (!found.has(name)) found.set(name, { name, type, description, initial: quoted ?? plain ?? '' });
    }
  }
  return [...found.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The options as the module's own list has them. */
export function cmakeModule(folder: string, release: string): string {
  const lines = cmakeOptions(folder).map(({ name, type, description, initial }) => {
    const about = description.replace(/^\w+(-common)?: /, '');
    return `  ${name}: ${type}(${JSON.stringify((about.charAt(0).toUpperCase() + about.slice(1)).replace(/\s+/g, ' '))}, ${JSON.stringify(/\$/.test(initial) ? 'depends' : initial)}),\n`;
  });
  return `// The options of llama.cpp's build in its release ${release}, with what each is where nothing is said.
// Made by \`UPDATE_FLAGS=1 npm run test:recipes\`, which reads them from its CMakeLists.txt files.
import { z } from 'stead';

const bool = (about: string, initial: string) => z.boolean().optional().describe(\`\${about} (\${initial})\`);
const text = (about: string, initial: string) =>
  z.union([z.string(), z.number()]).optional().describe(\`\${about} (\${initial === '' ? 'empty' : initial})\`);

export const RELEASE = '${release}';

export const cmakeFlags = {
${lines.join('')}};
`;
}
