import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { host } from 'stead';
import { certificates, covers } from 'stead/modules/certificates';
import { ports } from 'stead/modules/ports';
import { checks, systemd } from '../../src/bundle/sets/index.ts';
import { available } from '../setup/programs.ts';
import { fleet, mistakes, text } from './rack.ts';

const PROGRAM = '/usr/local/lib/stead/certificates';
const TABLE = '/etc/stead/certificates.tsv';

const serves = ports({ serves: ['llm.wildelab.com', 'wildelab.com', 'mail.example.org'] });
const wildcard = certificates({
  certs: { rack: { domains: ['wildelab.com', '*.wildelab.com'], issuer: 'selfSigned' } },
});

test('a wildcard is good for one label, and in either case', () => {
  expect(covers('*.wildelab.com', 'llm.wildelab.com')).toBe(true);
  expect(covers('*.Wildelab.com', 'LLM.wildelab.com')).toBe(true);
  expect(covers('*.wildelab.com', 'a.llm.wildelab.com')).toBe(false);
  expect(covers('*.wildelab.com', 'wildelab.com')).toBe(false);
  expect(covers('wildelab.com', 'wildelab.com')).toBe(true);
  expect(covers('*.com', 'com')).toBe(false);
});

describe('what a host with certificates gets', () => {
  test('a table of them, whose names are their domains where nothing is said', () => {
    const evaluation = fleet(
      host('web', {
        use: [
          serves,
          wildcard,
          certificates({
            certs: {
              'mail.example.org': {
                issuer: 'selfSigned',
                group: 'mail',
                reload: ['dovecot.service'],
                restart: ['postfix.service'],
              },
            },
            usedBy: { rack: ['nginx.service'], 'mail.example.org': ['postfix.service'] },
          }),
        ],
      }),
    );
    const web = evaluation.host('web');
    expect(text(web, TABLE)).toBe(
      [
        'mail.example.org\tmail\tdovecot.service\tpostfix.service\tmail.example.org\n',
        'rack\troot\tnginx.service\t-\twildelab.com *.wildelab.com\n',
      ].join(''),
    );
    expect(web.get(systemd).units['stead-certificates.service']).toMatchObject({
      wantedBy: ['multi-user.target'],
      readBy: [PROGRAM, TABLE],
    });
    for (const unit of ['nginx.service', 'dovecot.service', 'postfix.service']) {
      expect(text(web, `/etc/systemd/system/${unit}.d/stead-certificates.conf`)).toBe(
        '[Unit]\nAfter=stead-certificates.service\nWants=stead-certificates.service\n',
      );
    }
    expect(web.get(checks).preflight).toEqual({ certificates: [PROGRAM, 'stand-in'] });
  });
});

describe('what is wrong', () => {
  const issued = (certs: Parameters<typeof certificates>[0]) =>
    mistakes(host('web', { use: [serves, certificates(certs)] }));

  test('a certificate for a name nobody serves', () => {
    expect(
      issued({ certs: { rack: { domains: ['*.wildelab.com', 'nas.example.org'], issuer: 'selfSigned' } } }),
    ).toEqual([
      'the certificate rack is for nas.example.org, which no host of the fleet serves = Serve it, as a virtual host or with `ports({ serves: … })`, or take it out of the certificate.',
    ]);
  });

  test('two certificates for one name', () => {
    expect(
      issued({
        certs: {
          one: { domains: ['wildelab.com'], issuer: 'selfSigned' },
          two: { domains: ['wildelab.com', 'llm.wildelab.com'], issuer: 'selfSigned' },
        },
      }),
    ).toEqual(['the certificates one and two are both for wildelab.com = Leave it in one of them.']);
  });

  test('a certificate for nothing, and one that nothing issues', () => {
    expect(issued({ certs: { rack: { issuer: 'selfSigned' } } })).toEqual([
      'the certificate rack is for no name = Give it `domains`.',
    ]);
    expect(issued({ certs: { 'wildelab.com': {} } })).toEqual([
      'the certificate wildelab.com is to be issued by certbot, which web does not use = Define that option set on the host, or name another issuer.',
    ]);
  });
});

