// Logs in to hosts by ssh2, all at once, and does nothing there: `node logins.mjs SSH_CONFIG TIMES HOST …`.
// No deployer in Node costs less that logs in so often: it loads nothing else, and trusts every host key.
import { readFileSync } from 'node:fs';
import SSHConfig from 'ssh-config';
import ssh2 from 'ssh2';

const [, , file, times, ...hosts] = process.argv;
const config = SSHConfig.parse(readFileSync(file, 'utf8'));

await Promise.all(
  hosts.map(async (host) => {
    for (let count = 0; count < Number(times); count += 1) await login(config.compute(host));
  }),
);

/** Until `true` has ended there, over a connection of its own. */
function login({ HostName: host, Port: port = '22', User: username, IdentityFile: [key] }) {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('error', reject).on('close', resolve);
    client.on('ready', () => {
      client.exec('true', (error, channel) => {
        if (error) reject(error);
        else channel.on('close', () => client.end()).resume();
      });
    });
    client.connect({ host, port: Number(port), username, privateKey: readFileSync(key) });
  });
}
