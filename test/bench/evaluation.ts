// What evaluating a fleet costs, beside the same fleet in Nix's evalModules: 50 option sets of 10 options on every
// host; spokes read the hub and their neighbour, the hub reads everybody; every value is forced. Two columns have
// floors: what it takes to start and to define the fleet, before anything is evaluated, and what zod alone takes to
// parse the same values.
//
//   node test/bench/evaluation.ts [HOSTS …]      NIXPKGS_LIB=/path/to/nixpkgs/lib adds the column for Nix
//
// Needs GNU time (Debian: time); Nix needs nix-instantiate (Debian: nix-bin).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FLAGS } from './flags.ts';

// As many as synthetic.ts has; that file is loaded by the measured process alone.
const SETS = 50;
const evaluate = join(import.meta.dirname, 'evaluate.mjs');
const zodAlone = join(import.meta.dirname, 'zod-alone.mjs');

const ROUNDS = 3;

compare(process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 8, 64, 100, 1000]);

function nixText(count: number, lib: string): string {
  return `
let
  lib = import ${lib};
  inherit (lib) mkOption types;
  names = map (i: "set\${toString i}") (lib.range 0 ${SETS - 1});
  setModule = name: { config, ... }: {
    options.\${name} = {
      enable = mkOption { type = types.bool; default = true; };
      address = mkOption { type = types.strMatching "[0-9.]+"; };
      port = mkOption { type = types.port; default = 80; };
      level = mkOption { type = types.enum [ "debug" "info" "error" ]; default = "info"; };
      label = mkOption { type = types.str; };
      names = mkOption { type = types.listOf types.str; };
      settings = mkOption { type = types.attrsOf types.str; };
      sites = mkOption { type = types.attrsOf (types.submodule { options = {
        root = mkOption { type = types.str; };
        tls = mkOption { type = types.bool; default = true; };
      }; }); };
      peer = mkOption { type = types.str; };
      limit = mkOption { type = types.int; default = 10; };
    };
    config.lines.text.\${name} = let self = config.\${name}; in
      "\${self.address}:\${toString self.port} \${self.peer} \${toString self.names}";
  };
  linesModule.options.lines.text = mkOption { type = types.attrsOf types.str; default = { }; };
  hostModule = i: { config = lib.genAttrs names (name: {
    address = "10.\${toString (i / 65536)}.\${toString (lib.mod (i / 256) 256)}.\${toString (lib.mod i 256)}";
    label = "host \${toString i}";
    names = [ "a" "n\${toString i}" ];
    settings = { key = "value"; other = toString i; };
    sites.main.root = "/srv";
    peer = if i == 0
      then lib.concatMapStringsSep "," (h: h.\${name}.address) (lib.attrValues fleet)
      else "\${fleet.h0.\${name}.address} \${toString fleet."h\${toString (i - 1)}".\${name}.port}";
  }); };
  fleet = lib.listToAttrs (map (i: {
    name = "h\${toString i}";
    value = (lib.evalModules { modules = [ linesModule (hostModule i) ] ++ map setModule names; }).config;
  }) (lib.range 0 ${count - 1}));
in lib.mapAttrs (_: host: removeAttrs host [ "_module" ]) fleet
`;
}

interface Cost {
  /** User and system seconds. */
  readonly cpu: number;
  readonly megabytes: number;
}

function measured(command: readonly string[]): Cost {
  const { status, stderr } = spawnSync('time', ['-f', '%U %S %M', ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1 << 28,
  });
  if (status !== 0)
    throw new Error(`${command[0]!}: ${stderr || 'GNU time is missing (apt-get install time)'}`);
  const [user, system, kilobytes] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { cpu: user! + system!, megabytes: kilobytes! / 1024 };
}

/** The least of some runs, in which the machine did least beside; megabytes are those of that run. */
function least(command: readonly string[]): Cost {
  return Array.from({ length: ROUNDS }, () => measured(command)).reduce((a, b) => (b.cpu < a.cpu ? b : a));
}

function cpuOf(script: string, count: number, ...more: readonly string[]): string {
  return least([process.execPath, ...FLAGS, script, String(count), ...more]).cpu.toFixed(2);
}

function compare(counts: readonly number[]): void {
  const lib = process.env['NIXPKGS_LIB'];
  const folder = mkdtempSync(join(tmpdir(), 'stead-bench-'));
  const floor = least([process.execPath, '-e', '0']);
  console.log(`node -e 0: ${floor.cpu.toFixed(2)} s, ${floor.megabytes.toFixed(0)} MB`);
  if (lib === undefined) console.log('no column for Nix: NIXPKGS_LIB does not say where nixpkgs/lib is');
  console.log(
    'hosts   stead CPU s      MB   ms/host  define CPU s   zod CPU s    Nix CPU s      MB   CPU ratio   MB ratio',
  );
  for (const count of counts) {
    const own = least([process.execPath, ...FLAGS, evaluate, String(count)]);
    const cells = [
      String(count).padStart(5),
      own.cpu.toFixed(2).padStart(13),
      own.megabytes.toFixed(0).padStart(7),
      (((own.cpu - floor.cpu) / count) * 1000).toFixed(2).padStart(9),
      cpuOf(evaluate, count, 'define').padStart(13),
      cpuOf(zodAlone, count).padStart(11),
    ];
    if (lib !== undefined && existsSync(lib) && count <= 64) {
      const file = join(folder, `fleet${count}.nix`);
      writeFileSync(file, nixText(count, lib));
      const nix = least(['nix-instantiate', '--eval', '--strict', '--json', file]);
      cells.push(
        nix.cpu.toFixed(2).padStart(12),
        nix.megabytes.toFixed(0).padStart(7),
        (nix.cpu / own.cpu).toFixed(1).padStart(11),
        (nix.megabytes / own.megabytes).toFixed(1).padStart(10),
      );
    }
    console.log(cells.join(' '));
  }
  rmSync(folder, { recursive: true });
}
