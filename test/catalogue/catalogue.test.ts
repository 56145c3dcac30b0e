// Every mistake in the catalogue gives exactly the text that stands there, places and carets included.
// `UPDATE_CATALOGUE=1 npx vitest run test/catalogue` writes the texts as they are now; read what changes.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildHosts, evaluateRepository } from '../../src/deploy/index.ts';
import { report } from '../../src/fleet/index.ts';
import { SteadErrors } from '../../src/options/index.ts';
import { repository } from '../fleet/repository.ts';
import { readCases, withExpectations, type Case } from './case-file.ts';

const isUpdate = process.env['UPDATE_CATALOGUE'] === '1';
const LEAST = 400;
const SCREEN = 24;

const families = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => {
    const path = join(import.meta.dirname, name);
    const text = readFileSync(path, 'utf8');
    return { name: name.replace('.txt', ''), path, text, cases: readCases(text) };
  });
const names = families.flatMap(({ cases }) => cases.map((one) => one.name));

describe.each(families)('$name', ({ path, text, cases }) => {
  const told = new Map<Case, string>();

  test.each(cases)('$name', async (one) => {
    const found = await reported(one.files);
    expect(found, 'a report').not.toBe('');
    told.set(one, found);
    if (!isUpdate) expect(found).toBe(one.expected);
    for (const error of found.split('\n\n')) expect(error.split('\n').length).toBeLessThanOrEqual(SCREEN);
  });

  afterAll(() => {
    if (isUpdate) writeFileSync(path, withExpectations(text, told));
  });
});

test(`there are at least ${LEAST} cases, each with a name of its own`, () => {
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(LEAST);
});

/** What a build of a repository with these files says, be it errors or warnings; empty for neither. */
async function reported(files: Case['files']): Promise<string> {
  const folder = repository(files);
  const commit = Promise.resolve({ commit: null, dirty: false, stead: '0.0.0' });
  const text = async (error: unknown, severity: 'error' | 'warning'): Promise<string> =>
    (await report(error, { repository: folder, severity })).replaceAll(folder, '<repository>');
  try {
    const fleet = await evaluateRepository(folder, commit);
    await buildHosts(fleet, [], { all: true });
    return fleet.warnings.length === 0 ? '' : await text(new SteadErrors(fleet.warnings), 'warning');
  } catch (error) {
    return text(error, 'error');
  }
}
