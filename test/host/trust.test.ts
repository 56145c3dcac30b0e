// Whose bundles a host takes, with real keys and signatures.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { signatureNamespace, signedText } from '../../src/bundle/index.ts';
import { available } from '../setup/programs.ts';
import { makeKey } from '../targets/sshd.ts';
import { makeBundle, type Bundle } from './bundle.ts';
import { makeHost, shells, type Host } from './host.ts';

const folder = mkdtempSync(join(tmpdir(), 'stead-trust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keys: Record<string, string> = {};

/** A line of the list for a key of that name, which is made when it is first named. */
function signer(name: string): string {
  keys[name] ??= makeKey(join(folder, name));
  return `${name} namespaces="${signatureNamespace}" ${keys[name]}\n`;
}

function sign(
  name: string,
  signed: { readonly host: string; readonly hash: string },
  namespace = signatureNamespace,
): string {
  signer(name);
  const args = ['-q', '-Y', 'sign', '-f', join(folder, name), '-n', namespace];
  return execFileSync('ssh-keygen', args, { input: signedText(signed), encoding: 'utf8' });
}

function bundleWith(list: string, motd: string, host = 'gateway'): Bundle {
  return makeBundle({ host, files: { '/etc/motd': motd, '/etc/stead/allowed_signers': list } });
}

function list(host: Host): string {
  return readFileSync(`${host.root}/var/lib/stead/allowed_signers`, 'utf8');
}

async function switchSigned(host: Host, bundle: Bundle, signature: string) {
  if (!existsSync(`${host.root}/var/lib/stead/store/${bundle.name}`)) {
    expect(await host.receive(bundle)).toMatchObject({ code: 0 });
  }
  return host.verb(['switch', bundle.name, '--signature', 'yes'], signature);
}

/** A host that trusts one key. */
async function trusting(name: string, shell?: string): Promise<Host> {
  const host = makeHost(shell);
  expect(await host.switchTo(bundleWith(signer(name), 'one'))).toMatchObject({ code: 0 });
  expect(existsSync(`${host.root}/var/lib/stead/allowed_signers`)).toBe(false);
  expect(await host.verb(['confirm'])).toMatchObject({ code: 0 });
  expect(list(host)).toBe(signer(name));
  return host;
}

async function refused(host: Host, bundle: Bundle, signature: string, message: string): Promise<void> {
  const tree = host.tree();
  const early = await host.verb(['admit', bundle.name], signature);
  expect(early).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `stead-host: ${message}; nothing was changed\n`,
  });
  expect(await switchSigned(host, bundle, signature)).toEqual(early);
  expect(host.tree()).toEqual(tree);
  expect(existsSync(`${host.root}/var/lib/stead/store/${bundle.name}/signature`)).toBe(false);
}

describe.runIf(available('ssh-keygen')).each(shells())('under %s', { concurrent: true }, (shell) => {
  test('a host with a list takes what is signed by a key on it, and nothing else', async () => {
    const host = await trusting('me', shell);
    const next = bundleWith(signer('me'), 'two');
    const good = sign('me', next);
    await refused(host, next, '', `this host takes signed bundles only, and ${next.name} has no signature`);
    const damaged = `the signature of ${next.name} does not hold: it is damaged, or was made for something else`;
    const lines = good.split('\n');
    const middle = lines[3]!;
    await refused(host, next, good.replace(middle, [...middle].reverse().join('')), damaged);
    await refused(host, next, lines.slice(0, 4).join('\n'), damaged);
    await refused(host, next, 'no signature at all', damaged);
    await refused(host, next, sign('me', { host: 'gateway', hash: bundleWith('', 'x').hash }), damaged);
    await refused(host, next, sign('me', { host: 'vps', hash: next.hash }), damaged);
    await refused(host, next, sign('me', next, 'file'), damaged);
    const stranger = execFileSync('ssh-keygen', ['-lf', join(folder, (signer('stranger'), 'stranger'))], {
      encoding: 'utf8',
    });
    const unknown = `${next.name} is signed with a key that this host does not know (${stranger.split(' ')[1]})`;
    await refused(host, next, sign('stranger', next), unknown);
    expect(await switchSigned(host, next, sign('stranger', next) + good)).toMatchObject({ code: 0 });
    expect(host.read('/etc/motd')).toBe('two');
  });

  test('a bundle for another host is refused, whoever signed it', async () => {
    const host = await trusting('me', shell);
    const other = bundleWith(signer('me'), 'two', 'vps');
    await refused(
      host,
      other,
      sign('me', other),
      `this host is gateway, and the bundle ${other.name} is for vps`,
    );
  });

  test('an old key brings the new list, when it is confirmed; a rollback takes no list back and needs no signature', async () => {
    const host = await trusting('old', shell);
    const next = bundleWith(signer('new'), 'two');
    expect(await switchSigned(host, next, sign('old', next))).toMatchObject({ code: 0 });
    expect(list(host)).toBe(signer('old'));
    expect(await host.verb(['confirm'])).toMatchObject({ code: 0 });
    expect(list(host)).toBe(signer('new'));
    expect(await host.verb(['rollback'])).toMatchObject({ code: 0 });
    expect(await host.verb(['confirm'])).toMatchObject({ code: 0 });
    expect(host.read('/etc/motd')).toBe('one');
    expect(list(host)).toBe(signer('new'));
    // What was signed by the old key is not taken as new again; rolling forward to it is.
    const again = bundleWith(signer('old'), 'three');
    expect(await switchSigned(host, again, sign('old', again))).toMatchObject({ code: 1 });
    expect(await host.verb(['rollback', '2'])).toMatchObject({ code: 0 });
  });
});

test('the signature is kept beside the bundle, so that the host can be switched to it by hand', async () => {
  const host = await trusting('me');
  const next = bundleWith(signer('me'), 'two');
  expect(await switchSigned(host, next, sign('me', next))).toMatchObject({ code: 0 });
  const last = bundleWith(signer('me'), 'three');
  expect(await switchSigned(host, last, sign('me', last))).toMatchObject({ code: 0 });
  expect(await host.verb(['switch', next.name])).toMatchObject({ code: 0 });
  expect(await host.verb(['verify'])).toMatchObject({ code: 0 });
});

test('a rollback checks the hash again', async () => {
  const host = await trusting('me');
  const next = bundleWith(signer('me'), 'two');
  expect(await switchSigned(host, next, sign('me', next))).toMatchObject({ code: 0 });
  const object = bundleWith(signer('me'), 'one').rows.find((row) => row.path === '/etc/motd')!.object;
  writeFileSync(`${host.root}/var/lib/stead/store/${object}`, 'two');
  const result = await host.verb(['rollback']);
  expect(result).toMatchObject({ code: 1 });
  expect(result.stderr).toContain('the content of /etc/motd does not hold');
  expect(host.read('/etc/motd')).toBe('two');
});
