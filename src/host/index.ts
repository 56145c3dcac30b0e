// The scripts that run on a host, as text: shipped in every bundle, and sent to a host that has none yet.

import { readFileSync } from 'node:fs';

/**
 * In the order in which they are read. A shell that has been told its verb reads no further than to the `verbs-` part that has it:
 * what stands below that is not there for it.
 */
const parts = [
  'lib-common.sh',
  'begin.sh',
  'lib-generations.sh',
  'lib-bundle.sh',
  'lib-lacking.sh',
  'lib-trust.sh',
  'lib-receive.sh',
  'lib-delta.sh',
  'lib-watchdog.sh',
  'verbs-arrival.sh',
  'lib-plan.sh',
  'lib-files.sh',
  'lib-packages.sh',
  'lib-apt.sh',
  'lib-divert.sh',
  'lib-account-plan.sh',
  'lib-secrets.sh',
  'lib-system.sh',
  'lib-unit-plan.sh',
  'lib-units.sh',
  'lib-admit.sh',
  'verbs-standing.sh',
  'lib-journal.sh',
  'lib-log.sh',
  'lib-places.sh',
  'lib-accounts.sh',
  'lib-kernel.sh',
  'lib-preflight.sh',
  'lib-unit-settle.sh',
  'lib-health.sh',
  'lib-ways.sh',
  'lib-switch.sh',
  'lib-activate.sh',
  'lib-detach.sh',
  'lib-boot.sh',
  'lib-changes.sh',
  'lib-upgrade.sh',
  'lib-remove.sh',
  'verbs-switch.sh',
  'lib-downloads.sh',
  'lib-fetch.sh',
  'lib-check.sh',
  'lib-wait.sh',
  'lib-manual.sh',
  'lib-recipes.sh',
  'lib-doctor.sh',
  'lib-tools.sh',
  'lib-sandbox.sh',
  'lib-kept.sh',
  'lib-output.sh',
  'lib-build.sh',
  'lib-build-gc.sh',
  'lib-status.sh',
  'lib-gc.sh',
  'lib-verify.sh',
  'verbs-rest.sh',
] as const;

/** A part with verbs: a shell that is told one of them ends there. */
const HAS_VERBS = /^verbs-/;

let texts: readonly string[] | undefined;
let script: string | undefined;

/** The files of a bundle's `runtime/` folder: name to text. */
export function runtimeFiles(): Readonly<Record<string, string>> {
  return { 'stead-host': hostScript() };
}

/** All of the host scripts as one, which needs no file beside it; the same string for all hosts of a fleet. */
export function hostScript(): string {
  return (script ??= partTexts().join(''));
}

/** As much of it as a shell reads that is told a verb. */
export function hostScriptFor(verb: string): string {
  const pattern = new RegExp(`^ +([a-z_-]+ \\| )*${verb}( \\||\\))`, 'm');
  const last = parts.findIndex((name, index) => HAS_VERBS.test(name) && pattern.test(partTexts()[index]!));
  return last < 0
    ? hostScript()
    : partTexts()
        .slice(0, last + 1)
        .join('');
}

/** Read once; without the lines that are for shellcheck alone. */
function partTexts(): readonly string[] {
  texts ??= parts.map((name, index) => {
    const text = readFileSync(new URL(name, import.meta.url), 'utf8').replace(/^# shellcheck shell=.*\n/, '');
    return index === 0 ? `#!/bin/sh\n${text}` : text;
  });
  return texts;
}