describe.runIf(available('openssl', 'shellcheck', 'flock'))('the program on the host', () => {
  let folder: string;
  const at = (...names: string[]): string => join(folder, ...names);
  const subject = (name: string): string =>
    execFileSync(
      'openssl',
      ['x509', '-noout', '-subject', '-ext', 'subjectAltName', '-in', at('root', name, 'fullchain.pem')],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  const run = (...args: string[]) => spawnSync(at('program'), args, { encoding: 'utf8' });
  const table = (...rows: string[]): void =>
    writeFileSync(at('table'), rows.map((row) => `${row}\n`).join(''));
  const STAND_IN = /CN = stand-in[^]*DNS:wildelab\.com, DNS:\*\.wildelab\.com/;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stead-certificates-'));
    const script = text(fleet(host('web', { use: [serves, wildcard] })).host('web'), PROGRAM);
    writeFileSync(
      at('program'),
      script.replaceAll(TABLE, at('table')).replaceAll('/var/lib/stead-certificates', at('root')),
      {
        mode: 0o755,
      },
    );
    table(
      `rack\t${execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()}\t-\t-\twildelab.com *.wildelab.com`,
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is fit for any shell', () => {
    expect(spawnSync('shellcheck', [at('program')], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('makes a stand-in once, whose key is not for everyone, and another for other names', () => {
    expect(run('stand-in')).toMatchObject({ status: 0, stderr: '' });
    expect(subject('rack')).toMatch(STAND_IN);
    const first = readFileSync(at('root/rack/privkey.pem'), 'utf8');
    expect(statSync(at('root/rack/privkey.pem')).mode & 0o777).toBe(0o640);
    expect(statSync(at('root/rack/fullchain.pem')).mode & 0o777).toBe(0o644);
    expect(run('status').stdout).toMatch(/^rack\tstand-in\t.* GMT\n$/);
    run('stand-in');
    expect(readFileSync(at('root/rack/privkey.pem'), 'utf8')).toBe(first);
    table('rack\troot\t-\t-\tllm.wildelab.com');
    run('stand-in');
    expect(subject('rack')).toContain('DNS:llm.wildelab.com');
  });

  test('puts key and certificate in place of the stand-in at once, and never makes another stand-in then', () => {
    run('stand-in');
    make('real', 'key.pem', 'cert.pem');
    expect(run('install', 'rack', at('cert.pem'), at('key.pem'))).toMatchObject({ status: 0, stderr: '' });
    expect(subject('rack')).toContain('CN = real');
    expect(run('status').stdout).toMatch(/^rack\tissued\t/);
    table('rack\troot\t-\t-\tother.wildelab.com');
    run('stand-in');
    expect(subject('rack')).toContain('CN = real');
  });

  test('takes no certificate with the key of another, nor one that is not of the host', () => {
    run('stand-in');
    const before = readlinkSync(at('root/rack'));
    make('real', 'key.pem', 'cert.pem');
    make('other', 'other-key.pem', 'other-cert.pem');
    expect(run('install', 'rack', at('cert.pem'), at('other-key.pem'))).toMatchObject({
      status: 1,
      stderr: `certificates: ${at('other-key.pem')} is not the key of ${at('cert.pem')}\n`,
    });
    expect(run('install', 'nas', at('cert.pem'), at('key.pem'))).toMatchObject({
      status: 1,
      stderr: 'certificates: this host has no certificate nas\n',
    });
    expect(readlinkSync(at('root/rack'))).toBe(before);
  });

  test('keeps what is replaced for one more time, and nothing older', () => {
    for (let round = 0; round < 4; round++) {
      make(`round ${round}`, 'key.pem', 'cert.pem');
      run('install', 'rack', at('cert.pem'), at('key.pem'));
    }
    expect(
      execFileSync('ls', ['-A', at('root')], { encoding: 'utf8' })
        .split('\n')
        .filter((name) => name.startsWith('.rack')),
    ).toHaveLength(2);
  });

  test('says which group a key cannot be given to', () => {
    table('rack\tno-such-group\t-\t-\twildelab.com');
    const { status, stderr } = run('stand-in');
    expect(status).toBe(1);
    expect(stderr).toContain('certificates: the key of rack cannot be given to the group no-such-group\n');
  });

  function make(name: string, key: string, certificate: string): void {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        at(key),
        '-out',
        at(certificate),
      ],
      { stdio: 'ignore' },
    );
  }
});
