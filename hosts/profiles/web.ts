// What the rack serves to its own people: a page that talks to its language models, over TLS, at names of its own.
import { secretPath, secrets, type Context } from 'stead';
import { acmeDns } from 'stead/modules/acmeDns';
import { certbot } from 'stead/modules/certbot';
import { certificates } from 'stead/modules/certificates';
import { llama } from 'stead/modules/llama';
import { network } from 'stead/modules/network';
import { nginx } from 'stead/modules/nginx';
import { openWebui } from 'stead/modules/openWebui';
import { wireguard } from 'stead/modules/wireguard';

const domain = 'wildelab.com';

/** Where acme-dns takes the proofs that the domain is ours. */
const proofs = ({ fleet }: Context): string => {
  const { ip, port } = fleet.host('vps').get(acmeDns).api;
  return `http://${ip}:${port}`;
};

/** Where a machine of the rack answers with its language models. */
const models =
  (name: string, path = '') =>
  ({ fleet }: Context): string => {
    const server = fleet.host(name);
    return `http://${server.get(network).addresses['rack']}:${server.get(llama).port}${path}`;
  };

export const web = [
  certificates({ certs: { [domain]: { domains: [domain, `*.${domain}`] } } }),
  certbot({
    acceptTerms: true,
    email: `hostmaster@${domain}`,
    provider: 'acmeDns',
    acmeDns: { url: proofs, allowFrom: ({ host }) => [`${host.get(wireguard).address}/32`] },
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
        locations: { '/': { proxyPass: models('framework'), streaming: true } },
      },
    },
  }),
  secrets({ files: { 'llm/key': {} } }),
  openWebui({
    endpoints: {
      framework: { url: models('framework', '/v1'), keyFile: secretPath('llm/key') },
      jetson: { url: models('jetson', '/v1'), keyFile: secretPath('llm/key') },
    },
    hostName: `chat.${domain}`,
    certificate: domain,
  }),
];
