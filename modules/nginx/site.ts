// The text of one virtual host: its servers and their locations, as values of the template.
import { certificateFiles } from '../certificates/index.ts';
import {
  hasTls,
  listenText,
  redirectingListeners,
  servingListeners,
  type Listener,
  type Nginx,
  type VirtualHost,
} from './listeners.ts';

type Location = VirtualHost['locations'][string];

interface Server {
  readonly listen: readonly string[];
  readonly names: string;
  readonly directives: readonly string[];
  readonly locations: readonly { readonly path: string; readonly directives: readonly string[] }[];
}

/**
 * The servers of a virtual host: itself, and the one that sends on to TLS where it asks for one.
 * @param webroot the folder in which an issuer of certificates leaves its proofs, if there is one
 */
export function serversOf(site: VirtualHost, self: Nginx, webroot: string | undefined): Server[] {
  const names = [site.serverName, ...site.serverAliases].join(' ');
  const serving = servingListeners(site, self);
  const redirecting = redirectingListeners(site, self);
  const proofs = (listeners: readonly Listener[]): Server['locations'] =>
    webroot === undefined || listeners.every(({ ssl }) => ssl) ? [] : [proofLocation(webroot)];
  const main = {
    listen: serving.map((one) => listenText(one, site.http2, site.default)),
    names,
    directives: siteDirectives(site),
    locations: [...proofs(serving), ...redirectLocation(site), ...locationsOf(site, self)],
  };
  if (redirecting.length === 0) return [main];
  const redirect = {
    listen: redirecting.map((one) => listenText(one, false, site.default)),
    names,
    directives: [],
    locations: [...proofs(redirecting), redirectTo('https://$host$request_uri', site.redirectCode)],
  };
  return [main, redirect];
}

/** A server for names that no virtual host has, at one socket. */
export function catchAllServer(listener: Listener, http2: boolean, status: 404 | 444): Server {
  return {
    listen: [listenText({ ...listener, extraParameters: [] }, http2, true)],
    names: '_',
    directives: [listener.ssl ? 'ssl_reject_handshake on;' : `return ${status};`],
    locations: [],
  };
}

export function textLines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function siteDirectives(site: VirtualHost): string[] {
  return [...tlsDirectives(site), ...given('root', site.root), ...accessDirectives(site)];
}

function tlsDirectives(site: VirtualHost): string[] {
  if (!hasTls(site)) return [];
  const { certificate, sslCertificate, sslCertificateKey, sslTrustedCertificate } = site;
  const files = certificate === undefined ? undefined : certificateFiles(certificate);
  return [
    ...given('ssl_certificate', files?.fullChain ?? sslCertificate),
    ...given('ssl_certificate_key', files?.privateKey ?? sslCertificateKey),
    ...given('ssl_trusted_certificate', sslTrustedCertificate),
  ];
}

function accessDirectives(place: VirtualHost | Location): string[] {
  return [
    ...given('client_max_body_size', place.clientMaxBodySize),
    ...place.deny.map((address) => `deny ${address};`),
    ...place.allow.map((address) => `allow ${address};`),
    ...(place.allow.length > 0 ? ['deny all;'] : []),
    ...(place.basicAuthFile === undefined
      ? []
      : ['auth_basic secured;', ...given('auth_basic_user_file', place.basicAuthFile)]),
    ...textLines(place.extraConfig),
  ];
}

function locationsOf(site: VirtualHost, self: Nginx): Server['locations'] {
  return Object.entries(site.locations)
    .sort(([, left], [, right]) => left.priority - right.priority)
    .map(([path, location]) => ({ path, directives: locationDirectives(location, self) }));
}

function locationDirectives(location: Location, self: Nginx): string[] {
  return [
    ...plain('proxy_pass', location.proxyPass),
    ...(location.proxyPass === undefined ? [] : proxyDirectives(location, self)),
    ...given('root', location.root),
    ...given('alias', location.alias),
    ...plain('index', location.index),
    ...plain('try_files', location.tryFiles),
    ...plain('return', location.return),
    ...accessDirectives(location),
  ];
}

/** Headers of servers further out count only where a location sets none itself: each has all of them. */
function proxyDirectives(location: Location, self: Nginx): string[] {
  const { proxyWebsockets, streaming, recommendedProxySettings = self.recommendedProxySettings } = location;
  return [
    'proxy_http_version 1.1;',
    ...(proxyWebsockets
      ? ['proxy_set_header Upgrade $http_upgrade;', 'proxy_set_header Connection $connection_upgrade;']
      : ['proxy_set_header Connection "";']),
    ...(recommendedProxySettings
      ? [
          'proxy_set_header Host $host;',
          'proxy_set_header X-Real-IP $remote_addr;',
          'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
          'proxy_set_header X-Forwarded-Proto $scheme;',
          'proxy_set_header X-Forwarded-Host $host;',
        ]
      : []),
    ...(streaming
      ? [
          'proxy_buffering off;',
          'proxy_cache off;',
          'gzip off;',
          'proxy_read_timeout 1h;',
          'proxy_send_timeout 1h;',
        ]
      : []),
  ];
}

function redirectLocation({ globalRedirect, redirectCode }: VirtualHost): Server['locations'] {
  if (globalRedirect === undefined) return [];
  return [redirectTo(`$scheme://${globalRedirect}$request_uri`, redirectCode)];
}

function redirectTo(target: string, status: number): Server['locations'][number] {
  return { path: '/', directives: [`return ${status} ${target};`] };
}

function proofLocation(webroot: string): Server['locations'][number] {
  return {
    path: '^~ /.well-known/acme-challenge/',
    directives: [...given('root', webroot), 'auth_basic off;', 'allow all;', 'default_type text/plain;'],
  };
}

/** A directive whose one value is a word, whatever is in it. */
function given(directive: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  const word = /[\s;{}"'\\#$]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value;
  return [`${directive} ${word};`];
}

/** A directive whose value is in nginx's own words. */
function plain(directive: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${directive} ${value};`];
}
