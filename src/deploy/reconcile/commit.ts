// The commit that a repository stands at, for people: what a report names.
import { gitOutput } from './git.ts';

export interface Commit {
  readonly hash: string;
  /** `Name <address>` */
  readonly author: string;
  readonly subject: string;
}

/** The commit that is checked out; undefined where the folder is no repository of git's, or has no commit. */
export async function headCommit(repository: string): Promise<Commit | undefined> {
  const text = await gitOutput(repository, ['log', '-1', '--format=%H%x00%an <%ae>%x00%s']).catch(
    () => undefined,
  );
  const [hash, author, subject] = text?.split('\0') ?? [];
  return hash === undefined || author === undefined || subject === undefined
    ? undefined
    : { hash, author, subject };
}

/** `1a2b3c4d5e6f "Subject" by Name <address>` */
export function commitText({ hash, author, subject }: Commit): string {
  return `${hash.slice(0, 12)} "${subject}" by ${author}`;
}
