// What can be set about a host's nginx, in NixOS's words.
import {
  absolutePath,
  entries,
  ip,
  line,
  lines,
  network,
  options,
  packageName,
  port,
  uniqueList,
  z,
} from 'stead';

const addresses = () => uniqueList(z.union([ip(), network()]));

const access = {
  allow: addresses().describe(
    'Addresses and networks that may come in, and nobody else; all, where none is named.',
  ),
  deny: addresses().describe('Addresses and networks that may not come in.'),
  basicAuthFile: absolutePath()
    .optional()
    .describe('A file on the host with names and hashed passwords (htpasswd): only who is in it comes in.'),
  clientMaxBodySize: line().optional().describe('The largest body of a request: `512m`; `0` for any.'),
  extraConfig: lines().default('').describe('Further directives.'),
};

const location = z.object({
  proxyPass: line()
    .optional()
    .describe('Where requests go: `http://10.42.0.10:8080`, or `http://NAME` of one of `upstreams`.'),
  proxyWebsockets: z.boolean().default(false).describe('Whether connections may turn into WebSockets.'),
  streaming: z
    .boolean()
    .default(false)
    .describe(
      'Whether answers are passed on as they come, and may take an hour between two parts: tokens of a language model, server-sent events.',
    ),
  recommendedProxySettings: z
    .boolean()
    .optional()
    .describe('Over the same setting of the server as a whole.'),
  root: absolutePath().optional().describe('The folder in which files are looked for by the whole path.'),
  alias: line().optional().describe('The folder that stands for the location.'),
  index: line().optional().describe('Files that stand for a folder: `index.html`.'),
  tryFiles: line().optional().describe('What is looked for, in this order: `$uri /index.html`.'),
  return: line().optional().describe('The answer itself: `301 https://wildelab.com`, `200 "ok"`.'),
  priority: z
    .int()
    .default(1000)
    .describe(
      'Locations stand in the file by it, the smallest first: the first that fits counts among regular expressions.',
    ),
  ...access,
});

const listener = z.object({
  addr: ip().default('0.0.0.0').describe('The address.'),
  port: port().describe('The port.'),
  ssl: z.boolean().default(false).describe('Whether it speaks TLS.'),
  proxyProtocol: z.boolean().default(false).describe('Whether a proxy before it says who the client is.'),
  extraParameters: uniqueList(line()).describe('Further words: `reuseport`.'),
});

const virtualHost = z.object({
  serverName: line().describe('Its name: that of the entry, where nothing is said.'),
  serverAliases: uniqueList(line()).describe('Further names.'),
  listen: z.array(listener).describe('Exactly where it listens; as below, where nothing is said.'),
  listenAddresses: uniqueList(ip()).describe(
    'Addresses to listen on, at port 80 and, with TLS, 443: those of `defaultListenAddresses`, where nothing is said.',
  ),
  default: z.boolean().default(false).describe('Whether it answers for names that no other has.'),
  forceSSL: z.boolean().default(false).describe('TLS at 443, where requests at port 80 are sent to.'),
  addSSL: z.boolean().default(false).describe('TLS at 443, beside port 80.'),
  onlySSL: z.boolean().default(false).describe('TLS at 443, and nothing at port 80.'),
  certificate: line().optional().describe('The name of one of `certificates.certs`.'),
  sslCertificate: absolutePath()
    .optional()
    .describe('Instead: a file on the host with certificate and chain.'),
  sslCertificateKey: absolutePath()
    .optional()
    .describe('A file on the host with the key of `sslCertificate`.'),
  sslTrustedCertificate: absolutePath()
    .optional()
    .describe('A file on the host with the certificates that answers of OCSP are checked by.'),
  http2: z
    .boolean()
    .default(true)
    .describe(
      'Whether HTTP/2 is spoken over TLS: one that asks for it has it for all at the same port. ' +
        'While nginx reloads, a new connection may be told to ask again, which browsers do and curl does not.',
    ),
  root: absolutePath().optional().describe('The folder of its files.'),
  globalRedirect: line()
    .optional()
    .describe('The name to which every request is sent on: `www.wildelab.com`.'),
  redirectCode: z
    .int()
    .min(300)
    .max(399)
    .default(301)
    .describe('The status of such answers, and of `forceSSL`.'),
  locations: entries(location, undefined, line()).describe(
    'What is done by path: `/`, `= /health`, `~ \\.php$`.',
  ),
  ...access,
});

const upstreamServer = z.object({
  weight: z.int().min(1).optional().describe('Its share beside the others.'),
  backup: z.boolean().default(false).describe('Whether it is asked only when the others do not answer.'),
  parameters: line().default('').describe('Further words: `max_fails=3 fail_timeout=10s`.'),
});

const upstream = z.object({
  servers: entries(upstreamServer, undefined, line()).describe(
    'Servers by address and port: `10.42.0.10:8080`.',
  ),
  keepalive: z.int().min(0).default(16).describe('Idle connections that each worker keeps; 0 for none.'),
  extraConfig: lines().default('').describe('Further directives: `least_conn;`.'),
});

export const nginx = options(
  'nginx',
  z.object({
    package: packageName()
      .default('nginx')
      .describe("Debian's package: `nginx`, `nginx-full`, `nginx-extras`."),
    virtualHosts: entries(virtualHost, (_self, name) => ({ serverName: name })).describe('Sites by name.'),
    upstreams: entries(upstream).describe('Groups of servers that requests are spread over, by name.'),
    defaultListenAddresses: uniqueList(ip()).describe(
      'Addresses to listen on: every one, where nothing is said.',
    ),
    openTo: uniqueList(line()).describe('Zones from which it may be reached: `mesh`, `outside`.'),
    catchAll: z
      .union([z.literal(444), z.literal(404), z.literal('none')])
      .default(444)
      .describe(
        'What is answered for names that no virtual host has: `444` hangs up, `404` says that there is nothing; with TLS both hang up.',
      ),
    recommendedTlsSettings: z
      .boolean()
      .default(true)
      .describe('TLS 1.2 and 1.3 with ciphers that are in order.'),
    recommendedProxySettings: z
      .boolean()
      .default(true)
      .describe('Whether servers behind it are told name, address and scheme that the client used.'),
    recommendedGzipSettings: z.boolean().default(true).describe('Whether text is compressed.'),
    sslProtocols: line()
      .default('TLSv1.2 TLSv1.3')
      .describe('Versions of TLS, with `recommendedTlsSettings`.'),
    sslCiphers: line()
      .default(
        'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
      )
      .describe('Ciphers of TLS 1.2, with `recommendedTlsSettings`.'),
    clientMaxBodySize: line().default('10m').describe('The largest body of a request: `512m`; `0` for any.'),
    proxyTimeout: line().default('60s').describe('How long a server behind it may be silent.'),
    resolver: uniqueList(line()).describe('Name servers for names in variables: `10.42.0.1`.'),
    serverTokens: z.boolean().default(false).describe('Whether it tells its version.'),
    eventsConfig: lines().default('').describe('Further directives of `events`.'),
    appendHttpConfig: lines().default('').describe('Further directives of `http`.'),
    streamConfig: lines()
      .default('')
      .describe('Directives of `stream`; needs the package `libnginx-mod-stream`.'),
    appendConfig: lines().default('').describe('Further directives of the file itself.'),
  }),
  { defaults: () => ({ defaultListenAddresses: ['0.0.0.0', '::'] }) },
);
