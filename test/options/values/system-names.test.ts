import { describe } from 'vitest';
import {
  absolutePath,
  environmentName,
  fileMode,
  groupName,
  kernelParameter,
  line,
  moduleName,
  packageName,
  packageVersion,
  sysctlName,
  unitName,
  userName,
} from '../../../src/options/values/index.ts';
import { table } from './table.ts';

describe('names in a system', () => {
  table('line', line(), {
    name: { name: 'line of text', example: 'Rack gateway' },
    expected: 'one line of text',
    accepted: ['', 'Rack gateway', ' a\tb ', 'ü 漢 🙂', '%n $x "q" \\'],
    refused: [
      ['a\nb', 'it holds a line break'],
      ['a\n', 'it holds a line break'],
      ['a\rb', 'it holds a line break'],
      ['a\0b', 'it holds a control character'],
      ['\x1b[31m', 'it holds a control character'],
      ['a\x7f', 'it holds a control character'],
      ['\ud83d', 'it holds half of a surrogate pair, which UTF-8 cannot write'],
      [5],
    ],
  });

  table('absolutePath', absolutePath(), {
    name: { name: 'absolute path', example: '/etc/motd' },
    expected: 'an absolute path, such as /etc/motd',
    accepted: ['/', '/etc/motd', '/srv/my games/ü', '/a/.hidden', '/a/...', '/x\\y', `/${'a'.repeat(255)}`],
    refused: [
      ['', 'it does not begin with /'],
      ['etc/motd', 'it does not begin with /'],
      ['./motd', 'it does not begin with /'],
      ['~/motd', '~ stands for nothing here: write the whole path'],
      ['~root', '~ stands for nothing here: write the whole path'],
      ['/etc/', 'write /etc'],
      ['//', 'write /'],
      ['/etc//motd', 'write /etc/motd'],
      ['/etc/./motd', 'write /etc/motd'],
      ['/etc/x/../motd', 'write /etc/motd'],
      ['/..', 'write /'],
      ['/etc/a\nb', 'it holds a control character'],
      ['/etc/a\0', 'it holds a control character'],
      ['/etc/\ud83d', 'it holds half of a surrogate pair, which UTF-8 cannot write'],
      [`/${'a'.repeat(256)}`, 'a part of it is longer than 255 bytes'],
      [`/${'é'.repeat(128)}`, 'a part of it is longer than 255 bytes'],
      ['/aaaaaaa'.repeat(512), 'it is longer than 4095 bytes'],
    ],
  });

  table('fileMode', fileMode(), {
    name: { name: 'file mode', example: '0644' },
    expected: "a file mode of four octal digits in quotes, such as '0644'",
    accepted: ['0644', '0755', '1777', '4755', '0000', '7777'],
    refused: [
      [''],
      ['rw-r--r--'],
      ['0888'],
      ['44'],
      ['u=rw'],
      ['12345'],
      ['644', "write '0644'"],
      ['0o644', "write '0644'"],
      ['00644', "write '0644'"],
      [0o644, "a number loses its octal form: 0o644 is '0644', and 420 is '0420'"],
      [0o440, "a number loses its octal form: 0o440 is '0440'"],
      [0, "a number loses its octal form: 0o0 is '0000'"],
      [0o10000],
      [-1],
    ],
  });

  table('environmentName', environmentName(), {
    name: { name: 'environment variable name', example: 'LLAMA_CACHE' },
    expected: 'an environment variable name, such as LLAMA_CACHE',
    accepted: ['LLAMA_CACHE', '_', 'path', 'A1', 'http_proxy'],
    refused: [
      [''],
      ['1A', 'it begins with a digit'],
      ['$HOME', 'leave out the $'],
      ['A=1', 'leave out the value'],
      ['A-B', 'it holds something else than letters, digits and underscores'],
      ['A.B', 'it holds something else than letters, digits and underscores'],
      ['Ä', 'it holds something else than letters, digits and underscores'],
      ['A\n', 'it holds something else than letters, digits and underscores'],
    ],
  });

  table('unitName', unitName(), {
    name: { name: 'unit name', example: 'backup.service' },
    expected: 'the name of a systemd unit, such as backup.service',
    accepted: [
      'backup.service',
      'wg-quick@wg0.service',
      'wg-quick@.service',
      'a@b@c.service',
      'srv-my\\x20games.mount',
      'multi-user.target',
      'dev-sda1.device',
      '-.mount',
      '-.slice',
      'a.b.timer',
      'x:y.path',
      `${'a'.repeat(247)}.service`,
    ],
    refused: [
      [''],
      ['backup', 'it does not end in a unit type such as .service'],
      ['backup.conf', 'it does not end in a unit type such as .service'],
      ['backup.', 'it does not end in a unit type such as .service'],
      ['backup.Service', 'it does not end in a unit type such as .service'],
      ['.service', 'nothing stands before .service'],
      ['@.service', 'nothing stands before @'],
      ['@wg0.service', 'nothing stands before @'],
      ['my backup.service', '" " must be escaped, see systemd-escape(1)'],
      ['bäckup.service', '"ä" must be escaped, see systemd-escape(1)'],
      ['a🙂.service', '"🙂" must be escaped, see systemd-escape(1)'],
      ['a%i.service', '"%" must be escaped, see systemd-escape(1)'],
      ['/etc/systemd/system/backup.service', 'a unit name is not a path'],
      [`${'a'.repeat(248)}.service`, 'it has 256 characters, 255 is the most'],
    ],
  });

  table('unitName of one type', unitName({ type: 'timer' }), {
    name: { name: 'timer unit name', example: 'backup.timer' },
    expected: 'the name of a systemd timer unit, such as backup.timer',
    accepted: ['backup.timer', 'backup@daily.timer'],
    refused: [
      ['backup', 'it does not end in .timer'],
      ['backup.service', 'it ends in .service, not .timer'],
      ['.timer', 'nothing stands before .timer'],
    ],
  });

  table('userName', userName(), {
    name: { name: 'user name', example: 'caddy' },
    expected: 'a user name, such as caddy',
    accepted: ['caddy', '_apt', 'systemd-network', 'www-data', 'a', 'u1', 'a'.repeat(31)],
    refused: [
      [''],
      ['Caddy', 'write it in lower case: caddy'],
      ['1user', 'it begins with a letter or an underscore'],
      ['-user', 'it begins with a letter or an underscore'],
      ['my user', 'it holds something else than letters, digits, underscores and hyphens'],
      ['a.b', 'it holds something else than letters, digits, underscores and hyphens'],
      ['a:b', 'it holds something else than letters, digits, underscores and hyphens'],
      ['machine$', 'it holds something else than letters, digits, underscores and hyphens'],
      ['a'.repeat(32), 'it has 32 characters, 31 is the most'],
      [1000],
    ],
  });

  table('groupName', groupName(), {
    name: { name: 'group name', example: 'www-data' },
    expected: 'a group name, such as www-data',
    accepted: ['www-data', 'video', 'adm'],
    refused: [
      ['Adm', 'write it in lower case: adm'],
      ['0', 'it begins with a letter or an underscore'],
      [''],
    ],
  });

  table('packageName', packageName(), {
    name: { name: 'Debian package name', example: 'wireguard-tools' },
    expected: 'the name of a Debian package, such as wireguard-tools',
    accepted: ['wireguard-tools', 'g++', 'libstdc++6', '7zip', 'linux-image-6.1.0-25-amd64', 'bc'],
    refused: [
      [''],
      ['b', 'it has two characters at least'],
      ['G++', 'write it in lower case: g++'],
      ['my_package', 'it holds no underscore'],
      ['libc6:armhf', 'leave out the architecture: write libc6'],
      ['nginx=1.2', 'leave out the version: write nginx'],
      ['nginx/bookworm', 'leave out the version: write nginx'],
      ['-nginx'],
      ['+x'],
      ['a b', 'it holds a blank: each package is an item of its own'],
      ['nginx\n'],
    ],
  });

  table('packageVersion', packageVersion(), {
    name: { name: 'Debian package version', example: '1.22.*' },
    expected: 'a version of a Debian package, such as 1.22.*',
    accepted: ['1.22.*', '1.22.1-9+deb12u3', '1:2.0~rc1-1', '2*', '7'],
    refused: [
      [''],
      ['*', 'it begins with a digit'],
      ['v1', 'it begins with a digit'],
      ['>=1.2', 'leave out the comparison: a * at the end stands for all that follows'],
      ['1.*.2', 'a * stands at the end only'],
      ['1.2 3'],
      ['1.2\n'],
    ],
  });

  table('moduleName', moduleName(), {
    name: { name: 'kernel module name', example: 'br_netfilter' },
    expected: 'the name of a kernel module, such as br_netfilter',
    accepted: ['br_netfilter', 'snd-usb-audio', '8021q', 'w1_gpio'],
    refused: [
      [''],
      ['loop.ko', 'leave out .ko'],
      ['loop max_loop=9', 'parameters of a module belong into /etc/modprobe.d'],
      ['-v'],
      ['a/b'],
    ],
  });

  table('kernelParameter', kernelParameter(), {
    name: { name: 'kernel parameter', example: 'cgroup_enable=memory' },
    expected: 'one word of the kernel command line, such as cgroup_enable=memory',
    accepted: [
      'quiet',
      'cgroup_enable=memory',
      'console=serial0,115200',
      'isolcpus=2-3',
      '*',
      'mitigations=off',
    ],
    refused: [
      [''],
      ['quiet splash', 'it holds white space: each word is an element of its own'],
      ['dyndbg="x"', 'it holds a quote, $, backslash or backquote'],
      ['$(reboot)', 'it holds a quote, $, backslash or backquote'],
      ['a\\b', 'it holds a quote, $, backslash or backquote'],
      ['a\n', 'it holds white space: each word is an element of its own'],
    ],
  });

  table('sysctlName', sysctlName(), {
    name: { name: 'sysctl name', example: 'net.ipv4.ip_forward' },
    expected: 'the name of a kernel setting, such as net.ipv4.ip_forward',
    accepted: [
      'net.ipv4.ip_forward',
      'vm.swappiness',
      'net/ipv4/conf/eth0.1/rp_filter',
      'net.ipv4.conf.wg-0.rp_filter',
    ],
    refused: [
      [''],
      ['ip_forward'],
      ['/proc/sys/vm/swappiness', 'write vm/swappiness'],
      ['-vm.swappiness', 'leave out the -'],
      ['net.ipv4.conf.*.rp_filter', 'it is a pattern: name each setting'],
      ['vm.swappiness = 1'],
      ['vm..swappiness'],
      ['net/../kernel/x'],
      ['vm.'],
    ],
  });
});
