// Starts a lab, says its id, and waits for its own end: for tests of what is left behind then.
import { startLab } from '../../src/lab/index.ts';

const lab = await startLab({
  networks: { lan: '10.42.0.254/24' },
  hosts: { lonely: { interfaces: { eth0: { network: 'lan', address: '10.42.0.1/24' } } } },
});
await lab.host('lonely');
console.log(lab.id);
setInterval(() => {}, 60_000);
