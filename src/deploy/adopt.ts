// What a first switch would take over on a host that was kept by hand.
import { textDiff, type Bundle } from '../bundle/index.ts';
import type { Target } from '../targets/index.ts';
import { ask, type Answer } from './inspect.ts';
import { planOn, type HostPlan } from './plan.ts';
import { textsOfBundle, textsOn } from './texts.ts';

/** A file that is there already, and is kept aside. */
export interface Adopted {
  readonly path: string;
  /** What differs, as a unified diff; empty for the same content, and nothing where either is no text. */
  readonly diff?: string;
}

export interface Adoption {
  readonly files: readonly Adopted[];
  readonly plan: HostPlan;
}

/** Looks at a host as its first switch would find it. Nothing is changed there. */
export function adoptHost(host: string, target: Target, bundle: Bundle): Promise<Answer<Adoption>> {
  return ask(host, target, async (session) => {
    const plan = await planOn(session, bundle);
    const paths = plan.steps
      .filter(({ part, step }) => part === 'file' && ['keep', 'absent'].includes(step))
      .map(({ subject }) => subject);
    const [theirs, ours] = await Promise.all([
      textsOn(session, session.root === '/' ? '' : session.root, paths),
      textsOfBundle(bundle, paths),
    ]);
    const files = await Promise.all(
      paths.map(async (path): Promise<Adopted> => {
        const [before, after] = [theirs.get(path), ours.get(path)];
        if (before === undefined || after === undefined) return { path };
        return { path, diff: await textDiff(before, after, { before: path, after: path }) };
      }),
    );
    return { files, plan };
  });
}
