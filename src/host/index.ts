// The scripts that run on a host, as text: shipped in every bundle, and sent to a host that has none yet.

import { readFileSync } from 'node:fs';

/** In the order in which they are sourced. */
const libraries = [
  'lib-common.sh',
  'lib-generations.sh',
  'lib-journal.sh',
  'lib-log.sh',
  'lib-bundle.sh',
  'lib-trust.sh',
  'lib-receive.sh',
  'lib-delta.sh',
  'lib-plan.sh',
  'lib-files.sh',
  'lib-places.sh',
  'lib-apt.sh',
  'lib-packages.sh',
  'lib-divert.sh',
  'lib-upgrade.sh',
  'lib-account-plan.sh',
  'lib-accounts.sh',
  'lib-system.sh',
  'lib-kernel.sh',
  'lib-secrets.sh',
  'lib-downloads.sh',
  'lib-fetch.sh',
  'lib-preflight.sh',
  'lib-check.sh',
  'lib-unit-plan.sh',
  'lib-units.sh',
  'lib-unit-settle.sh',
  'lib-wait.sh',
  'lib-health.sh',
  'lib-manual.sh',
  'lib-recipes.sh',
  'lib-doctor.sh',
  'lib-tools.sh',
  'lib-sandbox.sh',
  'lib-kept.sh',
  'lib-output.sh',
  'lib-build.sh',
  'lib-build-gc.sh',
  'lib-watchdog.sh',
  'lib-ways.sh',
  'lib-switch.sh',
  'lib-activate.sh',
  'lib-detach.sh',
  'lib-boot.sh',
  'lib-changes.sh',
  'lib-remove.sh',
  'lib-status.sh',
  'lib-gc.sh',
  'lib-verify.sh',
] as const;

let script: string | undefined;

/** The files of a bundle's `runtime/` folder: name to text. */
export function runtimeFiles(): Readonly<Record<string, string>> {
  return { 'stead-host': hostScript() };
}

/** All of the host scripts as one, which needs no file beside it. Read once. */
export function hostScript(): string {
  script ??= ['#!/bin/sh\n', ...[...libraries, 'stead-host'].map(sourceText)].join('');
  return script;
}

/** One of the scripts, without the lines that speak to an editor or a shell of it alone. */
function sourceText(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8').replace(
    /^(#!.*\n)?(# shellcheck shell=.*\n)?/,
    '',
  );
}
