// On its own, so that it renews a validator which refuses the manifests of today.
import { expect, test } from 'vitest';
import { validatorSource } from './validator-source.ts';

test('the validator is the one that ajv generates from the schema of today', async () => {
  await expect(await validatorSource()).toMatchFileSnapshot('../../src/bundle/manifest-validator.mjs');
});
