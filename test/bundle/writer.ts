// Writes bundles of one host again and again: `node writer.ts OUT NAME ROUNDS`. Several run at once in write.test.ts.
import { bundle, writeBundles } from '../../src/bundle/index.ts';
import { context, example, linked } from './example.ts';

const [, , out = '', name = '', rounds = ''] = process.argv;
for (let round = 0; round < Number(rounds); round++) {
  const files = [
    ...['a', 'b', 'c', 'd'].map((file) => linked(`/etc/${file}`, `${file} of all`)),
    linked('/etc/e', `${name}${round % 2}`),
    linked('/etc/f', `${round % 3} of ${name}`),
  ];
  await writeBundles([{ bundle: await bundle({ ...example, files, units: [] }, context) }], out);
}
