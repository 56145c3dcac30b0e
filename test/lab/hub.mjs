// A stand-in for a hub of models in a lab: asks for a token, and leads to another server for the content, as hubs do.
// hub.mjs FOLDER ADDRESS PORT TOKEN_SHA256: over TLS with FOLDER/key.pem and FOLDER/cert.pem; files of FOLDER/files at
// /OWNER/NAME/resolve/REVISION/FILE. What is asked is noted in FOLDER/asked; bodies come slowly while FOLDER/slow is there.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder, address, port, tokenSum] = process.argv.slice(2);
const tls = { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) };
const elsewhere = Number(port) + 1;

createServer(tls, (request, response) => {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const isKnown = createHash('sha256').update(token).digest('hex') === tokenSum;
  note(`hub ${basename(request.url)} ${isKnown ? 'token' : '-'}`);
  if (!isKnown) response.writeHead(401).end();
  else
    response.writeHead(302, { location: `https://${address}:${elsewhere}/${basename(request.url)}` }).end();
}).listen(Number(port), address);

createServer(tls, async (request, response) => {
  const { authorization, range } = request.headers;
  note(`content ${basename(request.url)} ${authorization === undefined ? '-' : 'token'} ${range ?? '-'}`);
  const whole = readFileSync(join(folder, 'files', basename(request.url)));
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': whole.length - start,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` } : {}),
  });
  for (let at = start; at < whole.length && !response.destroyed; at += 16_384) {
    response.write(whole.subarray(at, at + 16_384));
    if (existsSync(join(folder, 'slow'))) await sleep(200);
  }
  response.end();
}).listen(elsewhere, address);

function note(line) {
  appendFileSync(join(folder, 'asked'), `${line}\n`);
}
