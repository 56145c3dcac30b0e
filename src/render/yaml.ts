// YAML files.
import { loadYaml } from './load.ts';
import { plainData, type WriterOptions } from './plain.ts';

/**
 * `value` as YAML 1.2 that YAML 1.1 readers (PyYAML, netplan, docker compose) understand alike:
 * words such as `no` and `012` are quoted, long lines are not folded, nothing is aliased.
 * @throws SteadError `render.value` for anything that is not plain data.
 */
export function yaml(value: unknown, options?: WriterOptions): string {
  return loadYaml().stringify(plainData(value, { format: 'YAML', writer: yaml }, options), {
    compat: 'yaml-1.1',
    sortMapEntries: options?.order !== 'given',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
