// The service around a server of language models: a unit that may do little, the devices of a GPU, the key, its health.
import { hardening, recipes, systemdCommand, systemdEnvironment, type HostView } from 'stead';
import type { z } from 'zod';
import type { serverOptions } from './options.ts';
import type { Program } from './program.ts';

/** The options that say what the service may do. */
export type Server = z.output<z.ZodObject<typeof serverOptions>> & { readonly port: number };

/** Where caches of shaders and kernels stay. */
const CACHE = '/var/cache/llama';

/** What each kind of GPU is reached by; of NVIDIA's, those of cards and those of Jetsons. */
const GPUS = {
  none: { devices: [], groups: [] },
  dri: { devices: ['char-drm rw'], groups: ['render', 'video'] },
  nvidia: {
    devices: [
      'char-nvidia* rw',
      'char-drm rw',
      'char-nvhost* rw',
      'char-nvgpu* rw',
      'char-nvmap rw',
      '/dev/nvmap rw',
      '/dev/nvsciipc rw',
    ],
    groups: ['render', 'video'],
  },
} as const;

/** A unit that runs a server, and what it needs of it. */
export interface Service {
  readonly description: string;
  readonly gpu: Program['gpu'];
  readonly command: readonly string[];
  /** The program's flag that takes the file of keys. */
  readonly keyFlag?: string;
  readonly readBy?: readonly (string | { readonly reload: string })[];
  readonly more?: Readonly<Record<string, string | string[]>>;
}

/** The unit of a server, for `systemd.units`. */
export function serviceUnit(self: Server, host: HostView, service: Service) {
  const { apiKeyFile, memory } = self;
  const { gpu } = service;
  const gpuDevice = deviceToWaitFor(self, gpu, host);
  const keyed = apiKeyFile !== undefined;
  const command = systemdCommand(service.command);
  // In the service's own folder of credentials, which the program reads by a name that systemd gives.
  const keyWords =
    keyed && service.keyFlag !== undefined ? ` ${service.keyFlag} \${CREDENTIALS_DIRECTORY}/api-key` : '';
  const environment = {
    HOME: CACHE,
    LLAMA_CACHE: CACHE,
    XDG_CACHE_HOME: CACHE,
    MESA_SHADER_CACHE_DIR: CACHE,
    CUDA_CACHE_PATH: `${CACHE}/cuda`,
    ...self.environment,
  };
  return {
    sections: {
      Unit: {
        Description: service.description,
        Documentation: 'https://github.com/ggml-org/llama.cpp/tree/master/tools/server',
        Wants: 'network-online.target',
        After: 'network-online.target',
        StartLimitIntervalSec: '10min',
        StartLimitBurst: 5,
      },
      Service: {
        Type: 'exec',
        ExecStart: command + keyWords,
        ...service.more,
        Environment: systemdEnvironment(environment),
        ...(keyed ? { LoadCredential: `api-key:${apiKeyFile}` } : {}),
        CacheDirectory: 'llama',
        CacheDirectoryMode: '0700',
        WorkingDirectory: CACHE,
        ...(gpu === 'none' ? {} : { SupplementaryGroups: GPUS[gpu].groups.join(' ') }),
        DevicePolicy: 'closed',
        DeviceAllow: [...GPUS[gpu].devices, ...self.devices],
        // A model may be kept from being swapped out.
        LimitMEMLOCK: 'infinity',
        ...(memory === undefined ? {} : { MemoryMax: memory }),
        Restart: 'on-failure',
        RestartSec: '5s',
        TimeoutStopSec: '30s',
        ...hardening,
        DynamicUser: true,
        RestrictAddressFamilies: `${hardening.RestrictAddressFamilies} AF_NETLINK`,
        ...self.serviceConfig,
      },
    },
    ...(gpuDevice === undefined ? {} : { waitFor: [{ kind: 'file' as const, path: gpuDevice }] }),
    wantedBy: ['multi-user.target'],
    readBy: [...(service.readBy ?? [])],
  };
}

/** What a llama-server is told that answers for itself, whatever model it has; it fetches nothing. */
export function serverWords({ address, port, corsOrigins, metrics }: Server): string[] {
  return [
    '--host',
    address,
    '--port',
    String(port),
    '--cors-origins',
    corsOrigins,
    ...(metrics ? ['--metrics'] : []),
    '--offline',
  ];
}

/** The groups that own the devices of a GPU: there before the service wants them. */
export function gpuGroups({ gpu }: Program): Record<string, object> {
  return Object.fromEntries(GPUS[gpu].groups.map((group) => [group, {}]));
}

function deviceToWaitFor({ gpuDevice }: Server, gpu: Program['gpu'], host: HostView): string | undefined {
  if (gpuDevice !== undefined || gpu === 'none') return gpuDevice;
  if (gpu === 'dri') return '/dev/dri/renderD128';
  // A board that has its GPU inside has no card.
  return host.get(recipes).platform?.architecture === 'arm64' ? '/dev/nvmap' : '/dev/nvidia0';
}

/** The command that succeeds once the server answers, by tries of two seconds. */
export function healthCheck({ address, port, startSeconds }: Server) {
  const loopback = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[address];
  const at = loopback ?? (address.includes(':') ? `[${address}]` : address);
  return {
    command: ['curl', '--silent', '--show-error', '--fail', '--max-time', '5', `http://${at}:${port}/health`],
    tries: Math.ceil(startSeconds / 2),
    everySeconds: 2,
  };
}
