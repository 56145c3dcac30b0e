// Writers of configuration files: text templates, JSON, YAML, TOML, INI and systemd units.
export { hardening } from './hardening.ts';
export { ini, type IniSection, type IniSections, type IniValue } from './ini.ts';
export { json } from './json.ts';
export type { WriterOptions } from './plain.ts';
export { shellCommand, shellQuote } from './shell.ts';
export { systemdCommand, systemdEnvironment, systemdQuote, systemdUnit } from './systemd.ts';
export { template } from './template.ts';
export type { TemplateSource } from './template-parse.ts';
export { toml } from './toml.ts';
export { yaml } from './yaml.ts';
