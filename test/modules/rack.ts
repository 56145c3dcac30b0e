// The hosts of the rack as it was when it had nothing but its mesh and its names, evaluated in this process; and
// single hosts made for a test.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileSources } from '../../src/bundle/sets/files.ts';
import { checkFleet, loadFleet } from '../../src/fleet/index.ts';
import { Evaluation, SteadErrors, type Host, type HostEvaluation } from '../../src/options/index.ts';
import { told } from '../told.ts';

const mesh = resolve(import.meta.dirname, '../fixtures/mesh');

/** The rack, checked. */
export async function rack(): Promise<Evaluation> {
  return checkFleet(await loadFleet(mesh)).evaluation;
}

/** Names of the files that declare the rack's hosts. */
export function rackFiles(): string[] {
  return readdirSync(join(mesh, 'hosts')).filter((name) => name.endsWith('.ts'));
}

/** Hosts evaluated together. @throws SteadErrors with everything that is wrong */
export function fleet(...hosts: Host[]): Evaluation {
  const evaluation = new Evaluation(hosts);
  const { errors } = evaluation.check();
  if (errors.length > 0) throw new SteadErrors(errors);
  return evaluation;
}

/** The messages of what is wrong with hosts. */
export function mistakes(...hosts: Host[]): string[] {
  return new Evaluation(hosts).check().errors.map(told);
}

/** The text of a rendered file. */
export function text(host: HostEvaluation, path: string): string {
  const file = fileSources(host).find((one) => one.path === path);
  if (file === undefined || !('content' in file) || typeof file.content !== 'string') {
    throw new Error(`${host.name} has no text at ${path}`);
  }
  return file.content;
}
