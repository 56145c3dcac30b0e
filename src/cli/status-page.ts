// The fleet as one page that needs nothing beside it: how hosts are, when they were switched, the last runs, the picture.
import type { Answer, Run } from '../deploy/index.ts';
import type { Generation, HostStatus } from '../targets/index.ts';
import { html, Html } from './html.ts';
import { statusLines } from './status-lines.ts';
import { isSoundHost, STATUS_HEAD, statusRow } from './status-table.ts';

export interface StatusPage {
  readonly now: Date;
  readonly answers: readonly Answer<HostStatus>[];
  /** Generations of hosts that answered. */
  readonly generations: ReadonlyMap<string, readonly Generation[]>;
  /** Oldest first. */
  readonly runs: readonly Run[];
  /** An SVG; nothing where the repository does not evaluate. */
  readonly picture: string | undefined;
}

/** The last runs that the page shows. */
const RUNS = 20;

export function statusPage(page: StatusPage): string {
  const { now, answers, runs, picture } = page;
  const when = `${minuteText(now)} UTC`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>The fleet, ${when}</title>
        ${STYLE}
      </head>
      <body>
        <h1>The fleet</h1>
        <p>${answers.length} hosts, ${answers.filter(isWell).length} as they should be. Looked at ${when}.</p>
        <h2>Hosts</h2>
        <table id="hosts">
          <thead>
            <tr>
              ${STATUS_HEAD.map((cell) => html`<th>${cell.toLowerCase()}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${answers.map(
              (answer) =>
                html`<tr class="${isWell(answer) ? 'well' : 'unwell'}">
                    ${statusRow(answer, now).map((cell) => html`<td>${cell}</td>`)}
                  </tr>
                  ${details(answer)} `,
            )}
          </tbody>
        </table>
        <h2>Generations</h2>
        ${timeline(page)}
        <h2>Last runs</h2>
        <table id="runs">
          <thead>
            <tr>
              <th>when</th>
              <th>verb</th>
              <th>by</th>
              <th>commit</th>
              <th>seconds</th>
              <th>hosts</th>
            </tr>
          </thead>
          <tbody>
            ${runs
              .slice(-RUNS)
              .toReversed()
              .map(
                (run) =>
                  html`<tr>
                    <td>${minuteText(new Date(run.when))}</td>
                    <td>${run.verb}</td>
                    <td>${run.by}</td>
                    <td>${run.commit?.slice(0, 12) ?? '-'}</td>
                    <td>${run.seconds}</td>
                    <td>${hostsText(run)}</td>
                  </tr> `,
              )}
          </tbody>
        </table>
        ${
          picture === undefined
            ? html``
            : html`<h2>Topology</h2>
                <figure>${new Html(picture)}</figure>`
        }
      </body>
    </html> `.text;
}

/** What a host's line does not say, below it. */
function details(answer: Answer<HostStatus>): Html {
  const lines = 'value' in answer ? statusLines(answer.value) : [];
  if (lines.length === 0) return html``;
  return html`<tr class="details">
    <td></td>
    <td colspan="${STATUS_HEAD.length - 1}">${lines.map((line) => html`<div>${line}</div>`)}</td>
  </tr>`;
}

function isWell(answer: Answer<HostStatus>): boolean {
  return 'value' in answer && isSoundHost(answer.value);
}

function hostsText({ hosts }: Run): string {
  const states = Map.groupBy(hosts, ({ state }) => state);
  return [...states].map(([state, all]) => `${state}: ${all.map(({ host }) => host).join(', ')}`).join('; ');
}

function minuteText(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}

const WIDTH = 900;
const LEFT = 140;
const ROW = 22;

/** A line a host, a dot for each generation at its time; what was left again is hollow. */
function timeline({ answers, generations, now }: StatusPage): Html {
  const times = [...generations.values()].flat().map(({ when }) => Date.parse(when));
  const first = Math.min(now.getTime() - 3_600_000, ...times);
  const x = (time: number): number =>
    Math.round(LEFT + ((time - first) / (now.getTime() - first)) * (WIDTH - LEFT - 20));
  const rows = answers.map(({ host }, index) => {
    const y = ROW * index + ROW;
    const dots = (generations.get(host) ?? []).map(
      (one) =>
        html`<circle
          class="${one.current ? 'current' : one.state}"
          cx="${x(Date.parse(one.when))}"
          cy="${y}"
          r="5"
          ><title>
            ${host} ${one.generation}, ${one.when}, ${one.state}, ${one.commit?.slice(0, 12) ?? 'no commit'}
          </title></circle
        >`,
    );
    return html`<text x="0" y="${y + 4}">${host}</text
      ><line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}" />${dots} `;
  });
  const height = ROW * (answers.length + 1);
  const from = new Date(first).toISOString().slice(0, 10);
  return html`<svg
      id="timeline"
      role="img"
      aria-label="Generations over time, since ${from}"
      viewBox="0 0 ${WIDTH} ${height}"
      width="${WIDTH}"
    >
      ${rows}
    </svg>
    <p class="soft">
      From ${from} to now. Filled and blue: runs. Grey: ran. Hollow: failed, or was left again.
    </p>`;
}

const STYLE = html`<style>
  :root {
    color-scheme: light dark;
    --paper: #ffffff;
    --ink: #1f2328;
    --soft: #59636e;
    --line: #d1d9e0;
    --good: #1a7f37;
    --bad: #cf222e;
    --now: #0969da;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --paper: #0d1117;
      --ink: #e6edf3;
      --soft: #9198a1;
      --line: #3d444d;
      --good: #3fb950;
      --bad: #f85149;
      --now: #58a6ff;
    }
  }
  body {
    background: var(--paper);
    color: var(--ink);
    font:
      15px/1.5 system-ui,
      sans-serif;
    margin: 2rem auto;
    max-width: 64rem;
    padding: 0 1rem;
  }
  table {
    border-collapse: collapse;
    display: block;
    overflow-x: auto;
  }
  th,
  td {
    border-bottom: 1px solid var(--line);
    padding: 0.3rem 0.8rem 0.3rem 0;
    text-align: left;
    vertical-align: top;
  }
  th,
  .soft {
    color: var(--soft);
    font-weight: normal;
  }
  .well td:first-child {
    color: var(--good);
  }
  .details td {
    border-top: none;
    color: var(--soft);
  }
  tr:has(+ .details) td {
    border-bottom: none;
    padding-bottom: 0;
  }
  td:first-child {
    white-space: nowrap;
  }
  .unwell td:first-child {
    color: var(--bad);
    font-weight: bold;
  }
  figure {
    margin: 0;
  }
  svg {
    height: auto;
    max-width: 100%;
  }
  #timeline text {
    fill: var(--ink);
    font-size: 13px;
  }
  #timeline line {
    stroke: var(--line);
  }
  #timeline circle {
    fill: var(--soft);
    stroke: var(--soft);
  }
  #timeline circle.current {
    fill: var(--now);
    stroke: var(--now);
  }
  #timeline circle.failed,
  #timeline circle.rolled-back,
  #timeline circle.unconfirmed,
  #timeline circle.partial {
    fill: none;
    stroke: var(--bad);
  }
</style>`;
