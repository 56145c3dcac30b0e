// Every hard case that concerns the host is a test whose name quotes it, sentence by sentence.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const list = resolve(root, '../shared/hard-cases.md');

/** Of services, which modules to come bring. */
const LATER = /^(A single-file bind mount|A build recipe)/;

/** Letters and figures alone: quotes and line breaks differ from one text to the other. */
const plain = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase();

if (!existsSync(list)) console.log(`skipped: whether every hard case has its test, for want of ${list}`);

test.runIf(existsSync(list))(
  'each line on the host in the list of hard cases is quoted by the name of a test',
  () => {
    const files = execFileSync('git', ['ls-files', 'test'], { cwd: root, encoding: 'utf8' });
    const tests = plain(
      files
        .split('\n')
        .filter((name) => /\.(test|case)\.ts$/.test(name) && !name.endsWith('hard-cases.test.ts'))
        .map((name) => readFileSync(resolve(root, name), 'utf8'))
        .join('\n'),
    );
    const lines = readFileSync(list, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .map((line) => line.slice(2).replaceAll(/ \([^()]*#\d+[^()]*\)/g, ''));
    expect(lines.length).toBeGreaterThan(30);
    const unquoted = lines
      .filter((line) => !LATER.test(line))
      .flatMap((line) => line.split(/(?<=[.;:]) +/))
      .filter((sentence) => !tests.includes(plain(sentence)));
    expect(unquoted).toEqual([]);
  },
);
