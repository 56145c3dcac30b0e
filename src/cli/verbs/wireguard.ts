// stead wireguard peer: the configuration of a roaming device, as text, and on a terminal as a QR code for its camera.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { renderUnicodeCompact } from 'uqr';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../../deploy/index.ts';
import { didYouMean, nearest, SteadError, type Evaluation } from '../../options/index.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';

const argumentsSchema = z.tuple([z.literal('peer'), z.string()]);
const optionsSchema = z.object({
  privateKeyFile: z.string().optional(),
  presharedKeyFile: z.string().optional(),
});

/** What modules/wireguard says of a device. */
const devicesSchema = z.record(
  z.string(),
  z.object({ publicKey: z.string(), conf: z.string(), shared: z.boolean() }),
);

type Device = z.output<typeof devicesSchema>[string] & { readonly hub: string };

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const [, name] = argumentsSchema.parse(args);
  const { privateKeyFile, presharedKeyFile } = optionsSchema.parse(options);
  const { evaluation } = await evaluated(context);
  const device = deviceNamed(evaluation, name);
  if (presharedKeyFile !== undefined && !device.shared) throw notShared(name);
  const privateKey = privateKeyFile === undefined ? undefined : readKey(privateKeyFile);
  if (privateKey !== undefined) checkOwner(name, device, privateKey);
  const presharedKey = presharedKeyFile === undefined ? undefined : readKey(presharedKeyFile);
  const conf = withKey(withKey(device.conf, 'PrivateKey', privateKey), 'PresharedKey', presharedKey);
  const complete = privateKey !== undefined && (presharedKey !== undefined || !device.shared);

  if (context.json) {
    const { hub, publicKey } = device;
    context.print(JSON.stringify({ device: name, hub, publicKey, complete, conf }, null, 2));
    return EXIT.done;
  }
  context.process.stdout.write(conf);
  if (!complete) context.note(missingText(device, privateKey === undefined));
  else if (context.process.stdout.isTTY === true) {
    context.print('');
    context.print(renderUnicodeCompact(conf, { border: 2 }));
  }
  return EXIT.done;
}

function deviceNamed(evaluation: Evaluation, name: string): Device {
  const all = new Map<string, Device>();
  for (const host of evaluation.hosts) {
    const set = host.usedSets().find((one) => one.name === 'wireguardDevices');
    if (set === undefined) continue;
    const devices = devicesSchema.parse((host.get(set) as { devices: unknown }).devices);
    for (const [key, one] of Object.entries(devices)) {
      const other = all.get(key);
      if (key === name && other !== undefined) throw ambiguous(name, other.hub, host.name);
      all.set(key, { ...one, hub: host.name });
    }
  }
  const found = all.get(name);
  if (found !== undefined) return found;
  const known = [...all.keys()].sort();
  const near = nearest(name, known);
  throw new SteadError({
    code: 'wireguard.device',
    message: `no hub of the fleet has a roaming device "${name}"`,
    hint:
      didYouMean(near) ??
      (known.length > 0
        ? `Devices: ${known.join(', ')}.`
        : `Add it to \`roaming\` of the hub: wireguard({ roaming: { ${JSON.stringify(name)}: { address: …, publicKey: … } } }).`),
  });
}

function ambiguous(name: string, one: string, other: string): SteadError {
  return new SteadError({
    code: 'wireguard.device',
    message: `${one} and ${other} both have a roaming device "${name}"`,
    hint: 'Give each a name of its own: an address and a key belong to one mesh.',
  });
}

/** Keys come from files and pipes only: an argument would stand in the list of processes. */
function readKey(file: string): string {
  const text = readFileText(file).trim();
  if (isKey(text)) return text;
  throw new SteadError({
    code: 'wireguard.key',
    message: `${shownFile(file)} does not hold a WireGuard key: base64 of 32 bytes`,
    hint: 'Make one with `wg genkey`, a preshared one with `wg genpsk`.',
  });
}

function readFileText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const { message } = cause as Error;
    throw new SteadError({
      code: 'wireguard.key',
      message: `${shownFile(file)} cannot be read: ${message}`,
      cause,
    });
  }
}

function shownFile(file: string): string {
  return file === '-' ? 'standard input' : file;
}

function isKey(text: string): boolean {
  return /^[0-9A-Za-z+/]{43}=$/.test(text) && Buffer.from(text, 'base64').toString('base64') === text;
}

function checkOwner(name: string, { publicKey, hub }: Device, privateKey: string): void {
  const public_ = publicKeyOf(privateKey);
  if (public_ === publicKey) return;
  throw new SteadError({
    code: 'wireguard.key',
    message: `this is not the private key of ${name}: its public key is ${public_}, and ${hub} knows ${name} by ${publicKey}`,
    hint: `Give the other key, or set \`roaming.${name}.publicKey\` of ${hub} to this one's and switch.`,
  });
}

/** X25519 as RFC 7748 has it; the wrapping is that of RFC 8410. */
function publicKeyOf(privateKey: string): string {
  const wrapped = Buffer.concat([
    Buffer.from('302e020100300506032b656e04220420', 'hex'),
    Buffer.from(privateKey, 'base64'),
  ]);
  const key = createPublicKey(createPrivateKey({ key: wrapped, format: 'der', type: 'pkcs8' }));
  return key.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
}

function withKey(conf: string, setting: string, key: string | undefined): string {
  return key === undefined ? conf : conf.replace(new RegExp(`^${setting} = .*$`, 'm'), `${setting} = ${key}`);
}

function missingText({ shared }: Device, needsPrivate: boolean): string {
  const flags = [
    ...(needsPrivate ? ['--private-key-file'] : []),
    ...(shared ? ['--preshared-key-file'] : []),
  ];
  return `Put in the keys where <…> stands, or give ${flags.join(' and ')} (- reads standard input) for a whole configuration and a QR code.`;
}

function notShared(name: string): SteadError {
  return new SteadError({
    code: 'wireguard.key',
    message: `${name} shares no key with the hub`,
    hint: `Leave out --preshared-key-file, or set \`roaming.${name}.presharedKeyFile\` of the hub.`,
  });
}
