// Whose keys let them in, and the account by which hosts manage each other. Say it here once: who goes loses their keys
// everywhere at the next switch.
import { readSource, secretPath, secrets } from 'stead';
import { accessKeys } from 'stead/modules/accessKeys';
import { serviceAccount } from 'stead/modules/serviceAccount';

const anna = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIME226MqtXYXce9TvbFQ29r32EB8W5620/4qCWt+OmMl anna@wildelab';

export const people = [
  accessKeys({ people: { anna: { keys: [anna], accounts: ['root'] } } }),
  secrets({ administrators: { anna } }),
  serviceAccount({
    publicKey: readSource('../secrets/runner.pub').text.trim(),
    privateKeyFile: secretPath('runner'),
    runsFrom: 'gateway',
  }),
];
