// What a host fetches by itself, before it is switched to what names it.
import type { Bundle } from '../bundle/index.ts';
import { fetchDownloads, type Probe, type Session } from '../targets/index.ts';
import type { Admission } from './admission.ts';
import { bundleStoreName } from './copy.ts';
import type { Watch } from './events.ts';

/**
 * Waits until a host has the downloads of a bundle that is in its store; asks nothing where it has said that it does.
 * @throws SteadError `host.fetch`, `host.locked`, `target.disconnected`
 */
export async function downloaded(
  session: Session,
  bundle: Bundle,
  { bundlePresent, lacksDownloads }: Probe,
  { signature }: Pick<Admission, 'signature'>,
  watch: Watch,
): Promise<void> {
  const { downloads, host } = bundle.manifest;
  if (downloads.length === 0 || (bundlePresent && !lacksDownloads)) return;
  await fetchDownloads(session, bundleStoreName(bundle), {
    ...(signature === undefined ? {} : { signature }),
    onStderr: (line) => watch({ kind: 'output', host, line }),
  });
}
