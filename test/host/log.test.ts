// The history that a host keeps of itself.
import { hostname, userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeBundle } from './bundle.ts';
import { makeHost, shells, type Host } from './host.ts';

/** The rows of `log`, but for the time of each and how long it took. */
async function history(host: Host): Promise<readonly string[]> {
  const { stdout } = await host.verb(['log']);
  return stdout
    .trimEnd()
    .split('\n')
    .filter((row) => !row.startsWith('took\t'))
    .map((row) =>
      row.replace(/^(left\t\d+)\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\t(.*)\t\d$/, '$1 $2').replaceAll('\t', ' '),
    );
}

describe.each(shells())('under %s', { concurrent: true }, (shell) => {
  test('the history has who went back from which generation to which, at the console too', async () => {
    const host = makeHost(shell);
    const [one, two] = [makeBundle({ files: { '/etc/n': '1' } }), makeBundle({ files: { '/etc/n': '2' } })];
    await host.switchTo(one);
    await host.switchTo(two);
    expect(await host.verb(['rollback', '--by', 'eva@laptop'])).toMatchObject({ code: 0 });
    expect(await host.verb(['rollback', '2', '--by', 'tom@laptop'])).toMatchObject({ code: 0 });
    expect(await host.verb(['switch', '1', '--by', 'eva@laptop'])).toMatchObject({ code: 0 });
    expect(await host.verb(['rollback', '2'])).toMatchObject({ code: 0 });
    const here = `${process.env['SUDO_USER'] ?? userInfo().username}@${hostname()}`;
    expect(await history(host)).toEqual([
      'by 1 - -',
      'left 1 2 asked tom@laptop',
      `left 1 2 asked ${here}`,
      'by 2 - 1',
      'left 2 1 asked eva@laptop',
      'left 2 1 asked eva@laptop',
    ]);
  });

  test('a generation that is taken back has the one that runs again, and who took it back', async () => {
    const host = makeHost(shell);
    await host.switchTo(makeBundle({ files: { '/etc/n': '1' } }));
    expect(await host.verb(['confirm', '1'])).toMatchObject({ code: 0 });
    await host.switchTo(makeBundle({ files: { '/etc/n': '2' } }));
    expect(await host.verb(['abandon', '2', '--by', 'eva@laptop'])).toMatchObject({ code: 0 });
    expect(await host.verb(['abandon', '1', '--by', 'eva@laptop'])).toMatchObject({ code: 0 });
    expect(await history(host)).toEqual([
      'by 1 - -',
      'left 1 - rolled-back eva@laptop',
      'by 2 - 1',
      'left 2 1 rolled-back eva@laptop',
    ]);
  });
});
