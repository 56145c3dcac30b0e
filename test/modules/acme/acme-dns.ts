// Stands in for acme-dns in tests: its two documented endpoints, keeping the last two proofs of each registration.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes, randomUUID } from 'node:crypto';

interface Registration {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
}

export interface AcmeDns {
  readonly url: string;
  /** By subdomain. */
  readonly proofs: ReadonlyMap<string, readonly string[]>;
  readonly registrations: readonly Registration[];
  close(): void;
}

export async function startAcmeDns(domain: string): Promise<AcmeDns> {
  const registrations: Registration[] = [];
  const proofs = new Map<string, string[]>();
  const answer = (request: IncomingMessage, body: string): [status: number, answer: object] => {
    if (request.method !== 'POST') return [405, {}];
    const sent = JSON.parse(body) as Record<string, unknown>;
    if (request.url === '/register') {
      const subdomain = randomUUID();
      const registration = {
        username: randomUUID(),
        password: randomBytes(30).toString('base64url'),
        fulldomain: `${subdomain}.${domain}`,
        subdomain,
        allowfrom: (sent['allowfrom'] as string[] | undefined) ?? [],
      };
      registrations.push(registration);
      return [201, registration];
    }
    if (request.url !== '/update') return [404, {}];
    const { 'x-api-user': user, 'x-api-key': key } = request.headers;
    const known = registrations.find(({ username, password }) => username === user && password === key);
    const { subdomain, txt } = sent as { subdomain: string; txt: string };
    if (known === undefined || known.subdomain !== subdomain) return [401, { error: 'forbidden' }];
    if (!/^[A-Za-z0-9_-]{43}$/.test(txt)) return [400, { error: 'bad_txt' }];
    proofs.set(subdomain, [...(proofs.get(subdomain) ?? []), txt].slice(-2));
    return [200, { txt }];
  };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      const [status, value] = answer(request, body);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, proofs, registrations, close: () => server.close() };
}
