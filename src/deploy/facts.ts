// What a host is, read over its session, as data for the repository. Nothing is left there.
import { SteadError } from '../options/index.ts';
import type { Session, Target } from '../targets/index.ts';
import { ask, type Answer } from './inspect.ts';

/** Facts of a host; what it does not say is null or empty. */
export interface HostFacts {
  readonly hostname: string | null;
  /** As Debian names it: amd64, arm64. */
  readonly architecture: string | null;
  readonly kernel: string | null;
  /** `ID` and `VERSION_ID` of os-release(5). */
  readonly system: string | null;
  readonly processors: number | null;
  readonly memoryBytes: number | null;
  readonly timezone: string | null;
  /** Version of the CUDA toolkit in /usr/local/cuda. */
  readonly cuda: string | null;
  /** Public keys of its SSH server, for `target.ssh.hostKeys`. */
  readonly hostKeys: readonly string[];
  /** Network interfaces but the loopback, with their addresses and prefix lengths. */
  readonly interfaces: Readonly<Record<string, readonly string[]>>;
  /** Whole disks, with their sizes. */
  readonly disksBytes: Readonly<Record<string, number>>;
}

/** Rows of a key and its values, from what every Linux has. */
const READER = `
row() { printf '%s\\t%s\\t%s\\n' "$1" "$2" "\${3-}"; }
row hostname "$(cat /proc/sys/kernel/hostname)"
row architecture "$(dpkg --print-architecture 2>/dev/null || uname -m)"
row kernel "$(uname -r)"
[ ! -r /etc/os-release ] || row system "$(. /etc/os-release; echo "$ID \${VERSION_ID-}")"
row processors "$(grep -c ^processor /proc/cpuinfo)"
row memory "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)"
[ ! -e /etc/timezone ] || row timezone "$(cat /etc/timezone)"
if [ -r /usr/local/cuda/version.json ]; then
  row cuda "$(tr -d ' \\t\\n' </usr/local/cuda/version.json | sed -n 's/.*"cuda":{[^}]*"version":"\\([0-9.]*\\)".*/\\1/p')"
elif [ -d /usr/local/cuda ]; then
  row cuda "$(basename "$(readlink -f /usr/local/cuda)" | sed -n 's/^cuda-//p')"
fi
for key in /etc/ssh/ssh_host_*_key.pub; do
  [ ! -r "$key" ] || row key "$(cut -d ' ' -f 1,2 "$key")"
done
for interface in /sys/class/net/*; do
  [ ! -e "$interface" ] || [ "\${interface##*/}" = lo ] || row interface "\${interface##*/}"
done
if command -v ip >/dev/null; then
  ip -o address show scope global | awk -v OFS='\\t' '{ print "address", $2, $4 }'
fi
for disk in /sys/block/*; do
  [ ! -e "$disk/device" ] || row disk "\${disk##*/}" "$(($(cat "$disk/size") * 512))"
done
`;

/** Reads the facts of a host. */
export function hostFacts(host: string, target: Target): Promise<Answer<HostFacts>> {
  return ask(host, target, readFacts);
}

async function readFacts(session: Session): Promise<HostFacts> {
  if (session.root !== '/') {
    throw new SteadError({
      code: 'facts.folder',
      message: `${session.root} stands for /: it has no facts of its own`,
      hint: 'Give the host an SSH address: target({ ssh: { address: … } }).',
    });
  }
  const { stdout } = await session.run(['sh', '-c', READER]);
  const rows = stdout.split('\n').map((line) => line.split('\t'));
  const all = (key: string): string[][] =>
    rows.filter(([name, value]) => name === key && value !== '').map((row) => row.slice(1));
  const text = (key: string): string | null => all(key)[0]?.[0]?.trim() || null;
  const count = (key: string): number | null => Number(text(key) ?? NaN) || null;
  return {
    hostname: text('hostname'),
    architecture: text('architecture'),
    kernel: text('kernel'),
    system: text('system'),
    processors: count('processors'),
    memoryBytes: count('memory'),
    timezone: text('timezone'),
    cuda: text('cuda'),
    hostKeys: all('key').map(([key]) => key!),
    interfaces: Object.fromEntries(
      all('interface').map(([name]) => [
        name,
        all('address').flatMap(([at, address]) => (at === name ? [address!] : [])),
      ]),
    ),
    disksBytes: Object.fromEntries(
      all('disk').flatMap(([name, size]) => (Number(size) > 0 ? [[name!, Number(size)]] : [])),
    ),
  };
}
