// What the rack serves to its own people: a page that talks to its language models, over TLS, at names of its own.
import { secretPath, secrets } from 'stead';
import { certbot } from 'stead/modules/certbot';
import { certificates } from 'stead/modules/certificates';
import { nginx } from 'stead/modules/nginx';
import { openWebui } from 'stead/modules/openWebui';

const domain = 'wildelab.com';

export const web = [
  certificates({ certs: { [domain]: { domains: [domain, `*.${domain}`] } } }),
  certbot({
    acceptTerms: true,
    email: `hostmaster@${domain}`,
    provider: 'acmeDns',
    acmeDns: { url: 'http://10.9.9.1:8053', allowFrom: ['10.9.9.2/32'] },
    // The rack's own name server answers for the domain itself, and knows nothing of the registrar's records.
    resolver: '9.9.9.9',
  }),
  nginx({
    openTo: ['rack', 'mesh'],
    virtualHosts: {
      [domain]: { certificate: domain, forceSSL: true, globalRedirect: `chat.${domain}` },
      // Answers of a language model arrive word by word.
      [`llm.${domain}`]: {
        certificate: domain,
        forceSSL: true,
        locations: { '/': { proxyPass: 'http://10.42.0.10:8080', streaming: true } },
      },
    },
  }),
  secrets({ files: { 'llm/key': {} } }),
  openWebui({
    endpoints: {
      framework: { url: 'http://10.42.0.10:8080/v1', keyFile: secretPath('llm/key') },
      jetson: { url: 'http://10.42.0.20:8080/v1', keyFile: secretPath('llm/key') },
    },
    hostName: `chat.${domain}`,
    certificate: domain,
  }),
];
