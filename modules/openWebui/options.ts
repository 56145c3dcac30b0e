// What can be set about Open WebUI, a page to talk with language models.
import {
  absolutePath,
  entries,
  environmentName,
  fqdn,
  ip,
  line,
  options,
  port,
  uniqueList,
  url,
  z,
} from 'stead';

const endpoint = z.object({
  url: url().describe('Its API in the manner of OpenAI: `http://10.42.0.10:8080/v1`.'),
  keyFile: absolutePath()
    .optional()
    .describe('A file on the host with the key that it asks for, if it does.'),
});

export const openWebui = options(
  'openWebui',
  z.object({
    image: line()
      .default('ghcr.io/open-webui/open-webui:v0.6.36')
      .describe('The image, with a version or, to be sure of every byte, a digest.'),
    backend: z.enum(['docker', 'podman']).default('docker').describe('What runs the container.'),
    endpoints: entries(endpoint).describe(
      'Servers of language models by name, all of whose models are offered; in the order of their names.',
    ),
    hostName: fqdn()
      .optional()
      .describe(
        'The name that nginx serves it by, over TLS with `certificate`; without one, it is not served.',
      ),
    certificate: line().optional().describe('The name of one of `certificates.certs`.'),
    allow: uniqueList(line()).describe(
      'Addresses and networks that nginx lets in: all, where none is named.',
    ),
    address: ip().default('127.0.0.1').describe('The address of the host that it listens on.'),
    port: port().default(3000).describe('The port of the host that it listens on.'),
    dataFolder: absolutePath()
      .default('/var/lib/open-webui')
      .describe('The folder on the host with users, chats and files.'),
    secretKeyFile: absolutePath()
      .default('/var/lib/open-webui.key')
      .describe('A file on the host with the key that sessions are signed by; made where it is not there.'),
    environmentFile: absolutePath()
      .optional()
      .describe('A file on the host with further variables, for those that are secret.'),
    environment: z
      .record(environmentName(), z.union([line(), z.number(), z.boolean()]))
      .describe(
        'Further variables, over those that follow from the other options: `{ ENABLE_SIGNUP: false }`.',
      ),
    extraOptions: uniqueList(line()).describe('Further arguments of `docker run`.'),
  }),
);
