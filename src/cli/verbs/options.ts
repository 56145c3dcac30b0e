// stead options: the option reference, from the declarations themselves.
import { z } from 'zod';
import { EXIT, type EvaluatedFleet, type ExitCode } from '../../deploy/index.ts';
import { exactPlace, loadModules } from '../../fleet/index.ts';
import {
  didYouMean,
  nearest,
  reference,
  shown,
  SteadError,
  type AnyOptionSet,
  type OptionReferenceEntry,
  type SetReference,
} from '../../options/index.ts';
import * as base from '../../bundle/sets/index.ts';
import { target } from '../../targets/option-set.ts';
import { rollout } from '../../targets/rollout-set.ts';
import type { CliContext } from '../context.ts';
import { evaluated } from '../evaluated.ts';
import { placeText } from '../table.ts';

const optionsSchema = z.object({ markdown: z.boolean().default(false) });

/** A set's reference with who uses it. */
interface Entry extends SetReference {
  readonly usedBy: readonly string[];
}

export async function run(
  context: CliContext,
  args: readonly unknown[],
  options: unknown,
): Promise<ExitCode> {
  const name = z.string().optional().parse(args[0]);
  const { markdown } = optionsSchema.parse(options);
  const fleet = await evaluated(context);
  const sets = await knownSets(fleet);
  const chosen = name === undefined ? sets : sets.filter((set) => set.name === name);
  if (chosen.length === 0) throw unknownSet(name!, sets);
  const entries = await Promise.all(chosen.map((set) => entryOf(set, fleet)));
  if (context.json) context.print(JSON.stringify(entries, null, 2));
  else if (markdown) context.print(entries.map((entry) => markdownOf(entry, context)).join('\n\n'));
  else context.print(entries.map((entry) => textOf(entry, context)).join('\n\n'));
  return EXIT.done;
}

/** Base sets, the module library's and the repository's, and whatever else hosts use; by name. */
async function knownSets(fleet: EvaluatedFleet): Promise<AnyOptionSet[]> {
  const sets = new Set<AnyOptionSet>([
    ...Object.values(base),
    rollout,
    target,
    ...(await loadModules(fleet.loaded)),
  ]);
  for (const host of fleet.evaluation.hosts) for (const set of host.usedSets()) sets.add(set);
  return [...sets].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function entryOf(set: AnyOptionSet, { evaluation }: EvaluatedFleet): Promise<Entry> {
  const usedBy = evaluation.hosts.filter((host) => host.uses(set)).map((host) => host.name);
  const entry = reference(set);
  const { place } = await exactPlace({ place: entry.declared });
  return { ...entry, declared: place, usedBy };
}

function textOf(entry: Entry, context: CliContext): string {
  const head = `${entry.name}  (${placeText(context.repository, entry.declared)})`;
  const uses = entry.usedBy.length > 0 ? `used by ${entry.usedBy.join(', ')}` : 'used by no host';
  const defines = entry.defines.length > 0 ? [`defines ${entry.defines.join(', ')}`] : [];
  const lines = entry.options.map((option) => {
    const about = option.description === undefined ? [] : [`      ${option.description}`];
    return [`  ${option.path}: ${option.type}${suffix(option)}`, ...about].join('\n');
  });
  const gone = Object.entries(entry.migrations).map(([path, advice]) => `  ${entry.name}.${path}: ${advice}`);
  return [head, `  ${[uses, ...defines].join('; ')}`, ...lines, ...gone].join('\n');
}

function suffix(option: OptionReferenceEntry): string {
  const parts = [
    ...('default' in option ? [`default ${shown(option.default)}`] : []),
    ...('example' in option ? [`example ${shown(option.example)}`] : []),
    ...(option.readOnly === true ? ['read-only'] : []),
  ];
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

function markdownOf(entry: Entry, context: CliContext): string {
  const rows = entry.options.map((option) => {
    const cells = [
      `\`${option.path}\``,
      option.type,
      'default' in option ? `\`${shown(option.default)}\`` : '',
      'example' in option ? `\`${shown(option.example)}\`` : '',
      option.description ?? '',
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const gone = Object.entries(entry.migrations).map(
    ([path, advice]) => `- \`${entry.name}.${path}\`: ${advice}`,
  );
  return [
    `## ${entry.name}`,
    '',
    `Declared in \`${placeText(context.repository, entry.declared)}\`. ${
      entry.usedBy.length > 0 ? `Used by ${entry.usedBy.join(', ')}.` : 'Used by no host.'
    }`,
    '',
    '| option | type | default | example | what it is |',
    '|---|---|---|---|---|',
    ...rows,
    ...(gone.length > 0 ? ['', ...gone] : []),
  ].join('\n');
}

function unknownSet(name: string, sets: readonly AnyOptionSet[]): SteadError {
  const known = sets.map((set) => set.name);
  const near = nearest(name, known);
  return new SteadError({
    code: 'option-set.unknown',
    message: `there is no option set "${name}"`,
    hint: didYouMean(near) ?? `Known: ${known.join(', ')}.`,
  });
}
