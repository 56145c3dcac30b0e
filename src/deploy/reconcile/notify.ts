// Tells people of a run: a webhook, ntfy, mail. Nothing here keeps a run from ending as it ended.
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import type { Endpoint, NotifySettings } from './settings.ts';

/** What is told. */
export interface Notice {
  /** A few words of ASCII. */
  readonly title: string;
  readonly text: string;
  readonly isFailure: boolean;
  /** What a webhook gets as JSON, besides `text`. */
  readonly document: object;
}

/** How long one of them may take, in milliseconds. */
const LIMIT = 30_000;

/** Tells everybody; gives what went wrong with that, a line each. */
export async function notify(settings: NotifySettings, notice: Notice): Promise<readonly string[]> {
  const { webhook, ntfy, mail } = settings;
  const ways = [
    ...(webhook === undefined ? [] : [{ name: 'the webhook', work: () => postJson(webhook, notice) }]),
    ...(ntfy === undefined ? [] : [{ name: 'ntfy', work: () => publish(ntfy, notice) }]),
    ...(mail === undefined ? [] : [{ name: mail.to.join(', '), work: () => send(mail, notice) }]),
  ];
  const results = await Promise.all(
    ways.map(async ({ name, work }) => {
      try {
        await work();
        return undefined;
      } catch (error) {
        return `${name} could not be told: ${reasonOf(error)}`;
      }
    }),
  );
  return results.filter((one) => one !== undefined);
}

/** With `text`, as chat services take it. */
function postJson(endpoint: Endpoint, { text, document }: Notice): Promise<void> {
  return post(endpoint, JSON.stringify({ text, ...document }), { 'content-type': 'application/json' });
}

/** docs.ntfy.sh/publish: the message is the body, the rest are headers. */
function publish(endpoint: Endpoint, { title, text, isFailure }: Notice): Promise<void> {
  return post(endpoint, text, {
    title,
    priority: isFailure ? 'high' : 'default',
    tags: isFailure ? 'rotating_light' : 'white_check_mark',
  });
}

async function post(
  { url, urlFile, tokenFile }: Endpoint,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const address = url ?? secretIn(urlFile!);
  const authorization = tokenFile === undefined ? {} : { authorization: `Bearer ${secretIn(tokenFile)}` };
  const response = await fetch(address, {
    method: 'POST',
    headers: { ...headers, ...authorization },
    body,
    signal: AbortSignal.timeout(LIMIT),
  });
  if (!response.ok) throw new Error(`it answers ${response.status} ${response.statusText}`.trim());
}

function secretIn(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

/** Through whatever brings sendmail(8): its reader is the machine's own mail server, or a relay. */
async function send(
  { to, from }: NonNullable<NotifySettings['mail']>,
  { title, text }: Notice,
): Promise<void> {
  const headers = {
    ...(from === undefined ? {} : { From: from }),
    To: to.join(', '),
    Subject: title,
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Transfer-Encoding': '8bit',
    'Auto-Submitted': 'auto-generated',
  };
  const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}`);
  await execa('sendmail', ['-t', '-i'], {
    // Where Debian has it, and cron does not look.
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
    input: `${lines.join('\n')}\n\n${text}\n`,
    timeout: LIMIT,
  });
}

/** Without addresses, which may be secrets. */
function reasonOf(error: unknown): string {
  const { message, cause, shortMessage, stderr } = error as {
    readonly message: string;
    readonly cause?: { readonly message?: string };
    readonly shortMessage?: string;
    readonly stderr?: string;
  };
  return [shortMessage ?? message, cause?.message ?? stderr].filter(Boolean).join(': ');
}
