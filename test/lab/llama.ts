// A host that serves tiny language models, each of which answers with its own name, and who asks it over TLS.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../../src/lab/index.ts';
import { folder, run, write } from '../cli/stead.ts';
import type { Host, TestLab } from './driver.ts';

/** Writes a tiny model; not part of this repository. */
export const MAKER = resolve(import.meta.dirname, '../../../shared/tools/mk-tiny-gguf.mjs');
export const hasModels = existsSync(MAKER);
if (!hasModels) console.log(`no ${MAKER}: tests that serve tiny models are skipped`);

export const ADDRESS = '10.42.0.10';
export const KEY = 'a-key-that-nobody-may-see-0123456789';

const made = folder();
const words: Readonly<Record<string, string[]>> = {
  'tiny-a': [],
  'tiny-b': [],
  'tiny-endless': ['--endless'],
};

/** The catalogue, as configuration says it, once the models are made. */
export function makeModels(): string {
  const entries = Object.entries(words).map(([name, more]) => {
    const file = join(made, `${name}.gguf`);
    execFileSync(process.execPath, [MAKER, '--out', file, '--name', name, ...more]);
    const content = readFileSync(file);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return `'${name}': { path: '/srv/models/${name}.gguf', sha256: '${sha256}', size: ${content.length} }`;
  });
  return `{ ${entries.join(', ')} }`;
}

/** Puts the models where the catalogue says that the host has them. */
export async function bringModels(host: Host): Promise<void> {
  await host.put(made, '/srv/models');
}

/** Pins what recipes are made from, by a lock that is kept until something else is asked for; what is fetched stays, too. */
export async function pin(path: string, name = 'llama'): Promise<void> {
  const kept = join(cacheFolder(), 'recipes');
  const [lock, own] = [join(kept, `${name}.lock`), join(path, 'stead.lock')];
  mkdirSync(join(kept, 'sources'), { recursive: true });
  mkdirSync(join(path, 'out'), { recursive: true });
  symlinkSync(join(kept, 'sources'), join(path, 'out/sources'));
  if (existsSync(lock)) copyFileSync(lock, own);
  if ((await run(['build', '--repo', path])).code === 0) return;
  const updated = await run(['update', '--repo', path]);
  if (updated.code !== 0) throw new Error(updated.stderr);
  copyFileSync(own, lock);
}

/** Asks a question over TLS, with the key or another one; gives the status and the answer. */
export const ask = async (
  lab: TestLab,
  { model = '', key = KEY, path = '/v1/chat/completions' } = {},
): Promise<{ status: number; text: string }> => {
  const { stdout } = await lab.operator([process.execPath, '-e', CLIENT, 'ask', model, key, path]);
  return JSON.parse(stdout) as { status: number; text: string };
};

/** Asks a model that never ends, until so many tokens have come; gives in how many parts. */
export const listen = async (
  lab: TestLab,
  model: string,
  tokens: number,
): Promise<{ parts: number; all: number }> => {
  const { stdout } = await lab.operator([
    process.execPath,
    '-e',
    CLIENT,
    'listen',
    model,
    KEY,
    String(tokens),
  ]);
  return JSON.parse(stdout) as { parts: number; all: number };
};

/** Node's own client, since it says what came in which part. The certificate is nobody's that it knows. */
const CLIENT = `
const [what, model, key, more] = process.argv.slice(1);
const stream = what === 'listen';
const path = stream ? '/v1/chat/completions' : more;
const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Who are you?' }] });
const method = path.startsWith('/v1/chat') ? 'POST' : 'GET';
const request = require('node:https').request({ host: '${ADDRESS}', servername: 'llm.wildelab.com', rejectUnauthorized: false,
  method, path, timeout: 60000, headers: { host: 'llm.wildelab.com', 'content-type': 'application/json',
  ...(key === '' ? {} : { authorization: 'Bearer ' + key }) } }, (answer) => {
  const parts = [];
  const count = (text) => text.split('data: ').length - 1;
  answer.on('data', (part) => {
    parts.push(part.toString());
    const all = count(parts.join(''));
    if (!stream || all < Number(more)) return;
    console.log(JSON.stringify({ parts: parts.length, all }));
    process.exit(0);
  });
  answer.on('end', () => {
    const text = parts.join('');
    let said = text;
    try { said = JSON.parse(text).choices?.[0].message.content ?? text; } catch {}
    console.log(JSON.stringify({ status: answer.statusCode, text: said }));
  });
});
request.on('error', (error) => { console.log(JSON.stringify({ status: 0, text: String(error) })); });
request.end(method === 'POST' ? body : undefined);
`;

/** Writes the host's file: nginx before a server at port 8080. */
export function declare(
  path: string,
  catalogue: string,
  server: string,
  more = '',
  hostKey = '',
  administrator = '',
): void {
  write(
    path,
    'hosts/box.ts',
    `import { host, packages, recipes, secretPath, secrets, target } from 'stead';
import { certificates } from 'stead/modules/certificates';
import { llama } from 'stead/modules/llama';
import { llamaOnDemand } from 'stead/modules/llamaOnDemand';
import { models } from 'stead/modules/models';
import { nginx } from 'stead/modules/nginx';
export default host('box', { use: [
  target({ ssh: { address: '${ADDRESS}', hostKeys: ['${hostKey}'] } }),
  recipes({ platform: { architecture: '${process.arch === 'arm64' ? 'arm64' : 'amd64'}', suite: 'bookworm' } }),
  secrets({ administrators: { me: '${administrator}' }, files: { 'llm/key': {} } }),
  models({ catalogue: ${catalogue} }),
  certificates({ certs: { llm: { domains: ['llm.wildelab.com'], issuer: 'selfSigned' } } }),
  nginx({ virtualHosts: { 'llm.wildelab.com': { onlySSL: true, certificate: 'llm',
    locations: { '/': { proxyPass: 'http://127.0.0.1:8080', streaming: true } } } } }),
  ${server}
  ${more}
] });
`,
  );
}
