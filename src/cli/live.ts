// Progress over hosts as a list that is painted again in place, on a terminal; as lines everywhere else.
import type { DeployEvent } from '../deploy/index.ts';
import { byteText } from './bytes.ts';
import type { CliContext } from './context.ts';
import { STATES, UPGRADE_STATES } from './outcomes.ts';
import { buildingText, progress } from './reach.ts';

/** Shows a run for as long as it is not ended. */
export interface Display {
  readonly watch: (event: DeployEvent) => void;
  end(): void;
}

/** What is known of one host. */
export interface HostProgress {
  readonly step: string;
  /** What is copied: objects and bytes. */
  readonly copied: string;
  /** Milliseconds, as `now` counts them. */
  readonly start: number;
  readonly end?: number;
}

const PAINT_MS = 100;

export function display(context: CliContext, now: () => number = () => performance.now()): Display {
  const { stderr } = context.process;
  if (stderr.isTTY !== true || context.verbose) return { watch: progress(context), end: () => {} };
  const hosts = new Map<string, HostProgress>();
  let painted = 0;
  const paint = (): void => {
    const lines = listLines(hosts, now(), stderr.columns || 80, (stderr.rows || 24) - 1);
    const back = painted === 0 ? '' : `\x1b[${painted}A\x1b[J`;
    stderr.write(`${back}${lines.map((line) => `${line}\n`).join('')}`);
    painted = lines.length;
  };
  const timer = setInterval(paint, PAINT_MS);
  return {
    watch: (event) => {
      hosts.set(event.host, after(hosts.get(event.host), event, now()));
    },
    end: () => {
      clearInterval(timer);
      paint();
    },
  };
}

const WORDS = { ...STATES, ...UPGRADE_STATES };

/** What is known of a host after an event. */
export function after(before: HostProgress | undefined, event: DeployEvent, now: number): HostProgress {
  const { start, ...known } = before ?? { step: '', copied: '', start: now };
  switch (event.kind) {
    case 'copying':
      return {
        start,
        step: 'copying',
        copied: `${event.objects} ${event.objects === 1 ? 'file' : 'files'}, ${byteText(event.bytes)}`,
      };
    case 'building':
      return { ...known, start, step: buildingText(event) };
    case 'connecting':
      return { ...known, start, step: `connecting to ${event.target}` };
    case 'preparing':
      return { ...known, start, step: 'preparing' };
    case 'waiting':
      return { ...known, start, step: `waits for ${event.for}` };
    case 'activating':
      return { ...known, start, step: 'activating' };
    case 'checking':
      return { ...known, start, step: 'is it well?' };
    case 'confirming':
      return { ...known, start, step: 'confirming' };
    case 'taking-back':
      return { ...known, start, step: 'taking it back' };
    case 'output':
      return { ...known, start, step: event.line.replace(/^stead-host: /, '') };
    case 'ended':
      return { ...known, start, step: WORDS[event.outcome.state], end: now };
    default:
      return event satisfies never;
  }
}

/**
 * A line a host: its name, its step, what is copied, its seconds. Where they do not fit, those under way and how many
 * others there are.
 */
export function listLines(
  hosts: ReadonlyMap<string, HostProgress>,
  now: number,
  columns: number,
  rows: number,
): string[] {
  const all = [...hosts];
  const underWay = all.filter(([, { end }]) => end === undefined);
  const shown = all.length <= rows ? all : underWay.slice(0, rows - 1);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  const lines = shown.map(([name, { step, copied, start, end }]) => {
    const seconds = `${Math.floor(((end ?? now) - start) / 1000)} s`;
    const details = [copied, seconds].filter((text) => text !== '').join('  ');
    const room = Math.max(8, columns - width - details.length - 5);
    const text = step.length > room ? `${step.slice(0, room - 1)}…` : step;
    return `${name.padEnd(width)}  ${text}  ${details}`;
  });
  if (shown.length === all.length) return lines;
  return [...lines, `${all.length - underWay.length} done, ${underWay.length - shown.length} more under way`];
}

/** How many hosts fared how: `8 hosts in 12 s: 7 switched, 1 FAILED`. */
export function summaryText(
  outcomes: readonly { readonly state: keyof typeof WORDS }[],
  milliseconds: number,
): string {
  const states = Map.groupBy(outcomes, ({ state }) => state);
  const counts = [...states].map(([state, all]) => `${all.length} ${WORDS[state]}`);
  return `${outcomes.length} hosts in ${Math.round(milliseconds / 1000)} s: ${counts.join(', ')}`;
}
