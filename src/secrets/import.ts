// Secrets as other tools keep them, read once: age files (agenix), values of a sops file, Ansible vaults.
import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { parse, YAMLError } from 'yaml';
import { didYouMean, nearest, SteadError } from '../options/index.ts';
import { decrypted, headerOf } from './age-file.ts';
import type { AnyIdentity } from './identities.ts';

/** What it takes to read a file of another tool. */
export interface ImportKeys {
  identities(): readonly AnyIdentity[];
  /** Of an Ansible vault. */
  password(): Promise<string>;
}

/**
 * The plaintext of a file that another tool encrypted; which one is told by its content.
 * @param key which value of a YAML or JSON file, with dots between levels: `db.password`
 * @throws SteadError `secrets.import`
 */
export async function imported(
  file: Uint8Array,
  key: string | undefined,
  keys: ImportKeys,
): Promise<Uint8Array> {
  const text = Buffer.from(file).toString('utf8');
  if (isVault(text)) {
    const content = opened(text, await keys.password());
    return key === undefined ? content : Buffer.from(valueAt(document(content.toString()), key));
  }
  if ((await headerOf(file)) !== undefined) return fromAge(file, keys);
  const whole = document(text);
  const sops = isRecord(whole) ? whole['sops'] : undefined;
  const value = valueAt(isRecord(whole) ? without(whole, 'sops') : whole, key);
  if (isRecord(sops)) return Buffer.from(await fromSops(value, key!, sops, keys));
  if (isVault(value)) return opened(value, await keys.password());
  throw refusal(
    'it is neither an age file, nor one of sops, nor an Ansible vault',
    'What is no ciphertext is piped in: stead secrets set NAME',
  );
}

async function fromAge(file: Uint8Array, { identities }: ImportKeys): Promise<Uint8Array> {
  try {
    return await decrypted(file, identities());
  } catch (cause) {
    if (cause instanceof SteadError) throw cause;
    throw refusal(
      'it does not decrypt with any key that is here',
      'Name another with --identity FILE.',
      cause,
    );
  }
}

/** One value, `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]`; its path is authenticated with it. */
async function fromSops(
  value: string,
  key: string,
  sops: Readonly<Record<string, unknown>>,
  keys: ImportKeys,
): Promise<string> {
  const [, data, iv, tag] =
    /^ENC\[AES256_GCM,data:([^,]*),iv:([^,]+),tag:([^,]+),type:\w+\]$/.exec(value) ?? [];
  // Some values of such a file are meant to be read.
  if (data === undefined) return value;
  const dataKey = await sopsKey(sops, keys);
  const decipher = createDecipheriv('aes-256-gcm', dataKey, Buffer.from(iv!, 'base64'));
  decipher.setAAD(
    Buffer.from(
      key
        .split('.')
        .map((part) => `${part}:`)
        .join(''),
    ),
  );
  decipher.setAuthTag(Buffer.from(tag!, 'base64'));
  try {
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]).toString();
  } catch (cause) {
    throw refusal(
      `the value ${key} is damaged, or was moved there from another place`,
      'Look at it with sops.',
      cause,
    );
  }
}

/** The key of all values, which every recipient has an age file of. */
async function sopsKey(sops: Readonly<Record<string, unknown>>, keys: ImportKeys): Promise<Uint8Array> {
  const stanzas = Array.isArray(sops['age']) ? (sops['age'] as unknown[]) : [];
  const files = stanzas.flatMap((one) =>
    isRecord(one) && typeof one['enc'] === 'string' ? [one['enc']] : [],
  );
  if (files.length === 0) {
    throw refusal(
      'sops encrypted it for no age key',
      'Add one with `sops updatekeys`, or pipe the value in: sops -d --extract …',
    );
  }
  for (const [index, file] of files.entries()) {
    try {
      return await fromAge(Buffer.from(file), keys);
    } catch (error) {
      if (index === files.length - 1) throw error;
    }
  }
  throw new TypeError('no file was tried');
}

function isVault(text: string): boolean {
  return text.trimStart().startsWith('$ANSIBLE_VAULT;');
}

/** ansible-vault's format, version 1.1 and 1.2: hex of salt, HMAC and AES-256-CTR ciphertext, each in hex. */
function opened(text: string, password: string): Buffer {
  const [head = '', ...body] = text.trim().split(/\s+/);
  const [, version, cipher] = head.split(';');
  if (cipher !== 'AES256' || (version !== '1.1' && version !== '1.2')) {
    throw refusal(
      `it is an Ansible vault of the form ${version};${cipher}, not 1.1 or 1.2;AES256`,
      'Rekey it with ansible-vault.',
    );
  }
  const [salt, sum, data] = Buffer.from(body.join(''), 'hex')
    .toString('latin1')
    .split('\n')
    .map((part) => Buffer.from(part, 'hex'));
  if (salt === undefined || sum === undefined || data === undefined)
    throw refusal('the Ansible vault is cut short', 'Copy it again.');
  const derived = pbkdf2Sync(password, salt, 10_000, 80, 'sha256');
  const expected = createHmac('sha256', derived.subarray(32, 64)).update(data).digest();
  if (sum.length !== expected.length || !timingSafeEqual(sum, expected)) {
    throw refusal(
      'the password of the Ansible vault is another one, or the vault is damaged',
      'Try `ansible-vault view` with it.',
    );
  }
  const decipher = createDecipheriv('aes-256-ctr', derived.subarray(0, 32), derived.subarray(64));
  const padded = Buffer.concat([decipher.update(data), decipher.final()]);
  // PKCS #7, which CTR does not need: the last byte says how many to leave out.
  return padded.subarray(0, padded.length - padded.at(-1)!);
}

function document(text: string): unknown {
  try {
    // `!vault` and other tags of the tool's own stand before plain text. No message of the parser is shown: it quotes.
    return parse(text, { logLevel: 'silent' });
  } catch (error) {
    if (!(error instanceof YAMLError)) throw error;
    throw refusal(
      'it is neither an age file, nor YAML or JSON, nor an Ansible vault',
      'Name the file that is encrypted.',
    );
  }
}

function valueAt(whole: unknown, key: string | undefined): string {
  const names = leaves(whole);
  if (key === undefined) {
    throw refusal(
      names.length > 0 ? `it has several values: ${names.join(', ')}` : 'it is no ciphertext',
      'Say which one with --key.',
    );
  }
  let value = whole;
  for (const part of key.split('.'))
    value = isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  const near = nearest(key, names);
  throw refusal(`it has no value ${key}`, didYouMean(near) ?? `It has: ${names.join(', ')}.`);
}

/** Paths of all values; never what they are. */
function leaves(value: unknown, path = ''): string[] {
  if (!isRecord(value)) return path === '' ? [] : [path];
  return Object.entries(value).flatMap(([name, one]) => leaves(one, path === '' ? name : `${path}.${name}`));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function without(record: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

function refusal(problem: string, hint: string, cause?: unknown): SteadError {
  return new SteadError({
    code: 'secrets.import',
    message: `the file cannot be imported: ${problem}`,
    hint,
    cause,
  });
}
