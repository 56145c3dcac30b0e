// A small host with one of everything, for the tests of bundles.
import type { LabelledPlace } from '../../src/options/error.ts';
import type { BundleContext, BundleSource, FileSource } from '../../src/bundle/index.ts';

export const context: BundleContext = {
  runtime: { 'stead-host': '#!/bin/sh\nexit 0\n', 'lib.sh': ': library\n' },
  provenance: { commit: '0123456789abcdef0123456789abcdef01234567', dirty: false, stead: '0.1.0' },
};

export function origin(line: number): readonly LabelledPlace[] {
  return [{ place: { file: 'hosts/gateway.ts', line, column: 3 } }];
}

export function linked(path: string, content: string, mode = '0644'): FileSource {
  return { path, kind: 'link', mode, owner: 'root', group: 'root', content, origin: origin(content.length) };
}

export const example: BundleSource = {
  host: 'gateway',
  files: [
    linked('/etc/systemd/system/thing.service', '[Service]\nExecStart=/bin/true\n'),
    linked('/etc/thing.conf', 'a = 1\n'),
    {
      path: '/etc/sudoers.d/runner',
      kind: 'copy',
      mode: '0440',
      owner: 'root',
      group: 'root',
      content: 'runner\n',
    },
    { path: '/srv/games', kind: 'directory', mode: '0750', owner: 'runner', group: 'runner' },
    {
      path: '/etc/systemd/system/multi-user.target.wants/thing.service',
      kind: 'symlink',
      target: '../thing.service',
    },
  ],
  units: [
    {
      name: 'thing.service',
      scope: 'system',
      start: true,
      onChange: 'stop-start',
      masked: false,
      mayFail: false,
      stopWhenRemoved: true,
      wantedBy: ['multi-user.target'],
      reads: [{ path: '/etc/thing.conf', reload: false }],
    },
  ],
  packages: [
    { name: 'wireguard-tools', version: '1.0.*', hold: true },
    { name: 'dnsmasq', version: null, hold: false },
  ],
  users: [
    {
      name: 'runner',
      uid: null,
      group: 'runner',
      groups: ['video', 'adm'],
      home: '/var/lib/runner',
      shell: '/bin/sh',
      system: true,
      linger: true,
      enforced: ['shell', 'home'],
      passwordFile: '/root/runner.hash',
    },
  ],
  groups: [{ name: 'runner', gid: 998, system: true }],
  secrets: [],
  recipes: [
    {
      name: 'tool',
      version: '1.0',
      hash: '0123456789abcdfghijklmnpqrsvwxyz',
      path: '/var/lib/stead/store/0123456789abcdfghijklmnpqrsvwxyz-tool-1.0',
    },
  ],
  downloads: [
    {
      name: 'tiny',
      tokenFile: null,
      files: [
        {
          name: 'tiny.gguf',
          from: 'https://hub.example.org/tiny.gguf',
          sha256: 'a'.repeat(64),
          size: 257120,
        },
      ],
    },
  ],
  kernel: {
    add: ['quiet', 'console=tty1'],
    remove: ['splash'],
    modules: ['loop'],
    sysctl: { 'vm/swappiness': '10' },
  },
  checks: [{ name: 'thing', command: ['/bin/echo', "it's", 'a b'] }],
  health: [{ name: 'answers', command: ['/bin/true'], tries: 3, everySeconds: 2 }],
  manual: [
    { name: 'delegation', instruction: 'Add the record.', command: ['host', '-t', 'ns', 'example.org'] },
  ],
  settings: { watchdog: 'true', confirmSeconds: '60' },
};
