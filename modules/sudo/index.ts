// Who may become whom: rules of sudo in a file of their own, checked by sudo itself before they stand.
import { assert, checks, files, packages, readSource, target, template, users, type HostView } from 'stead';
import type { z } from 'zod';
import { sudo } from './options.ts';

export { sudo } from './options.ts';

type Rule = z.output<typeof sudo.schema>['extraRules'][number];

const sudoers = readSource('./sudoers.hbs');
const FILE = '/etc/sudoers.d/stead';

/** Of all files as they will stand; one that /etc/sudoers does not take in would be without effect. */
const CHECK = [
  'said=$(LC_ALL=C visudo -c) || { printf "%s\\n" "$said"; exit 1; }',
  `printf "%s\\n" "$said" | grep -qF "${FILE}: parsed OK" || { echo "/etc/sudoers does not include the folder /etc/sudoers.d"; exit 1; }`,
].join('; ');

sudo.implement({
  defines: [checks, files, packages],
  *config(self, { host }) {
    yield packages({ install: ['sudo'] });
    yield files({
      paths: {
        [FILE]: {
          kind: 'copy',
          mode: '0440',
          text: () =>
            template(sudoers, {
              host: host.name,
              rules: rulesOf(host).map((rule) => ({
                who: [...rule.users, ...rule.groups.map((group) => `%${group}`)].join(', '),
                host: rule.host,
                runAs: rule.runAs,
                commands: rule.commands.map(commandText).join(', '),
              })),
              extraConfig: self.extraConfig.split('\n').filter((line) => line !== ''),
            }),
        },
      },
    });
    yield checks({ preflight: { sudoers: ['sh', '-c', CHECK] } });
    for (const [index, rule] of self.extraRules.entries()) {
      yield assert(
        rule.users.length + rule.groups.length > 0,
        { message: 'this rule of sudo is for nobody', hint: 'Name `users` or `groups`.' },
        [sudo, 'extraRules', index],
      );
      yield assert(
        rule.commands.length > 0,
        { message: 'this rule of sudo allows nothing', hint: 'Name its `commands`.' },
        [sudo, 'extraRules', index],
      );
    }
    yield* deployerMay(host);
  },
});

/** Those of the group first, so that every rule of the fleet's own counts over them. */
function rulesOf(host: HostView): Rule[] {
  const { extraRules, wheelNeedsPassword } = host.get(sudo);
  const all = { command: 'ALL', options: ['NOPASSWD' as const] };
  const group = { users: [], groups: ['sudo'], host: 'ALL', runAs: 'ALL:ALL', commands: [all] };
  return [...(wheelNeedsPassword ? [] : [group]), ...extraRules];
}

/** Arguments as they are typed: sudoers(5) wants these characters escaped in them. */
function commandText({ command, options }: Rule['commands'][number]): string {
  return [...options.map((tag) => `${tag}:`), command.replaceAll(/[,:=\\]/g, '\\$&')].join(' ');
}

/** Whoever stead logs in as uses `sudo -n`, for anything: what a rule here says about them must allow it. */
function* deployerMay(host: HostView) {
  const user = host.get(target).ssh?.user;
  if (user === undefined || user === 'root') return;
  const account = host.get(users).users[user];
  const groups = account === undefined ? [] : [account.group, ...account.groups];
  const { extraRules } = host.get(sudo);
  const [index, commands] = extraRules
    .map((rule, at) => [at, rule] as const)
    .filter(
      ([, rule]) =>
        rule.users.some((one) => one === user || one === 'ALL') ||
        rule.groups.some((group) => groups.includes(group)),
    )
    .map(([at, rule]) => [at, rule.commands.filter(({ command }) => /^!?ALL$/.test(command))] as const)
    .findLast(([, all]) => all.length > 0) ?? [undefined, []];
  if (index === undefined) return;
  const last = commands.at(-1);
  yield assert(
    last?.command === 'ALL' && last.options.includes('NOPASSWD'),
    {
      message: `the target logs in as ${user} and uses sudo without a password, which this rule ${last?.command === 'ALL' ? 'asks for' : 'forbids'}`,
      hint: "Write a rule for that user after it: `commands: [{ command: 'ALL', options: ['NOPASSWD'] }]`.",
    },
    [sudo, 'extraRules', index],
    [target, 'ssh', 'user'],
  );
}
