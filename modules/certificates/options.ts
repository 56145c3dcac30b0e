// What can be set about the certificates that programs of a host use.
import {
  absolutePath,
  domainName,
  entries,
  fqdn,
  groupName,
  internal,
  line,
  options,
  uniqueList,
  unitName,
  z,
} from 'stead';

/** The issuer of certificates that stay the stand-ins that they begin as. */
export const SELF_SIGNED = 'selfSigned';

const certificate = z.object({
  domains: uniqueList(fqdn({ wildcard: true })).describe(
    'Names that it is for, `*.wildelab.com` among them: its own name, where nothing is said.',
  ),
  group: groupName().default('root').describe('The group that may read the private key, besides root.'),
  issuer: line()
    .default('certbot')
    .describe(
      `The option set that brings the real one: \`certbot\`. With \`${SELF_SIGNED}\` it stays self-signed.`,
    ),
  reload: uniqueList(unitName()).describe('Units to reload when another one is in place.'),
  restart: uniqueList(unitName()).describe('Units to restart when another one is in place.'),
});

export const certificates = options(
  'certificates',
  z.object({
    certs: entries(
      certificate,
      (_self, name) => (name.includes('.') ? { domains: [name] } : {}),
      domainName(),
    ).describe(
      'Certificates by name. Programs find them as /var/lib/stead-certificates/NAME/fullchain.pem and privkey.pem, a self-signed stand-in until the real one is issued.',
    ),
    usedBy: internal(
      z
        .record(z.string(), uniqueList(unitName()))
        .describe('Units to reload by certificate: what modules say.'),
    ),
    issuers: internal(uniqueList(line()).describe('Option sets of the host that issue certificates.')),
    webroot: internal(
      absolutePath()
        .optional()
        .describe('The folder whose files web servers serve to prove that a name is theirs.'),
    ),
  }),
);
