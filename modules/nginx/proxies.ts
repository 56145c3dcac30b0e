// Where requests are passed on to, and whether anything listens there, as far as the fleet knows.
import type { FleetView, HostView, Statement } from 'stead';
import { network } from '../network/index.ts';
import { ports } from '../ports/index.ts';
import { isAny } from './listeners.ts';

/** A host of the fleet that an address belongs to, and a port of it that nothing listens on. */
export interface Unanswered {
  readonly host: HostView;
  readonly port: number;
}

/**
 * The port that a URL, or `address:port`, leads to in vain. Undefined where something listens, where the address is none
 * of the fleet's, and where it is a variable or a socket file.
 * @param from the host whose `localhost` is meant
 */
export function unanswered(target: string, from: HostView, fleet: FleetView): Unanswered | undefined {
  const parsed = parseTarget(target);
  if (parsed === undefined) return undefined;
  const owner =
    hostAt(parsed.name, from, fleet) ??
    fleet.hosts.find((host) => host.uses(ports) && host.get(ports).serves.includes(parsed.name));
  if (owner === undefined) return undefined;
  const listeners = owner.uses(ports) ? Object.values(owner.get(ports).listen) : [];
  const answered = listeners.some(
    ({ port, protocol, address }) =>
      port === parsed.port && protocol === 'tcp' && (address === undefined || reaches(parsed.name, address)),
  );
  return answered ? undefined : { host: owner, port: parsed.port };
}

/** Ports that are further apart are no slip of the hand. */
const NEAR = 100;

/** That nothing listens where something leads to, and what does at a port that is near. */
export function nothingListens(what: string, { host, port }: Unanswered): Statement {
  const near = Object.entries(host.get(ports).listen)
    .filter(([, one]) => one.protocol === 'tcp' && Math.abs(one.port - port) <= NEAR)
    .sort(([, one], [, other]) => Math.abs(one.port - port) - Math.abs(other.port - port))[0];
  const instead = near === undefined ? '' : ` (${near[0]} does on ${near[1].port})`;
  return {
    message: `${what}, and nothing listens on tcp port ${port} of ${host.name}${instead}`,
    hint: 'Mend the port, or define the service there; one that no module knows is said with `ports({ listen: … })`.',
  };
}

/** The name or address in a URL or in `address:port`, with the port; undefined where no host is named. */
export function parseTarget(target: string): { readonly name: string; readonly port: number } | undefined {
  const [, scheme, bracketed, plain, port] =
    /^(?:(https?):\/\/)?(?:\[([0-9A-Fa-f:.]+)\]|([^/:$\s]+))(?::(\d+))?(?:[/?].*)?$/.exec(target) ?? [];
  const name = bracketed ?? plain;
  if (name === undefined || name === 'unix') return undefined;
  return {
    name: name.toLowerCase(),
    port: port === undefined ? (scheme === 'https' ? 443 : 80) : Number(port),
  };
}

/** The host that has a name or an address: `from` for `localhost`. */
export function hostAt(name: string | undefined, from: HostView, fleet: FleetView): HostView | undefined {
  if (name === undefined) return undefined;
  if (isLoopback(name)) return from;
  return fleet.hosts.find((host) => {
    const { addresses, aliases } = host.get(network);
    return host.name === name || aliases.includes(name) || Object.values(addresses).includes(name);
  });
}

/** Whether what listens at `address` is what a client asks for by `name`. */
function reaches(name: string, address: string): boolean {
  if (isAny(address) || name === address) return true;
  if (isLoopback(address)) return name === 'localhost' || (isLoopback(name) && name === address);
  // Of a name it is not said which of the host's addresses it stands for.
  return !/^[\d.]+$|:/.test(name) && !isLoopback(name);
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || name.startsWith('127.');
}
