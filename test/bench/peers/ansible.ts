// Ansible with mitogen at its best: one connection a host for all tasks, all hosts at a time, no facts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, HOSTS, type Peer } from './peer.ts';
import { lacking } from './programs.ts';

/** Where Debian's package has it. */
const STRATEGIES = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy';

export const ansible: Peer = {
  name: 'Ansible',
  missing: () =>
    lacking({ 'ansible-playbook': 'ansible' }) ??
    (existsSync(STRATEGIES) ? undefined : 'mitogen is not installed here: apt-get install ansible-mitogen'),
  files: '/etc/bench-ansible/',
  forget: 'rm -rf /etc/bench-ansible ~/.ansible ~/.ansible_async',
  write({ folder, members }, value) {
    mkdirSync(folder, { recursive: true });
    const lines = members.map(({ name, address }) => `${name} address=${address}\n`);
    writeFileSync(join(folder, 'hosts'), `[bench]\n${lines.join('')}`);
    writeFileSync(join(folder, 'file.j2'), TEMPLATE);
    writeFileSync(join(folder, 'site.yml'), playbook(value));
  },
  deploy: ({ folder, sshConfig }) => ({
    argv: ['ansible-playbook', '-i', join(folder, 'hosts'), join(folder, 'site.yml')],
    environment: {
      ANSIBLE_STRATEGY_PLUGINS: STRATEGIES,
      ANSIBLE_STRATEGY: 'mitogen_linear',
      ANSIBLE_PIPELINING: 'True',
      ANSIBLE_FORKS: String(HOSTS),
      // Seconds: a busy machine takes more than the ten that it waits for a connection.
      ANSIBLE_TIMEOUT: '120',
      ANSIBLE_GATHERING: 'explicit',
      ANSIBLE_SSH_ARGS: `-F ${sshConfig}`,
      ANSIBLE_LOCALHOST_WARNING: 'False',
    },
  }),
};

const TEMPLATE = `# file {{ item }} of {{ inventory_hostname }}
address = {{ address }}
{% for host in groups['bench'] %}
peer = {{ host }} {{ hostvars[host].address }}
{% endfor %}
value = {{ value if item == ${FILES / 2} else item }}
`;

function playbook(value: string): string {
  return `- hosts: bench
  gather_facts: false
  vars:
    value: '${value}'
    ansible_python_interpreter: /usr/bin/python3
  tasks:
    - file: { path: /etc/bench-ansible, state: directory }
    - template: { src: file.j2, dest: '/etc/bench-ansible/{{ item }}.conf', mode: '0644' }
      loop: '{{ range(${FILES}) | list }}'
`;
}
