// Where virtual hosts listen: from NixOS's switches to addresses and ports.
import type { z } from 'zod';
import type { nginx } from './options.ts';

export type Nginx = z.output<typeof nginx.schema>;
export type VirtualHost = Nginx['virtualHosts'][string];
export type Listener = VirtualHost['listen'][number];

/** Every listener of a virtual host; those that only send on to TLS are among them. */
export function listenersOf(site: VirtualHost, self: Nginx): readonly Listener[] {
  return [...servingListeners(site, self), ...redirectingListeners(site, self)];
}

/** Where the site itself is. */
export function servingListeners(site: VirtualHost, self: Nginx): readonly Listener[] {
  if (site.listen.length > 0) return site.listen;
  const tls = hasTls(site) ? at(443, true, site, self) : [];
  return site.onlySSL || site.forceSSL ? tls : [...at(80, false, site, self), ...tls];
}

/** Where requests are only sent on to TLS. */
export function redirectingListeners(site: VirtualHost, self: Nginx): readonly Listener[] {
  return site.forceSSL && site.listen.length === 0 ? at(80, false, site, self) : [];
}

export function hasTls(site: VirtualHost): boolean {
  return site.forceSSL || site.addSSL || site.onlySSL || site.listen.some(({ ssl }) => ssl);
}

/** The value of a `listen` directive. Both nginx 1.22 and later take HTTP/2 as a word of it. */
export function listenText(listener: Listener, http2: boolean, isDefault: boolean): string {
  const { port, ssl, proxyProtocol, extraParameters } = listener;
  return [
    `${hostText(listener.addr)}:${port}`,
    ...(isDefault ? ['default_server'] : []),
    ...(ssl ? ['ssl'] : []),
    ...(ssl && http2 ? ['http2'] : []),
    ...(proxyProtocol ? ['proxy_protocol'] : []),
    ...extraParameters,
  ].join(' ');
}

/** One listener is another's socket by this. */
export function socketOf({ addr, port }: Listener): string {
  return `${hostText(addr)}:${port}`;
}

/** Whether it stands for every address of the host. */
export function isAny(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address);
}

function at(port: number, ssl: boolean, site: VirtualHost, self: Nginx): Listener[] {
  const addresses = site.listenAddresses.length > 0 ? site.listenAddresses : self.defaultListenAddresses;
  return addresses.map((addr) => ({ addr, port, ssl, proxyProtocol: false, extraParameters: [] }));
}

function hostText(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
