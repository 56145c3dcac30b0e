// How one text becomes another, line by line: what is sent of a large table when little of it changes.

/** More edits than this are sent as the whole text: it takes longer to find them than to send it. */
const MOST_EDITS = 2000;

/**
 * The edits that make `after` of `before`, one a line: `k 3` keeps three lines, `s 3` skips three, `a TEXT` adds one.
 * Lines of `before` behind the last edit are not kept. Undefined where there are too many.
 */
export async function lineDelta(
  before: readonly string[],
  after: readonly string[],
): Promise<string | undefined> {
  const head = commonHead(before, after);
  const tail = commonTail(before, after, head);
  const { diffArrays } = await import('diff/lib/diff/array.js');
  const middle = diffArrays(
    before.slice(head, before.length - tail),
    after.slice(head, after.length - tail),
    { maxEditLength: MOST_EDITS },
  );
  if (middle === undefined) return undefined;
  const edits = [
    count('k', head),
    ...middle.map(({ added, removed, value }) => {
      if (added) return value.map((line) => `a ${line}\n`).join('');
      return count(removed ? 's' : 'k', value.length);
    }),
    count('k', tail),
  ];
  return edits.join('');
}

function commonHead(before: readonly string[], after: readonly string[]): number {
  const most = Math.min(before.length, after.length);
  let length = 0;
  while (length < most && before[length] === after[length]) length += 1;
  return length;
}

function commonTail(before: readonly string[], after: readonly string[], head: number): number {
  const most = Math.min(before.length, after.length) - head;
  let length = 0;
  while (length < most && before.at(-1 - length) === after.at(-1 - length)) length += 1;
  return length;
}

function count(edit: 'k' | 's', lines: number): string {
  return lines === 0 ? '' : `${edit} ${lines}\n`;
}
