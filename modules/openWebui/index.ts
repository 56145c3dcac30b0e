// Open WebUI in a container that a unit runs, before all servers of language models at once, behind nginx.
import {
  assert,
  files,
  packages,
  readSource,
  systemd,
  systemdCommand,
  type Contribution,
  type FleetView,
  type HostView,
} from 'stead';
import type { z } from 'zod';
import { hostAt, nginx, nothingListens, parseTarget, unanswered } from '../nginx/index.ts';
import { ports } from '../ports/index.ts';
import { openWebui } from './options.ts';

export { openWebui } from './options.ts';

const SERVICE = 'open-webui.service';
const PREPARE = '/usr/local/lib/stead/open-webui-environment';
const ENVIRONMENT = '/etc/open-webui/environment';
const SECRETS = '/run/open-webui/environment';
const PACKAGES = { docker: 'docker.io', podman: 'podman' };

const prepare = readSource('./prepare.sh');

type OpenWebui = z.output<typeof openWebui.schema>;

openWebui.implement({
  defines: [files, nginx, packages, ports, systemd],
  *config(self, { host, fleet }) {
    yield* consistency(self, host, fleet);
    yield packages({ install: [PACKAGES[self.backend]] });
    yield files({
      paths: {
        [PREPARE]: { mode: '0755', text: prepare.text },
        [ENVIRONMENT]: environment(self),
        [self.dataFolder]: { kind: 'directory', mode: '0750' },
      },
    });
    yield systemd({ units: { [SERVICE]: unit(self) } });
    yield ports({ listen: { 'open-webui': { port: self.port, address: self.address } } });
    if (self.hostName !== undefined) yield site(self, self.hostName);
  },
});

/** Variables that are no secrets, as a file of docker's: a line each, taken as it is. */
function environment(self: OpenWebui): string {
  const urls = Object.values(self.endpoints).map((endpoint) => endpoint.url);
  const variables: Readonly<Record<string, string | number | boolean>> = {
    // Else what is set here counts only until somebody first presses a button.
    ENABLE_PERSISTENT_CONFIG: false,
    ENABLE_OLLAMA_API: false,
    ENABLE_OPENAI_API: urls.length > 0,
    OPENAI_API_BASE_URLS: urls.join(';'),
    ENABLE_VERSION_UPDATE_CHECK: false,
    ANONYMIZED_TELEMETRY: false,
    ...(self.hostName === undefined
      ? {}
      : { WEBUI_URL: `https://${self.hostName}`, CORS_ALLOW_ORIGIN: `https://${self.hostName}` }),
    ...self.environment,
  };
  return Object.entries(variables)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${typeof value === 'boolean' ? (value ? 'True' : 'False') : value}\n`)
    .join('');
}

function unit(self: OpenWebui) {
  const { backend, address, port, dataFolder, secretKeyFile, environmentFile, extraOptions, image } = self;
  const program = `/usr/bin/${backend}`;
  const keyFiles = Object.values(self.endpoints).map(({ keyFile }) => keyFile ?? '-');
  const daemon = backend === 'docker' ? { Requires: 'docker.service' } : {};
  return {
    sections: {
      Unit: {
        Description: 'Open WebUI',
        Documentation: 'https://docs.openwebui.com',
        Wants: 'network-online.target',
        After: ['network-online.target', ...(backend === 'docker' ? ['docker.service'] : [])],
        ...daemon,
      },
      Service: {
        // The image is fetched by the run itself: the switch does not wait for it.
        Type: 'exec',
        RuntimeDirectory: 'open-webui',
        RuntimeDirectoryMode: '0700',
        ExecStartPre: [
          systemdCommand([PREPARE, secretKeyFile, ...keyFiles]),
          `-${systemdCommand([program, 'rm', '--force', 'open-webui'])}`,
        ],
        ExecStart: systemdCommand([
          program,
          'run',
          '--rm',
          '--name=open-webui',
          '--log-driver=none',
          `--publish=${address.includes(':') ? `[${address}]` : address}:${port}:8080`,
          `--volume=${dataFolder}:/app/backend/data`,
          `--env-file=${ENVIRONMENT}`,
          `--env-file=${SECRETS}`,
          ...(environmentFile === undefined ? [] : [`--env-file=${environmentFile}`]),
          ...extraOptions,
          image,
        ]),
        ExecStop: systemdCommand([program, 'stop', '--time=20', 'open-webui']),
        SuccessExitStatus: 143,
        Restart: 'on-failure',
        RestartSec: '10s',
        TimeoutStopSec: '30s',
      },
    },
    wantedBy: ['multi-user.target'],
    // A registry that does not answer is no reason to take a switch back.
    mayFail: true,
    readBy: [ENVIRONMENT, PREPARE],
  };
}

function site({ certificate, address, port, allow }: OpenWebui, hostName: string): Contribution {
  return nginx({
    virtualHosts: {
      [hostName]: {
        forceSSL: true,
        ...(certificate === undefined ? {} : { certificate }),
        allow,
        // Documents are uploaded whole.
        clientMaxBodySize: '512m',
        locations: {
          '/': {
            proxyPass: `http://${address.includes(':') ? `[${address}]` : address}:${port}`,
            proxyWebsockets: true,
            streaming: true,
          },
        },
      },
    },
  });
}

function* consistency(self: OpenWebui, host: HostView, fleet: FleetView): Generator<Contribution> {
  const { image } = self;
  yield assert(
    /@sha256:[0-9a-f]{64}$/.test(image) || /:(?!latest$|main$|dev$|cuda$|ollama$)[\w.-]+$/.test(image),
    {
      message: `the image ${image} is another one each time`,
      hint: `Name a version, \`${image.replace(/:[\w.-]+$/, '')}:v0.6.36\`, or a digest.`,
    },
    [openWebui, 'image'],
  );
  yield assert(
    self.hostName === undefined || self.certificate !== undefined,
    {
      message: 'a page that is served by a name needs `certificate`',
      hint: 'Give the name of one of `certificates.certs`.',
    },
    [openWebui, 'hostName'],
  );
  for (const [name, { url }] of Object.entries(self.endpoints)) {
    const found = () => unanswered(url, host, fleet);
    const behind = hostAt(parseTarget(url)?.name, host, fleet);
    yield assert(
      () => found() === undefined,
      () => nothingListens(`the endpoint ${name} is ${url}`, found()!),
      [openWebui, 'endpoints', name, 'url'],
      ...(behind === undefined ? [] : [[behind, ports, 'listen'] as const]),
    );
    yield assert(
      !/^https?:\/\/(localhost|127\.|\[::1\])/.test(url),
      {
        message: `the endpoint ${name} is ${url}, which is the container itself in there`,
        hint: 'Name an address of the host.',
      },
      [openWebui, 'endpoints', name, 'url'],
    );
  }
}
