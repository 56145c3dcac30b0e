// How long TypeScript takes over a fleet of 300 option sets, and an editor over completion in one of its files:
// a repository of that size is generated into a temporary folder, which is removed afterwards.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { languageServer } from '../options/language-server.ts';

const SETS = 300;
const HOSTS = 50;
const stead = resolve(import.meta.dirname, '../..');
const tsc = join(stead, 'node_modules/typescript/bin/tsc');
const repository = mkdtempSync(join(tmpdir(), 'stead-types-'));

generate();
compile('stead itself', stead);
compile(`${SETS} option sets, ${HOSTS} hosts`, repository);
await complete();
rmSync(repository, { recursive: true });

function generate(): void {
  mkdirSync(join(repository, 'modules'));
  mkdirSync(join(repository, 'hosts'));
  symlinkSync(join(stead, 'node_modules'), join(repository, 'node_modules'));
  writeFileSync(join(repository, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(repository, 'tsconfig.json'), JSON.stringify(tsconfig()));
  for (let index = 0; index < SETS; index += 1) {
    writeFileSync(join(repository, `modules/set${index}.ts`), moduleText(index));
  }
  for (let index = 0; index < HOSTS; index += 1) {
    writeFileSync(join(repository, `hosts/host${index}.ts`), hostText(index));
  }
}

function tsconfig(): object {
  return {
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'esnext.iterator', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noEmit: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      paths: { stead: [join(stead, 'src/index.ts')] },
    },
    include: ['modules', 'hosts'],
  };
}

/** An option set of ten options that reads another one on this host and on all. */
function moduleText(index: number): string {
  const other = (index + 1) % SETS;
  return `import { entries, force, ipv4, options, port, uniqueList, when, z } from 'stead';
import { set${other} } from './set${other}.ts';

export const set${index} = options(
  'set${index}',
  z.object({
    enable: z.boolean().default(false).describe('Whether it runs.'),
    address: ipv4().describe('Where it listens.'),
    port: port().default(${1000 + index}),
    role: z.enum(['hub', 'gateway', 'spoke']).default('spoke'),
    names: uniqueList(z.string()),
    tls: z.object({ certificate: z.string(), key: z.string(), days: z.int().default(90) }).optional(),
    sites: entries(z.object({ root: z.string(), port: port().optional() }), (self, name) => ({
      root: () => (self.port === undefined ? name : \`\${name}-\${self.port}\`),
    })),
    log: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('file'), path: z.string() }),
      z.object({ kind: z.literal('syslog'), facility: z.string().default('daemon') }),
    ]),
    peers: z.array(z.object({ address: z.string(), port: port().optional() })),
    settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
);

set${index}.implement({
  defines: [set${other}],
  *config(self, { host, fleet }) {
    if (!self.enable) return;
    yield set${other}({
      address: self.address,
      names: fleet.hosts.filter((one) => one.uses(set${index})).map((one) => one.get(set${index}).address),
      port: force(() => host.get(set${index}).port + 1),
      sites: Object.fromEntries(Object.keys(self.sites).map((name) => [name, { root: name }])),
      tls: when(self.tls !== undefined, { certificate: '/etc/tls/cert', key: () => '/etc/tls/key' }),
    });
  },
});
`;
}

function hostText(index: number): string {
  const sets = Array.from({ length: 20 }, (_, number) => (index * 7 + number * 11) % SETS);
  return `import { fallback, host, merge } from 'stead';
${[...new Set(sets)].map((set) => `import { set${set} } from '../modules/set${set}.ts';`).join('\n')}

export default host('host${index}', {
  use: [
${[...new Set(sets)]
  .map(
    (set) => `    set${set}({
      enable: true,
      address: '10.42.0.${set % 250}',
      role: fallback('hub'),
      names: merge(['a'], ['b']),
      log: { kind: 'file', path: '/var/log/${set}' },
      sites: { www: { port: 80 }, api: { root: ({ host }) => host.get(set${set}).address } },
      peers: [{ address: '10.9.9.1' }],
      settings: { a: 1, b: 'x' },
    }),`,
  )
  .join('\n')}
  ],
});
`;
}

/** Prints what one run of tsc over a folder costs that has nothing from the last one. */
function compile(title: string, folder: string): void {
  // As `npm run types` does: the compiler holds what it has made, so that collecting garbage finds next to none.
  const env = { ...process.env, GOGC: 'off' };
  const anew = ['--incremental', 'false', '--tsBuildInfoFile', 'null'];
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, ...anew, '--extendedDiagnostics'], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const figure = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(stdout)?.[1] ?? '?';
  const errors = stdout.split('\n').filter((text) => text.includes('error TS'));
  const figures = ['Types', 'Instantiations', 'Memory used', 'Check time', 'Total time'].map(
    (name) => `${name.toLowerCase()} ${figure(name)}`,
  );
  console.log(
    `${title}: ${figures.join(', ')}${errors.length === 0 ? '' : `, ${errors.length} errors:\n${errors[0]}`}`,
  );
}

/** Prints how long the language server takes to complete an option's name, first and afterwards. */
async function complete(): Promise<void> {
  const file = join(repository, 'hosts/host0.ts');
  const text = hostText(0).replace('enable: true,\n', 'enable: true,\n      addr,\n');
  const line = text.split('\n').findIndex((one) => one.trim() === 'addr,');
  const position = { line, character: text.split('\n')[line]!.indexOf('addr') + 4 };
  const server = await languageServer(repository);
  const textDocument = { uri: `file://${file}` };
  server.notify('textDocument/didOpen', {
    textDocument: { ...textDocument, languageId: 'typescript', version: 1, text },
  });
  const times: number[] = [];
  let labels: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    const changed = text.replace('po,', `po${'r'.repeat(round % 2)},`);
    server.notify('textDocument/didChange', {
      textDocument: { ...textDocument, version: round + 2 },
      contentChanges: [{ text: changed }],
    });
    const start = performance.now();
    const result = (await server.request('textDocument/completion', { textDocument, position })) as {
      items: { label: string }[];
    };
    times.push(performance.now() - start);
    labels = result.items.map((item) => item.label);
  }
  server.end();
  const [first, ...later] = times.map((time) => Math.round(time));
  console.log(
    `completion of an option's name: first ${first} ms, then ${later.join(', ')} ms; offers port: ${labels.includes('port?')}`,
  );
}
