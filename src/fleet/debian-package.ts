// A package of the host's archive in the package set.
import {
  didYouMean,
  nearest,
  shown,
  Site,
  SteadError,
  type Package,
  type PackageOverride,
} from '../options/index.ts';
import { packageName, packageVersion } from '../options/values/index.ts';

const fields = { name: packageName(), version: packageVersion() };

export class DebianPackage implements Package {
  readonly kind = 'debian';
  readonly name: string;
  declare readonly version?: string;

  constructor(name: string, version?: string) {
    this.name = name;
    if (version !== undefined) this.version = version;
  }

  override(changes: PackageOverride): DebianPackage {
    const { name, version } = this;
    const before = { name, ...(version === undefined ? {} : { version }) };
    const given = typeof changes === 'function' ? changes(before) : changes;
    const site = new Site(this.override);
    const refuse = (message: string, key: string, hint: string, focus?: 'key'): SteadError =>
      new SteadError({
        code: 'package.override',
        message: `the Debian package ${name}: ${message}`,
        places: [{ place: site.place(), keys: [key], ...(focus === undefined ? {} : { focus }) }],
        hint,
      });
    for (const [key, value] of Object.entries(given)) {
      if (!Object.hasOwn(fields, key)) {
        const near = nearest(key, Object.keys(fields)).map((one) => `\`${one}\``);
        const hint = didYouMean(near) ?? 'It has a `name` and a `version`.';
        throw refuse(`there is no \`${key}\` to override`, key, hint, 'key');
      }
      const [issue] = fields[key as keyof typeof fields].safeParse(value).error?.issues ?? [];
      if (issue !== undefined) {
        const expected = issue.message.replace(/; .*/, '');
        throw refuse(`\`${key}\`: expected ${expected}, got ${shown(value)}`, key, 'Correct it.');
      }
    }
    const merged = { ...before, ...given } as { name: string; version?: string };
    return new DebianPackage(merged.name, merged.version);
  }

  on(): never {
    throw new SteadError({
      code: 'package.on',
      message: `${this.name} is a Debian package, which is installed, not built`,
      places: [{ place: new Site(this.on).place() }],
      hint: `Use \`packages({ install: ['${this.name}'] })\`; a recipe is in the package set when its module is imported.`,
    });
  }
}
