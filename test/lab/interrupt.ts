// Stops a switch on a host at an exact point: before the Nth run of some programs.
import type { Host } from './driver.ts';

/** Puts programs that count, and that may wait for ever, in front of those of a host. */
export async function layTraps(host: Host, programs: readonly string[]): Promise<void> {
  await host.succeed(`mkdir -p /opt/traps && cd /opt/traps
for name in ${programs.join(' ')}; do
cat >"$name" <<'END'
#!/bin/sh
runs=$(($(cat /run/traps/runs) + 1))
echo $runs >/run/traps/runs
if [ "$runs" = "$(cat /run/traps/stop)" ]; then
  : >/run/traps/reached
  exec sleep infinity
fi
exec "/usr/bin/\${0##*/}" "$@"
END
chmod 755 "$name"
done
sync`);
}

/**
 * Runs a command of the host with the traps laid; before the `point`th change it is stopped.
 * @returns `stopped` there, or how the command ended before
 */
export async function runToPoint(
  host: Host,
  point: number,
  command: string,
): Promise<'stopped' | { readonly code: number; readonly output: string; readonly changes: number }> {
  await host.succeed(
    `rm -rf /run/traps && mkdir /run/traps && echo 0 >/run/traps/runs && echo ${point} >/run/traps/stop`,
  );
  const unit = `trapped-${point}`;
  // Services that the command starts get the traps, too; a boot forgets them.
  await host.succeed(
    `systemctl set-environment PATH=/opt/traps:$PATH
systemd-run -q --no-block --unit=${unit} --property=RemainAfterExit=yes sh -c ${quoted(command)}`,
  );
  const seen = await host.waitUntilSucceeds(
    `[ ! -e /run/traps/reached ] || { echo stopped; exit 0; }
state=$(systemctl show --value --property=SubState ${unit})
case $state in exited | failed) echo "$state" ;; *) false ;; esac`,
  );
  if (seen === 'stopped') return 'stopped';
  const code = Number(await host.succeed(`systemctl show --value --property=ExecMainStatus ${unit}`));
  const changes = Number(await host.succeed('cat /run/traps/runs'));
  const output = await host.journal(`${unit}.service`);
  await host.succeed(
    `systemctl unset-environment PATH; systemctl stop ${unit}; systemctl reset-failed ${unit} 2>/dev/null || :`,
  );
  return { code, output, changes };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
