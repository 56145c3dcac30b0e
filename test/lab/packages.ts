// Debian packages made by tests, and a repository of them on a host, so that apt does its real work.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { writePackageIndex } from '../../src/lab/index.ts';
import type { Host } from './driver.ts';

export interface TestPackage {
  readonly name: string;
  /** Default 1.0. */
  readonly version?: string;
  /** Texts by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Those of the files that a person may change. */
  readonly conffiles?: readonly string[];
  /** Scripts by name: `postinst`. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly depends?: string;
  readonly conflicts?: string;
}

/** A package with a service that its install script enables and starts, as Debian's do. */
export function servicePackage(
  name: string,
  {
    command = 'sleep infinity',
    conffiles = {},
  }: { command?: string; conffiles?: Record<string, string> } = {},
): TestPackage {
  const unit = `${name}.service`;
  return {
    name,
    files: {
      [`/lib/systemd/system/${unit}`]: `[Service]\nExecStart=${command}\n[Install]\nWantedBy=multi-user.target\n`,
      ...conffiles,
    },
    conffiles: Object.keys(conffiles),
    scripts: {
      postinst: `#!/bin/sh
set -e
deb-systemd-helper enable ${unit} >/dev/null
systemctl daemon-reload
deb-systemd-invoke start ${unit} || :
`,
    },
  };
}

/** Makes these packages, and no others, what apt on the host can install. */
export async function offerPackages(host: Host, packages: readonly TestPackage[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stead-packages-'));
  try {
    for (const one of packages) await buildPackage(one, join(folder, 'build'), folder);
    rmSync(join(folder, 'build'), { recursive: true, force: true });
    await writePackageIndex(folder);
    await host.succeed('rm -rf /srv/packages');
    await host.put(folder, '/srv/packages');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await host.succeed(
    `chmod 755 /srv/packages
echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list
apt-get -q update`,
  );
}

async function buildPackage(one: TestPackage, build: string, into: string): Promise<void> {
  const { name, version = '1.0', files = {}, conffiles = [], scripts = {}, depends, conflicts } = one;
  rmSync(build, { recursive: true, force: true });
  mkdirSync(join(build, 'DEBIAN'), { recursive: true });
  const control = {
    Package: name,
    Version: version,
    Architecture: 'all',
    Maintainer: 'Tests <tests@example.com>',
    Description: `A package for tests`,
    ...(depends === undefined ? {} : { Depends: depends }),
    ...(conflicts === undefined ? {} : { Conflicts: conflicts }),
  };
  const text = Object.entries(control).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(build, 'DEBIAN/control'), text.join(''));
  writeFileSync(join(build, 'DEBIAN/conffiles'), conffiles.map((path) => `${path}\n`).join(''));
  for (const [script, body] of Object.entries(scripts)) {
    writeFileSync(join(build, 'DEBIAN', script), body);
    chmodSync(join(build, 'DEBIAN', script), 0o755);
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(build, path)), { recursive: true });
    writeFileSync(join(build, path), content);
  }
  await execa('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', build, into]);
}
