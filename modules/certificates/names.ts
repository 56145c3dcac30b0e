// Where a certificate stands on a host, and which names one is good for.

const ROOT = '/var/lib/stead-certificates';

/** The files of a certificate, which stay where they are over renewals. */
export interface CertificateFiles {
  readonly folder: string;
  /** The certificate and what signed it. */
  readonly fullChain: string;
  readonly privateKey: string;
}

/** Where programs find the certificate of this name. */
export function certificateFiles(name: string): CertificateFiles {
  const folder = `${ROOT}/${name}`;
  return { folder, fullChain: `${folder}/fullchain.pem`, privateKey: `${folder}/privkey.pem` };
}

/** Whether a certificate for `domain` is good for `name`: a wildcard is for one label (RFC 6125, section 6.4.3). */
export function covers(domain: string, name: string): boolean {
  const [wanted, offered] = [name.toLowerCase(), domain.toLowerCase()];
  if (!offered.startsWith('*.')) return wanted === offered;
  return wanted.slice(wanted.indexOf('.') + 1) === offered.slice(2) && wanted.includes('.');
}
