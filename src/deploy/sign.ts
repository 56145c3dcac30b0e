// Signs bundles with the administrator's SSH key, from the agent or from a key file, in ssh-keygen's format.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIGNATURE, signatureNamespace, signedText } from '../bundle/index.ts';
import { signers } from '../bundle/sets/index.ts';
import { explain, SteadError, type HostEvaluation } from '../options/index.ts';
import type { BuiltHost } from './build.ts';

/** The machine that signs, as far as keys go. */
export interface SigningEnvironment {
  readonly homeDirectory: string;
  /** The socket of an SSH agent. */
  readonly agentSocket?: string;
}

/** A bundle, and its signature where its host declares signers. */
export interface SignedHost extends BuiltHost {
  readonly signature?: string;
}

/** Key files that ssh itself tries. */
const IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa', 'id_ed25519_sk', 'id_ecdsa_sk'];

/**
 * Signs every bundle whose host declares signers: by every declared key that the agent has, else by those that are
 * key files here. While keys change hands, each host knows one of them.
 * @param outDir where bundles stand: signatures there that hold are kept
 * @throws SteadError `build.signer` where no key is at hand, `signing.failed` where it does not sign
 */
export async function signHosts(
  built: readonly BuiltHost[],
  outDir: string,
  environment: SigningEnvironment,
): Promise<readonly SignedHost[]> {
  const declared = built.map((one) => Object.entries(one.host.get(signers).keys));
  if (declared.every((keys) => keys.length === 0)) return built;
  const folder = mkdtempSync(join(tmpdir(), 'stead-sign-'));
  try {
    const atHand = await keysAtHand(environment);
    const signed: SignedHost[] = [];
    for (const [index, one] of built.entries()) {
      const keys = declared[index]!;
      signed.push(
        keys.length === 0
          ? one
          : { ...one, signature: await signatureOf(one, outDir, keys, atHand, folder, environment) },
      );
    }
    return signed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Public keys, type and base64, each with the file to sign with; null where the agent has it. */
type Keys = ReadonlyMap<string, string | null>;

interface KeysAtHand {
  readonly agent: Keys;
  readonly files: Keys;
}

async function keysAtHand(environment: SigningEnvironment): Promise<KeysAtHand> {
  const offered = environment.agentSocket === undefined ? [] : await agentKeys(environment);
  const files = IDENTITIES.flatMap((name): [string, string][] => {
    const file = join(environment.homeDirectory, '.ssh', name);
    try {
      return [[bareKey(readFileSync(`${file}.pub`, 'utf8')), file]];
    } catch {
      // Nobody has all of them.
      return [];
    }
  });
  return { agent: new Map(offered.map((key) => [key, null])), files: new Map(files) };
}

async function agentKeys(environment: SigningEnvironment): Promise<string[]> {
  // An agent without keys, or one that is gone, ends with an error: there is nothing to sign with in it.
  const { code, stdout } = await sshTool('ssh-add', ['-L'], '', environment);
  return code === 0
    ? stdout
        .split('\n')
        .filter((line) => line !== '')
        .map(bareKey)
    : [];
}

/** Without a comment. */
function bareKey(line: string): string {
  return line.trim().split(' ').slice(0, 2).join(' ');
}

async function signatureOf(
  { host, bundle }: BuiltHost,
  outDir: string,
  declared: readonly (readonly [name: string, key: string])[],
  atHand: KeysAtHand,
  folder: string,
  environment: SigningEnvironment,
): Promise<string> {
  const text = signedText(bundle.manifest);
  const kept = await keptSignature(join(outDir, host.name, SIGNATURE), text, declared, folder, environment);
  return kept ?? (await signaturesOver(text, host, declared, atHand, folder, environment));
}

/**
 * Signatures over a text that a host is to trust; empty where it declares no signers.
 * @throws as `signHosts`
 */
export async function signText(
  host: HostEvaluation,
  text: string,
  environment: SigningEnvironment,
): Promise<string> {
  const declared = Object.entries(host.get(signers).keys);
  if (declared.length === 0) return '';
  const folder = mkdtempSync(join(tmpdir(), 'stead-sign-'));
  try {
    const atHand = await keysAtHand(environment);
    return await signaturesOver(text, host, declared, atHand, folder, environment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function signaturesOver(
  text: string,
  host: HostEvaluation,
  declared: readonly (readonly [name: string, key: string])[],
  { agent, files }: KeysAtHand,
  folder: string,
  environment: SigningEnvironment,
): Promise<string> {
  const keys = declared.map(([, key]) => bareKey(key));
  const source = keys.some((key) => agent.has(key)) ? agent : files;
  const usable = [...new Set(keys)].filter((key) => source.has(key));
  if (usable.length === 0) throw noKey(host, declared);
  let signature = '';
  for (const key of usable) {
    signature += await signatureBy(key, source.get(key) ?? null, text, host, folder, environment);
  }
  return signature;
}

async function signatureBy(
  key: string,
  identity: string | null,
  text: string,
  host: HostEvaluation,
  folder: string,
  environment: SigningEnvironment,
): Promise<string> {
  const publicKey = join(folder, 'key.pub');
  if (identity === null) writeFileSync(publicKey, `${key}\n`);
  const args = ['-Y', 'sign', '-f', identity ?? publicKey, '-n', signatureNamespace];
  const { code, stdout, stderr } = await sshTool('ssh-keygen', args, text, environment);
  if (code === 0) return stdout;
  throw new SteadError({
    code: 'signing.failed',
    host: host.name,
    message: `ssh-keygen could not sign with ${identity ?? 'a key in the SSH agent'}: ${stderr.trim()}`,
    hint: 'Try the key by hand: echo test | ssh-keygen -Y sign -n test -f KEY',
  });
}

/** What stands in a file, where all of it is by declared signers over this text. */
async function keptSignature(
  file: string,
  text: string,
  declared: readonly (readonly [name: string, key: string])[],
  folder: string,
  environment: SigningEnvironment,
): Promise<string | undefined> {
  let signature: string;
  try {
    signature = readFileSync(file, 'utf8');
  } catch {
    // None stands there.
    return undefined;
  }
  const allowed = join(folder, 'allowed_signers');
  writeFileSync(allowed, declared.map(([name, key]) => `${name} ${bareKey(key)}\n`).join(''));
  const one = join(folder, 'signature');
  for (const block of signature.split(/(?<=^-----END SSH SIGNATURE-----\n)/m)) {
    writeFileSync(one, block);
    if (!(await holds(one, text, allowed, environment))) return undefined;
  }
  return signature;
}

async function holds(
  file: string,
  text: string,
  allowed: string,
  environment: SigningEnvironment,
): Promise<boolean> {
  const find = ['-Y', 'find-principals', '-f', allowed, '-s', file];
  const found = await sshTool('ssh-keygen', find, '', environment);
  const [name = ''] = found.stdout.split('\n');
  if (found.code !== 0 || name === '') return false;
  const verify = ['-Y', 'verify', '-f', allowed, '-I', name, '-n', signatureNamespace, '-s', file];
  return (await sshTool('ssh-keygen', verify, text, environment)).code === 0;
}

function noKey(
  host: HostEvaluation,
  declared: readonly (readonly [name: string, key: string])[],
): SteadError {
  const names = declared.map(([name]) => name).join(', ');
  return new SteadError({
    code: 'build.signer',
    host: host.name,
    option: 'signers.keys',
    message: `its bundle cannot be signed: no key of its signers (${names}) is at hand`,
    places: explain(host, signers, ['keys']).map((one) => one.place),
    hint: 'Load one into the SSH agent (ssh-add), or have its .pub file beside it in ~/.ssh; or declare your own key here.',
  });
}

async function sshTool(
  program: 'ssh-add' | 'ssh-keygen',
  args: readonly string[],
  input: string,
  { homeDirectory, agentSocket }: SigningEnvironment,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { execa } = await import('execa');
  const result = await execa(program, args, {
    reject: false,
    input,
    stripFinalNewline: false,
    env: { HOME: homeDirectory, SSH_AUTH_SOCK: agentSocket ?? '' },
  });
  if (result.code === 'ENOENT') {
    throw new SteadError({
      code: 'signing.tool',
      message: `${program} is missing on this machine, and this fleet declares signers`,
      hint: 'Install openssh-client.',
    });
  }
  return { code: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
}
